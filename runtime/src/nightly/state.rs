//! The state: one transactional database in a folder, with a schema version.

pub mod copies;
mod fault;
mod migrate;
mod view;

pub use view::StateView;

use super::health::SourceRecord;
use super::record::{HuntRecord, KeyRecord, MemberRecord, NightRecord, Notification};
use crate::damage::guarded;
use crate::own_files;
use crate::source::SourceError;
use copies::FILE;
use fault::{broken, damaged, fault, lost, version};
use redb::backends::InMemoryBackend;
use redb::{
    Builder, ConcurrencyMode, Database, ReadTransaction, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition,
    TableError, WriteTransaction,
};
use serde::{Serialize, de::DeserializeOwned};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Version of the tables.
pub const SCHEMA: u64 = 2;
/// The oldest version that is read, and brought up to date when a run opens it.
const OLDEST: u64 = 1;

/// Bytes of the database that are kept in memory.
const CACHE: usize = 32 << 20;

type Bytes = TableDefinition<'static, &'static str, &'static [u8]>;
const META: Bytes = TableDefinition::new("meta");
const HUNTS: Bytes = TableDefinition::new("hunts");
/// The key is `hunt NUL identity`.
const KEYS: Bytes = TableDefinition::new("keys");
/// The key is `hunt NUL identity`.
const MEMBERS: Bytes = TableDefinition::new("members");
const NIGHTS: Bytes = TableDefinition::new("nights");
const OUTBOX: Bytes = TableDefinition::new("outbox");
const SOURCES: Bytes = TableDefinition::new("sources");
const TABLES: [Bytes; 7] = [META, HUNTS, KEYS, MEMBERS, NIGHTS, OUTBOX, SOURCES];

/// The state of a folder, opened for a run.
pub struct State {
    database: Database,
    path: PathBuf,
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE).set_concurrency_mode(ConcurrencyMode::SingleWriter);
    builder
}

/// Copies the file of a state into memory and compares all of it with its checksums. What is damaged must not be found in the
/// middle of a night, nor be mended by going back to what stood before the last change, which nobody would notice. What a
/// killed run left is mended in memory.
fn whole(path: &Path, bytes: &[u8]) -> Result<Database, SourceError> {
    if bytes.is_empty() {
        return Err(damaged(path, "the file is empty"));
    }
    let opened = guarded(|| {
        let backend = InMemoryBackend::new();
        backend.set_len(bytes.len() as u64)?;
        backend.write(0, bytes)?;
        // Nobody shares memory, which has no locks either.
        let mut database = Builder::new().set_cache_size(CACHE).create_with_backend(backend)?;
        let sound = database.check_integrity()?;
        Ok::<_, redb::DatabaseError>((database, sound))
    });
    match opened.map_err(|damage| damaged(path, damage))?.map_err(|e| broken(path, e))? {
        (database, true) => Ok(database),
        (_, false) => Err(damaged(path, "its last change is damaged")),
    }
}

fn bytes_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    own_files::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl State {
    /// Opens the state of a folder, which no other process writes to; makes it if there is none.
    pub fn open(folder: &Path) -> Result<Self, SourceError> {
        let path = folder.join(FILE);
        own_files::remove_parts(folder);
        if path.symlink_metadata().is_err() {
            if let Some(lost) = lost(folder) {
                return Err(lost);
            }
            // A database that a kill left half made could never be opened again.
            let make = |place: &Path| builder().create(place).map(drop).map_err(std::io::Error::other);
            own_files::make_new(&path, make).map_err(|e| fault(&path, e))?;
        }
        whole(&path, &bytes_of(&path).map_err(|e| fault(&path, e))?)?;
        let opened = guarded(|| builder().open(&path)).map_err(|damage| damaged(&path, damage))?;
        let database = opened.map_err(|e| broken(&path, e))?;
        let state = Self { database, path };
        let found = state.write(|tables| {
            let found: Option<u64> = tables.get_meta("schema")?;
            if found.is_none() {
                tables.put_meta("schema", &SCHEMA)?;
                tables.put_meta("instance", &instance())?;
            }
            if found == Some(OLDEST) {
                from_first(tables)?;
                tables.put_meta("schema", &SCHEMA)?;
            }
            Ok(found.unwrap_or(SCHEMA))
        })?;
        if (OLDEST..=SCHEMA).contains(&found) { Ok(state) } else { Err(version(&state.path, found, SCHEMA)) }
    }

    /// Runs `change` in one transaction: all its changes are made, or none.
    pub fn write<T>(&self, change: impl FnOnce(&mut Write<'_>) -> Result<T, SourceError>) -> Result<T, SourceError> {
        guarded(|| {
            let transaction = self.database.begin_write().map_err(|e| broken(&self.path, e))?;
            for table in TABLES {
                transaction.open_table(table).map_err(|e| broken(&self.path, e))?;
            }
            let value = change(&mut Write { transaction: &transaction, path: &self.path })?;
            transaction.commit().map_err(|e| broken(&self.path, e))?;
            Ok(value)
        })
        .unwrap_or_else(|damage| Err(damaged(&self.path, damage)))
    }

    /// Runs `look` on one consistent state of the tables.
    pub fn read<T>(&self, look: impl FnOnce(&Read) -> Result<T, SourceError>) -> Result<T, SourceError> {
        guarded(|| {
            let transaction = self.database.begin_read().map_err(|e| broken(&self.path, e))?;
            look(&Read { transaction, path: self.path.clone() })
        })
        .unwrap_or_else(|damage| Err(damaged(&self.path, damage)))
    }
}

/// Brings a state of version 1 up to date. What was told stays told: a finding takes over what is known of its entities.
fn from_first(tables: &mut Write<'_>) -> Result<(), SourceError> {
    #[derive(serde::Deserialize)]
    struct Hunt {
        #[serde(default)]
        columns: Vec<String>,
    }
    let hunts: Vec<(String, Hunt)> = each(tables.path, &tables.table(HUNTS)?, "")?;
    for (hunt, Hunt { columns }) in hunts {
        let findings: Vec<(String, serde_json::Map<_, _>)> = each(tables.path, &tables.table(KEYS)?, &key_of(&hunt, ""))?;
        for (identity, mut finding) in findings {
            migrate::first_finding(&mut finding, &columns);
            tables.put(KEYS, &key_of(&hunt, &identity), &finding)?;
        }
    }
    Ok(())
}

/// An id that differs between the states of several machines, for notifications.
fn instance() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// The tables in a transaction that changes them.
pub struct Write<'t> {
    transaction: &'t WriteTransaction,
    path: &'t Path,
}

/// The tables as they were when the reading began.
pub struct Read {
    transaction: ReadTransaction,
    path: PathBuf,
}

fn key_of(hunt: &str, identity: &str) -> String {
    format!("{hunt}\0{identity}")
}

fn decode<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, SourceError> {
    serde_json::from_slice(bytes).map_err(|e| damaged(path, e))
}

fn one<T: DeserializeOwned>(
    path: &Path,
    table: &impl ReadableTable<&'static str, &'static [u8]>,
    key: &str,
) -> Result<Option<T>, SourceError> {
    let found = table.get(key).map_err(|e| broken(path, e))?;
    found.map(|bytes| decode(path, bytes.value())).transpose()
}

fn each<T: DeserializeOwned>(
    path: &Path,
    table: &impl ReadableTable<&'static str, &'static [u8]>,
    prefix: &str,
) -> Result<Vec<(String, T)>, SourceError> {
    let mut found = Vec::new();
    for entry in table.range(prefix..).map_err(|e| broken(path, e))? {
        let (key, value) = entry.map_err(|e| broken(path, e))?;
        let Some(rest) = key.value().strip_prefix(prefix) else { break };
        found.push((rest.to_owned(), decode(path, value.value())?));
    }
    Ok(found)
}

impl Read {
    fn table(&self, table: Bytes) -> Result<Option<redb::ReadOnlyTable<&'static str, &'static [u8]>>, SourceError> {
        match self.transaction.open_table(table) {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(e) => Err(broken(&self.path, e)),
        }
    }

    fn one<T: DeserializeOwned>(&self, table: Bytes, key: &str) -> Result<Option<T>, SourceError> {
        self.table(table)?.map_or(Ok(None), |t| one(&self.path, &t, key))
    }

    fn each<T: DeserializeOwned>(&self, table: Bytes, prefix: &str) -> Result<Vec<(String, T)>, SourceError> {
        self.table(table)?.map_or(Ok(Vec::new()), |t| each(&self.path, &t, prefix))
    }

    /// A value about the state as a whole.
    pub fn get_meta<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SourceError> {
        self.one(META, name)
    }

    /// The record of a hunt.
    pub fn hunt(&self, name: &str) -> Result<Option<HuntRecord>, SourceError> {
        self.one(HUNTS, name)
    }

    /// All hunts, sorted by name.
    pub fn hunts(&self) -> Result<Vec<(String, HuntRecord)>, SourceError> {
        self.each(HUNTS, "")
    }

    /// The findings of a hunt, sorted by identity.
    pub fn keys(&self, hunt: &str) -> Result<Vec<(String, KeyRecord)>, SourceError> {
        self.each(KEYS, &key_of(hunt, ""))
    }

    /// The entities of a hunt's findings, sorted by identity.
    pub fn members(&self, hunt: &str) -> Result<Vec<(String, MemberRecord)>, SourceError> {
        self.each(MEMBERS, &key_of(hunt, ""))
    }

    /// All nights, sorted by name.
    pub fn nights(&self) -> Result<Vec<(String, NightRecord)>, SourceError> {
        self.each(NIGHTS, "")
    }

    /// The sources, sorted by name.
    pub fn sources(&self) -> Result<Vec<(String, SourceRecord)>, SourceError> {
        self.each(SOURCES, "")
    }

    /// The waiting notifications, sorted by id.
    pub fn outbox(&self) -> Result<Vec<(String, Notification)>, SourceError> {
        self.each(OUTBOX, "")
    }
}

impl Write<'_> {
    fn table(&self, table: Bytes) -> Result<redb::Table<'_, &'static str, &'static [u8]>, SourceError> {
        self.transaction.open_table(table).map_err(|e| broken(self.path, e))
    }

    fn put<T: Serialize>(&mut self, table: Bytes, key: &str, value: &T) -> Result<(), SourceError> {
        let bytes = serde_json::to_vec(value).map_err(|e| fault(self.path, e))?;
        self.table(table)?.insert(key, bytes.as_slice()).map_err(|e| broken(self.path, e))?;
        Ok(())
    }

    fn remove(&mut self, table: Bytes, key: &str) -> Result<(), SourceError> {
        self.table(table)?.remove(key).map_err(|e| broken(self.path, e))?;
        Ok(())
    }

    /// A value about the state as a whole.
    pub fn get_meta<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SourceError> {
        one(self.path, &self.table(META)?, name)
    }

    /// Sets a value about the state as a whole.
    pub fn put_meta<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), SourceError> {
        self.put(META, name, value)
    }

    /// The record of a hunt.
    pub fn hunt(&self, name: &str) -> Result<Option<HuntRecord>, SourceError> {
        one(self.path, &self.table(HUNTS)?, name)
    }

    /// All hunts, sorted by name.
    pub fn hunts(&self) -> Result<Vec<(String, HuntRecord)>, SourceError> {
        each(self.path, &self.table(HUNTS)?, "")
    }

    /// Sets the record of a hunt.
    pub fn put_hunt(&mut self, name: &str, record: &HuntRecord) -> Result<(), SourceError> {
        self.put(HUNTS, name, record)
    }

    /// Sets the record of a source.
    pub fn put_source(&mut self, name: &str, record: &SourceRecord) -> Result<(), SourceError> {
        self.put(SOURCES, name, record)
    }

    /// Removes the record of a source.
    pub fn remove_source(&mut self, name: &str) -> Result<(), SourceError> {
        self.remove(SOURCES, name)
    }

    /// The record of a finding.
    pub fn key(&self, hunt: &str, identity: &str) -> Result<Option<KeyRecord>, SourceError> {
        one(self.path, &self.table(KEYS)?, &key_of(hunt, identity))
    }

    /// The findings of a hunt, sorted by identity.
    pub fn keys(&self, hunt: &str) -> Result<Vec<(String, KeyRecord)>, SourceError> {
        each(self.path, &self.table(KEYS)?, &key_of(hunt, ""))
    }

    /// Sets the record of a finding.
    pub fn put_key(&mut self, hunt: &str, identity: &str, record: &KeyRecord) -> Result<(), SourceError> {
        self.put(KEYS, &key_of(hunt, identity), record)
    }

    /// The record of an entity of a finding.
    pub fn member(&self, hunt: &str, identity: &str) -> Result<Option<MemberRecord>, SourceError> {
        one(self.path, &self.table(MEMBERS)?, &key_of(hunt, identity))
    }

    /// Sets the record of an entity of a finding.
    pub fn put_member(&mut self, hunt: &str, identity: &str, record: &MemberRecord) -> Result<(), SourceError> {
        self.put(MEMBERS, &key_of(hunt, identity), record)
    }

    /// Removes an entity of a finding.
    pub fn remove_member(&mut self, hunt: &str, identity: &str) -> Result<(), SourceError> {
        self.remove(MEMBERS, &key_of(hunt, identity))
    }

    /// Removes a finding.
    pub fn remove_key(&mut self, hunt: &str, identity: &str) -> Result<(), SourceError> {
        self.remove(KEYS, &key_of(hunt, identity))
    }

    /// All nights, sorted by name.
    pub fn nights(&self) -> Result<Vec<(String, NightRecord)>, SourceError> {
        each(self.path, &self.table(NIGHTS)?, "")
    }

    /// Sets the record of a night.
    pub fn put_night(&mut self, name: &str, record: &NightRecord) -> Result<(), SourceError> {
        self.put(NIGHTS, name, record)
    }

    /// Removes a night.
    pub fn remove_night(&mut self, name: &str) -> Result<(), SourceError> {
        self.remove(NIGHTS, name)
    }

    /// Adds or replaces a waiting notification.
    pub fn put_notification(&mut self, id: &str, notification: &Notification) -> Result<(), SourceError> {
        self.put(OUTBOX, id, notification)
    }

    /// Removes a notification that was delivered.
    pub fn remove_notification(&mut self, id: &str) -> Result<(), SourceError> {
        self.remove(OUTBOX, id)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
