//! The right to compute a run: processes that share a results folder never compute one twice.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::sync::Once;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use training::Checkpoint;

use crate::console;
use crate::error::Error;
use crate::experiment::{Run, RunKey};
use crate::results::files;
use crate::results::store::{Record, Store, cpu_features};

/// What came of asking for a run.
#[derive(Debug)]
pub enum Permit<'a> {
    /// It is the caller's to compute.
    Granted(Claim<'a>),
    /// Its result is there: computed before, or by another experiment.
    Done,
    /// Another process, or thread, is computing it.
    Busy,
}

/// The right to compute one run and to write its files: a lock on `KEY.lock`, which the operating
/// system takes back from a process that dies. The file goes once the result is there; otherwise
/// it stays, because a lock on a file without a name keeps nobody out.
#[derive(Debug)]
pub struct Claim<'a> {
    store: &'a Store,
    key: RunKey,
    _lock: File,
}

impl Store {
    /// Takes the run, unless it is done or somebody else has it.
    ///
    /// # Errors
    /// If the lock can't be taken, or the run's files can't be read.
    pub fn claim(&self, run: &Run) -> Result<Permit<'_>, Error> {
        let path = self.file(run.key, "lock");
        let open = || {
            fs::create_dir_all(self.beside(""))?;
            File::options().create(true).append(true).open(&path)
        };
        files::refuse_link(&path)?;
        let lock = open().map_err(Error::write(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Permit::Busy),
            Err(TryLockError::Error(error)) if has_no_locks(&error) => {
                static ONCE: Once = Once::new();
                ONCE.call_once(|| {
                    let folder = self.beside("");
                    console::warn(format_args!(
                        "{}: no locks on this file system; two processes may compute the same run",
                        folder.display()
                    ));
                });
            }
            Err(TryLockError::Error(error)) => return Err(Error::write(&path)(error)),
        }
        // Who had it before may have finished it. Of damage the user knows from the first look at
        // the grid.
        if self.load(run, &mut |_| ()).is_some() {
            self.clear(run.key);
            return Ok(Permit::Done);
        }
        let claim = Claim {
            store: self,
            key: run.key,
            _lock: lock,
        };
        match self.elsewhere(run) {
            Some(record) => claim.done(&record).map(|()| Permit::Done),
            None => Ok(Permit::Granted(claim)),
        }
    }

    /// Clears away what nobody needs once the run's result is there, as far as that is allowed.
    pub fn clear(&self, key: RunKey) {
        for extension in ["checkpoint", "failed", "lock"] {
            let _ = files::remove(&self.file(key, extension));
        }
    }
}

/// Linux's number for "no locks available": NFS without its lock daemon.
const ENOLCK: i32 = 37;

/// Whether a lock failed because the file system has none.
fn has_no_locks(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::Unsupported
        || cfg!(target_os = "linux") && error.raw_os_error() == Some(ENOLCK)
}

impl Claim<'_> {
    /// Keeps the result, and clears away everything else of the run.
    ///
    /// # Panics
    /// Never: records have only text as keys.
    ///
    /// # Errors
    /// If its files can't be written.
    pub fn done(self, record: &Record) -> Result<(), Error> {
        let json = serde_json::to_vec_pretty(record).expect("records have no non-string map keys");
        files::write_alone(&self.store.path(self.key), &json)?;
        self.store.clear(self.key);
        Ok(())
    }

    /// Keeps why there is no result.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn failed(self, reason: &str) -> Result<(), Error> {
        files::write_alone(&self.store.file(self.key, "failed"), reason.as_bytes())
    }

    /// Keeps a state to go on from.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn save(&self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let path = self.store.file(self.key, "checkpoint");
        files::write_alone(&path, &encode(self.key, checkpoint))
    }

    /// The state to go on from, if there is one. Of one that can't be used the user is warned, and
    /// the run begins anew.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn resume(&self, warn: &mut dyn FnMut(String)) -> Result<Option<Checkpoint>, Error> {
        let path = self.store.file(self.key, "checkpoint");
        let Some(bytes) = files::read(&path)? else {
            return Ok(None);
        };
        match decode(self.key, &bytes) {
            Ok(checkpoint) => Ok(Some(checkpoint)),
            Err(why) => {
                warn(format!("{}: {why}; begins anew", path.display()));
                Ok(None)
            }
        }
    }
}

/// Raised whenever the layout of checkpoints changes.
const LAYOUT: u32 = 2;

/// What a checkpoint must share with the run that goes on from it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Origin {
    key: RunKey,
    /// Other kernels round differently: a run is computed by one kind only.
    cpu_features: Vec<String>,
}

impl Origin {
    fn new(key: RunKey) -> Self {
        Self {
            key,
            cpu_features: cpu_features(),
        }
    }
}

/// SHA-256 of the rest; [`LAYOUT`]; origin and state as CBOR.
fn encode(key: RunKey, checkpoint: &Checkpoint) -> Vec<u8> {
    let mut bytes = [[0; 32].as_slice(), &LAYOUT.to_le_bytes()].concat();
    ciborium::into_writer(&(Origin::new(key), checkpoint), &mut bytes)
        .expect("a vector takes all writes");
    let sum = Sha256::digest(&bytes[32..]);
    bytes[..32].copy_from_slice(&sum);
    bytes
}

fn decode(key: RunKey, bytes: &[u8]) -> Result<Checkpoint, String> {
    let Some((sum, rest)) = bytes.split_at_checked(32) else {
        return Err("it is cut off".to_owned());
    };
    if Sha256::digest(rest).as_slice() != sum {
        return Err("it is cut off, or damaged".to_owned());
    }
    let state = rest.strip_prefix(&LAYOUT.to_le_bytes());
    let state = state.ok_or("it is another version's")?;
    let (origin, checkpoint): (Origin, _) =
        ciborium::from_reader(state).map_err(|error| error.to_string())?;
    if origin != Origin::new(key) {
        return Err("it is another run's, or another kind of processor's".to_owned());
    }
    Ok(checkpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn nfs_without_a_lock_daemon_has_no_locks_and_a_full_disk_is_another_matter() {
        let error = std::io::Error::from_raw_os_error;
        assert!(has_no_locks(&error(ENOLCK)));
        assert!(!has_no_locks(&error(28)));
    }
}
