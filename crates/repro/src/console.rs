//! Standard output and standard error, whose readers may go away and whose disks may be full:
//! neither ends what the program is doing.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Prints a line on standard error. A line that can't be printed is lost.
pub fn say(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints a warning on standard error.
pub fn warn(text: impl Display) {
    say(format_args!("warning: {text}"));
}

/// Prints as long as that works. What can't be printed is lost, and the first error is kept.
#[derive(Debug)]
pub struct Printer<W> {
    out: W,
    error: Option<io::Error>,
}

impl<W: Write> Printer<W> {
    /// Prints to `out`.
    pub fn new(out: W) -> Self {
        Self { out, error: None }
    }

    /// The error that lost something; none if all was printed, or if nobody reads it any more, as
    /// in `repro list | head -1`.
    pub fn into_error(mut self) -> Option<io::Error> {
        let _ = self.flush();
        self.error
            .filter(|error| error.kind() != ErrorKind::BrokenPipe)
    }

    fn attempt(&mut self, write: impl FnOnce(&mut W) -> io::Result<()>) {
        if self.error.is_none() {
            self.error = write(&mut self.out).err();
        }
    }
}

impl<W: Write> Write for Printer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(|out| out.write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(Write::flush);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes some bytes, and then fails.
    struct Full(usize, ErrorKind);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(self.1)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_cannot_be_printed_is_lost_and_only_a_full_disk_is_an_error() {
        for (kind, is_error) in [
            (ErrorKind::StorageFull, true),
            (ErrorKind::BrokenPipe, false),
        ] {
            let mut printer = Printer::new(Full(5, kind));
            for _ in 0..3 {
                writeln!(printer, "four").unwrap();
            }
            assert_eq!(printer.into_error().is_some(), is_error, "{kind}");
        }
        let mut printer = Printer::new(Vec::new());
        writeln!(printer, "all").unwrap();
        assert_eq!(printer.out, b"all\n");
        assert!(printer.into_error().is_none());
    }
}
