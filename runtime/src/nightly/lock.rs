//! Allows one run at a time: a lock that the operating system releases when its owner dies. The file contains the owner's name.

use crate::own_files;
use crate::source::SourceError;
use huntc_compiler::diag::codes::nightly::{STATE_LOCKED, STATE_UNUSABLE};
use huntc_compiler::time::Instant;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

/// The lock of a state folder. It is released when dropped, and when the process ends in any way.
#[derive(Debug)]
pub struct Lock {
    file: File,
    stale: Option<String>,
}

impl Lock {
    /// Takes the lock of a folder, which is made if there is none.
    pub fn take(folder: &Path, now: Instant) -> Result<Self, SourceError> {
        let unusable = |e: std::io::Error| {
            SourceError::new(&STATE_UNUSABLE, format!("the state folder `{}` cannot be used", folder.display()))
                .note(format!("the reason: {e}"))
                .help("give a folder that can be written with `--state`")
        };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let path = folder.join("lock");
        let mut file = own_files::open_or_make(&path).map_err(unusable)?;
        match patiently(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let owner = read(&mut file).unwrap_or_else(|| "another process".to_owned());
                return Err(SourceError::new(&STATE_LOCKED, "another nightly run works with this state")
                    .note(format!("it is {owner}"))
                    .help("wait for it to end; its lock goes with the process"));
            }
            Err(TryLockError::Error(e)) => return Err(unusable(e)),
        }
        // A run that ended properly leaves the file empty.
        let stale = read(&mut file);
        let mut lock = Self { file, stale };
        lock.write(&format!("process {}, begun {now}", std::process::id())).map_err(unusable)?;
        Ok(lock)
    }

    /// The owner before, if it ended without releasing the lock.
    pub fn stale_owner(&self) -> Option<&str> {
        self.stale.as_deref()
    }

    fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }

    /// Releases the lock after a run that was completed.
    pub fn release(mut self) {
        let _ = self.write("");
    }
}

/// Tries for half a second: a process that the owner is just starting holds the owner's files until it runs its own program.
fn patiently(file: &File) -> Result<(), TryLockError> {
    for _ in 0..20 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(25)),
            other => return other,
        }
    }
    file.try_lock()
}

/// Does work while no run works in a folder, and lets none begin; `None` while one works.
pub(super) fn while_idle<T>(folder: &Path, work: impl FnOnce() -> T) -> Option<T> {
    // Without the file no run has worked here. One that may not be read was not made by whoever looks.
    let Ok(file) = own_files::open(&folder.join("lock")) else { return Some(work()) };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => None,
        // A file system without locks cannot tell.
        Ok(()) | Err(TryLockError::Error(_)) => Some(work()),
    }
}

/// The owner of a folder's lock, present or dead; `None` if the lock was released.
pub fn owner(folder: &Path) -> Option<String> {
    read(&mut own_files::open(&folder.join("lock")).ok()?)
}

fn read(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(200).read_to_string(&mut text).ok()?;
    let text = text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_a_dead_owner_is_noticed() {
        let temp = tempfile::tempdir().unwrap();
        let first = Lock::take(temp.path(), Instant(0)).unwrap();
        assert_eq!(first.stale_owner(), None);
        let refused = Lock::take(temp.path(), Instant(0)).unwrap_err();
        assert_eq!(refused.code.id, "K0862");
        assert!(refused.notes[0].contains(&std::process::id().to_string()), "{refused:?}");
        // Dropped without being released, as when the process is killed.
        drop(first);
        let second = Lock::take(temp.path(), Instant(0)).unwrap();
        assert!(second.stale_owner().unwrap().contains("1970-01-01"));
        second.release();
        assert_eq!(owner(temp.path()), None);
        assert_eq!(Lock::take(temp.path(), Instant(0)).unwrap().stale_owner(), None);
    }
}
