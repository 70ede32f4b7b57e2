//! Reading a file, however it is packed, and its SHA-256 sum.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::formats::{Expected, pickle};
use crate::{Error, Name, PublishedFile};

/// More bytes than any (uncompressed) file of a dataset has.
#[cfg(feature = "fetch")]
pub const LONGEST: usize = 1 << 26;

/// The first bytes of a gzip file. No file of a dataset begins with them: that of idx is 0, that of
/// CIFAR-10 a label.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The path of `name` or `name.gz` in `dir`, whichever is there.
pub fn existing(dir: &Path, name: &str) -> Option<PathBuf> {
    [dir.join(name), dir.join(format!("{name}.gz"))]
        .into_iter()
        .find(|path| path.is_file())
}

/// The contents of a file that should unpack to `limit` bytes at most. What it begins with says how
/// it is packed, not its name: browsers unpack files and leave the `.gz` in the name. Of a longer
/// one, a byte more tells it from one that ends there.
pub fn read(path: &Path, limit: usize, may_be_pickled: bool) -> Result<Unpacked, Error> {
    let (what, bytes) = match File::open(path) {
        Err(source) => (Packed::No, Err(source)),
        Ok(file) => unpack(file, limit, may_be_pickled),
    };
    let path = || path.to_owned();
    match (what, bytes) {
        (Packed::Pickle, Ok(bytes)) => Ok(Unpacked {
            bytes: pickle::records(&path(), &bytes, limit)?,
            what: "the samples, as the binary version has them,",
        }),
        (_, Ok(bytes)) => Ok(Unpacked::file(bytes)),
        (Packed::Gzip, Err(source)) => Err(Error::Gzip {
            path: path(),
            source,
        }),
        (_, Err(source)) => Err(Error::Read {
            path: path(),
            source,
        }),
    }
}

/// What a file holds.
pub struct Unpacked {
    pub bytes: Vec<u8>,
    /// What these are, for errors.
    what: &'static str,
}

impl Unpacked {
    /// The file itself.
    pub fn file(bytes: Vec<u8>) -> Self {
        let what = "the uncompressed file";
        Self { bytes, what }
    }
}

/// The last way in which something was packed.
enum Packed {
    No,
    Gzip,
    Pickle,
}

fn unpack(mut file: File, limit: usize, may_be_pickled: bool) -> (Packed, io::Result<Vec<u8>>) {
    let mut start = Vec::new();
    if let Err(error) = file.by_ref().take(2).read_to_end(&mut start) {
        return (Packed::No, Err(error));
    }
    let gzip = start == GZIP;
    let whole = io::Cursor::new(start).chain(file);
    let source: &mut dyn Read = if gzip {
        &mut MultiGzDecoder::new(whole)
    } else {
        &mut { whole }
    };
    let packed = if gzip { Packed::Gzip } else { Packed::No };
    let mut bytes = match read_limited(&mut *source, limit) {
        Ok(bytes) => bytes,
        Err(error) => return (packed, Err(error)),
    };
    if !(may_be_pickled && pickle::is_one(&bytes)) {
        return (packed, Ok(bytes));
    }
    let rest = pickle::longest(limit).saturating_sub(bytes.len());
    match read_limited(source, rest) {
        Ok(rest) => bytes.extend(rest),
        Err(error) => return (packed, Err(error)),
    }
    (Packed::Pickle, Ok(bytes))
}

pub fn read_limited(source: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = (limit as u64).saturating_add(1);
    source.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Of these files, the length of one that this file of `len` bytes could be, as its first and its
/// last bytes tell: a gzip file ends with the length of what is packed. It costs little, and spares
/// most files the sum.
pub fn plausible(path: &Path, len: u64, expected: &[Expected]) -> io::Result<Option<usize>> {
    let find = |is: &dyn Fn(&Expected) -> bool| {
        let expected = expected.iter().find(|&expected| is(expected));
        expected.map(|expected| expected.len)
    };
    let exact = find(&|expected| expected.len as u64 == len);
    if exact.is_some() || len < 18 {
        return Ok(exact);
    }
    let longest = expected
        .iter()
        .map(|expected| pickle::longest(expected.len));
    // Nothing that deflate can't shorten grows by more than a few bytes in 16 kB.
    if len > longest.max().unwrap_or(0) as u64 {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    let (mut start, mut end) = ([0; 2], [0; 4]);
    file.read_exact(&mut start)?;
    if pickle::is_one(&start) {
        return Ok(find(&|expected| pickled_in(expected, len)));
    }
    if start != GZIP {
        return Ok(None);
    }
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut end)?;
    let unpacked = u64::from(u32::from_le_bytes(end));
    Ok(find(&|expected| expected.len as u64 == unpacked)
        .or_else(|| find(&|expected| pickled_in(expected, unpacked))))
}

/// Whether the pickle of this file could have so many bytes.
fn pickled_in(expected: &Expected, len: u64) -> bool {
    let longest = pickle::longest(expected.len) as u64;
    expected.may_be_pickled && (expected.len as u64..=longest).contains(&len)
}

/// SHA-256 in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks that what was read from `path` are the published contents of `file`.
pub fn verify(
    path: &Path,
    unpacked: &Unpacked,
    dataset: Name,
    file: PublishedFile,
) -> Result<(), Error> {
    let found = sha256(&unpacked.bytes);
    if found == file.sha256 {
        return Ok(());
    }
    Err(Error::Checksum {
        path: path.to_owned(),
        dataset,
        of: unpacked.what,
        is: owner(&found),
        found,
        expected: file.sha256,
    })
}

/// The dataset that has a file with this sum.
pub fn owner(sha256: &str) -> Option<Name> {
    Name::ALL.into_iter().find(|name| {
        let files = name.definition().files();
        files.iter().any(|file| file.sha256 == sha256)
    })
}

/// The checksum of a dataset: see [`crate::Dataset::checksum`].
pub fn checksum(files: &[PublishedFile]) -> String {
    let list: String = files
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256, file.name))
        .collect();
    sha256(list.as_bytes())
}
