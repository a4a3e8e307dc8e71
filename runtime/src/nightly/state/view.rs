//! The state, opened for reading while a run may change it.

use super::copies::FILE;
use super::fault::{broken, damaged, fault, lost, version};
use super::{OLDEST, Read, SCHEMA, builder, bytes_of, whole};
use crate::damage::guarded;
use crate::nightly::lock;
use crate::source::SourceError;
use redb::{Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase, TransactionError};
use std::path::{Path, PathBuf};

/// The state of a folder, opened for reading while a run may change it.
pub struct StateView {
    database: Viewed,
    path: PathBuf,
}

/// Where it is read.
enum Viewed {
    /// In memory, after all of it was compared with its checksums: nobody works with it.
    Copy(Database),
    /// In the file of a run, which compared it when it began.
    Live(ReadOnlyDatabase),
}

impl StateView {
    /// Opens the state of a folder for reading; `None` when there is none yet. Nothing is changed.
    pub fn open(folder: &Path) -> Result<Option<Self>, SourceError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return lost(folder).map_or(Ok(None), Err);
        }
        // A run does not begin while the file is copied.
        let copied = lock::while_idle(folder, || bytes_of(&path)).transpose().map_err(|e| fault(&path, e))?;
        let database = if let Some(bytes) = copied {
            Viewed::Copy(whole(&path, &bytes)?)
        } else {
            let opened = guarded(|| builder().open_read_only(&path)).map_err(|damage| damaged(&path, damage))?;
            Viewed::Live(opened.map_err(|e| broken(&path, e))?)
        };
        let view = Self { database, path };
        let found = view.read(|tables| tables.get_meta::<u64>("schema"))?.unwrap_or(SCHEMA);
        // Records of older versions can be looked at as they are: what they lack has a default.
        if (OLDEST..=SCHEMA).contains(&found) { Ok(Some(view)) } else { Err(version(&view.path, found, SCHEMA)) }
    }

    /// Runs `look` on one consistent state of the tables.
    pub fn read<T>(&self, look: impl FnOnce(&Read) -> Result<T, SourceError>) -> Result<T, SourceError> {
        guarded(|| {
            let transaction = self.database.begin().map_err(|e| broken(&self.path, e))?;
            look(&Read { transaction, path: self.path.clone() })
        })
        .unwrap_or_else(|damage| Err(damaged(&self.path, damage)))
    }
}

impl Viewed {
    fn begin(&self) -> Result<ReadTransaction, TransactionError> {
        match self {
            Self::Copy(database) => database.begin_read(),
            Self::Live(database) => database.begin_read(),
        }
    }
}
