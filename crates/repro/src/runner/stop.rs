//! The user's wish to stop: SIGINT, SIGTERM and SIGHUP.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// Set when the user wishes to stop.
pub static STOP: AtomicBool = AtomicBool::new(false);
/// The signal that said so.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// The exit status after a stop: 130 for SIGINT, 143 for the others.
pub fn status() -> u8 {
    match SIGNAL.load(Ordering::Relaxed) {
        INTERRUPT => 130,
        _ => 143,
    }
}

const HANGUP: i32 = 1;
const INTERRUPT: i32 = 2;
const TERMINATE: i32 = 15;

/// From now on a signal sets [`STOP`], and the runs keep their state. A second one, a second later
/// at the earliest, ends the program at once; a hangup never does, as a terminal that closes may
/// follow any wish. A signal that was ignored when the program started, as under `nohup`, stays
/// ignored.
#[cfg(unix)]
pub fn listen() {
    use std::thread;
    use std::time::{Duration, Instant};

    use signal_hook::iterator::Signals;

    use crate::console::{say, warn};

    /// A wish may come twice: from the terminal and from a parent.
    const SAME_WISH: Duration = Duration::from_secs(1);

    let signals = [HANGUP, INTERRUPT, TERMINATE];
    let signals = signals.into_iter().filter(|&signal| !is_ignored(signal));
    let mut signals = match Signals::new(signals) {
        Ok(signals) => signals,
        Err(error) => {
            return warn(format_args!(
                "Ctrl-C stops without keeping the state: {error}"
            ));
        }
    };
    let listener = move || {
        let mut first: Option<Instant> = None;
        for signal in &mut signals {
            let Some(first) = first else {
                first = Some(Instant::now());
                SIGNAL.store(signal, Ordering::Relaxed);
                STOP.store(true, Ordering::Relaxed);
                say("stopping after this step; once more to stop at once");
                continue;
            };
            if signal != HANGUP && first.elapsed() >= SAME_WISH {
                std::process::exit(status().into());
            }
        }
    };
    if let Err(error) = thread::Builder::new().spawn(listener) {
        warn(format_args!("no thread waits for Ctrl-C: {error}"));
    }
}

/// Elsewhere the system ends the program; what runs keep every minute stays.
#[cfg(not(unix))]
pub fn listen() {}

/// Whether the parent had this signal ignored, as Linux tells it.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignores(&status, signal)
}

fn ignores(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_bits_of_a_mask() {
        // `nohup`: SIGHUP; Rust: SIGPIPE, 13.
        let status = "Name:\trepro\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert!(ignores(status, HANGUP) && ignores(status, 13));
        assert!(!ignores(status, INTERRUPT) && !ignores(status, TERMINATE));
        assert!(!ignores("", HANGUP));
    }
}
