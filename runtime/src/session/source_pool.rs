//! Sources that are open, each opened once.

use crate::config::Config;
use crate::config::kinds::{OpenedSource, ResolvedSource};
use crate::source::logs::ReadReport;
use crate::source::{DataSource, Fields, SourceError};
use huntc_compiler::diag::codes::store::NO_RECORDS;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Makes another source of one that was opened: one that counts or remembers, for example. Its first argument is the same for
/// the same source.
pub type Wrap = dyn Fn(&str, Arc<dyn DataSource>) -> Arc<dyn DataSource> + Send + Sync;

/// A source that is open.
#[derive(Clone)]
pub(super) struct PooledSource {
    pub source: Arc<dyn DataSource>,
    /// What reading it to its end found, if it was read so.
    pub read: Arc<Option<ReadReport>>,
}

/// What reading a source to its end found, if it was read so.
pub(super) struct PoolReport {
    pub read: Arc<Option<ReadReport>>,
    /// Whether this hunt is the first that is told.
    pub first: bool,
}

/// Sources that are open. Each is opened once for all hunts that mean the same by its name: those of one configuration.
pub struct SourcePool {
    /// A file that gives no record gives none the next time either: it is not read again.
    opened: Mutex<BTreeMap<String, Result<PooledSource, SourceError>>>,
    /// Those whose reports hunts have got.
    told: Mutex<BTreeSet<String>>,
    /// Whether the fields that the first hunt may ask for are all that is ever asked for.
    of_one_hunt: bool,
    wrap: Option<Box<Wrap>>,
}

impl SourcePool {
    /// A pool of hunts whose needs are not all known when the first one opens a source: of log files every field is kept.
    pub fn shared() -> Self {
        Self { opened: Mutex::default(), told: Mutex::default(), of_one_hunt: false, wrap: None }
    }

    /// A pool of one hunt: of log files only those fields are kept that it may ask for.
    pub fn of_one_hunt() -> Self {
        Self { of_one_hunt: true, ..Self::shared() }
    }

    /// As [`Self::shared`]; hunts get what `wrap` makes of each source.
    pub fn wrapped(wrap: Box<Wrap>) -> Self {
        Self { wrap: Some(wrap), ..Self::shared() }
    }

    /// The source that a configuration binds to a name, opened now or before, and what reading it found; `fields` are those that
    /// the hunt may ask for.
    pub(super) fn get(
        &self,
        config: &Config,
        name: &str,
        resolved: &dyn ResolvedSource,
        fields: &dyn Fn() -> Fields,
    ) -> Result<PooledSource, SourceError> {
        let key = key(config, name);
        // Held while opening: a second statement waits for the file instead of reading it too.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = opened.get(&key) {
            return opened.clone();
        }
        let new = resolved.open(&|| if self.of_one_hunt { fields() } else { Fields::All });
        let OpenedSource { mut source, read } = new.inspect_err(|error| {
            if error.code == &NO_RECORDS {
                opened.insert(key.clone(), Err(error.clone()));
            }
        })?;
        if let Some(wrap) = &self.wrap {
            source = wrap(&key, source);
        }
        let new = PooledSource { source, read: Arc::new(read) };
        opened.insert(key, Ok(new.clone()));
        Ok(new)
    }

    /// What reading a source's log files found; none where it was not opened.
    pub(super) fn report(&self, config: &Config, name: &str) -> Option<PoolReport> {
        let key = key(config, name);
        let read = Arc::clone(&self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&key)?.as_ref().ok()?.read);
        let first = self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        Some(PoolReport { read, first })
    }
}

/// The same for the same source: its name, and the file that says what it stands for.
fn key(config: &Config, name: &str) -> String {
    let place = config.file.as_ref().map_or_else(String::new, |f| f.display().to_string());
    format!("{place}\0{name}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::kinds::SourceFacts;
    use crate::source::store::Store;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// An empty store; counts how often it is opened, and with all fields.
    #[derive(Default)]
    struct Empty {
        opened: AtomicUsize,
        whole: AtomicUsize,
    }

    impl ResolvedSource for Empty {
        fn open(&self, fields: &dyn Fn() -> Fields) -> Result<OpenedSource, SourceError> {
            self.opened.fetch_add(1, Ordering::Relaxed);
            self.whole.fetch_add(usize::from(fields() == Fields::All), Ordering::Relaxed);
            let log = tempfile::NamedTempFile::new().unwrap();
            let (store, _) = Store::from_paths(&[log.path().to_owned()])?;
            Ok(OpenedSource { source: Arc::new(store), read: Some(ReadReport { bad_total: 1, ..ReadReport::default() }) })
        }

        fn survey(&self, _: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError> {
            Ok((self.open(&|| Fields::All)?, SourceFacts::default()))
        }
    }

    fn some() -> Fields {
        Fields::These(Arc::new(BTreeSet::new()))
    }

    #[test]
    fn a_source_is_opened_once_and_the_first_to_ask_for_its_bad_lines_knows() {
        let (pool, config, source) = (SourcePool::shared(), Config::default(), Empty::default());
        for name in ["a", "a", "b", "a"] {
            assert!(pool.get(&config, name, &source, &some).is_ok());
        }
        assert_eq!(source.opened.load(Ordering::Relaxed), 2);
        let told = ["a", "a", "b", "c"]
            .map(|name| pool.report(&config, name).map(|r| (r.read.as_ref().as_ref().unwrap().bad_total, r.first)));
        assert_eq!(told, [Some((1, true)), Some((1, false)), Some((1, true)), None]);
    }

    #[test]
    fn only_the_pool_of_one_hunt_keeps_what_that_hunt_asks_for() {
        for (pool, whole) in [(SourcePool::shared(), 1), (SourcePool::of_one_hunt(), 0)] {
            let source = Empty::default();
            assert!(pool.get(&Config::default(), "a", &source, &some).is_ok());
            assert_eq!(source.whole.load(Ordering::Relaxed), whole);
        }
    }
}
