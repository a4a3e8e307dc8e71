//! Open sources; each is opened once.

use crate::config::Config;
use crate::config::kinds::{OpenedSource, Opening, ResolvedSource};
use crate::source::logs::ReadReport;
use crate::source::{DataSource, Fields, SourceError};
use huntc_compiler::diag::codes::store::NO_RECORDS;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Wraps a source after it was opened, for example to count requests. The first argument is the same for the same source.
pub type Wrap = dyn Fn(&str, Arc<dyn DataSource>) -> Arc<dyn DataSource> + Send + Sync;

/// An open source.
#[derive(Clone)]
pub(super) struct PooledSource {
    pub source: Arc<dyn DataSource>,
    /// The report of reading it, if all of it was read.
    pub read: Arc<Option<ReadReport>>,
}

/// The report of reading a source, if all of it was read.
pub(super) struct PoolReport {
    pub read: Arc<Option<ReadReport>>,
    /// Whether this hunt is the first one that gets it.
    pub first: bool,
}

/// Open sources. Two hunts share a source when they have the same configuration and use the same name.
pub struct SourcePool {
    /// Files without records are not read again; their error stays.
    opened: Mutex<BTreeMap<String, Result<PooledSource, SourceError>>>,
    /// The sources whose reports a hunt has got.
    told: Mutex<BTreeSet<String>>,
    /// Whether the fields that the first hunt demands are all that will be demanded.
    of_one_hunt: bool,
    wrap: Option<Box<Wrap>>,
}

impl SourcePool {
    /// A pool for hunts that are not all known when the first one opens a source. Log files keep every field.
    pub fn shared() -> Self {
        Self { opened: Mutex::default(), told: Mutex::default(), of_one_hunt: false, wrap: None }
    }

    /// A pool for one hunt. Log files keep only the fields that the hunt demands.
    pub fn of_one_hunt() -> Self {
        Self { of_one_hunt: true, ..Self::shared() }
    }

    /// As [`Self::shared`], but hunts get what `wrap` makes of each source.
    pub fn wrapped(wrap: Box<Wrap>) -> Self {
        Self { wrap: Some(wrap), ..Self::shared() }
    }

    /// The source that a configuration binds to a name, opened on first use. `opening` is what the hunt wants.
    pub(super) fn get(
        &self,
        config: &Config,
        name: &str,
        resolved: &dyn ResolvedSource,
        opening: Opening<'_>,
    ) -> Result<PooledSource, SourceError> {
        let key = key(config, name);
        // The lock is held while the source is opened, so that a second statement waits and does not read the files too.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = opened.get(&key) {
            return opened.clone();
        }
        let new = resolved.open(Opening { fields: &|| if self.of_one_hunt { (opening.fields)() } else { Fields::All }, ..opening });
        let OpenedSource { mut source, read, .. } = new.inspect_err(|error| {
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

    /// The report of reading a source; `None` if it is not open.
    pub(super) fn report(&self, config: &Config, name: &str) -> Option<PoolReport> {
        let key = key(config, name);
        let read = Arc::clone(&self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&key)?.as_ref().ok()?.read);
        let first = self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        Some(PoolReport { read, first })
    }
}

/// Equal for the same source: its name, and the file that binds it.
fn key(config: &Config, name: &str) -> String {
    let place = config.file.as_ref().map_or_else(String::new, |f| f.path.display().to_string());
    format!("{place}\0{name}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::allowance::Allowance;
    use crate::config::kinds::SourceFacts;
    use crate::source::store::Store;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// An empty store. Counts how often it is opened, and how often with all fields.
    #[derive(Default)]
    struct Empty {
        opened: AtomicUsize,
        whole: AtomicUsize,
    }

    impl ResolvedSource for Empty {
        fn open(&self, opening: Opening<'_>) -> Result<OpenedSource, SourceError> {
            self.opened.fetch_add(1, Ordering::Relaxed);
            self.whole.fetch_add(usize::from((opening.fields)() == Fields::All), Ordering::Relaxed);
            let log = tempfile::NamedTempFile::new().unwrap();
            let (store, _) = Store::from_paths(&[log.path().to_owned()])?;
            let read = Some(ReadReport { bad_total: 1, ..ReadReport::default() });
            Ok(OpenedSource { source: Arc::new(store), store: None, read })
        }

        fn survey(&self, _: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError> {
            Ok((self.open(Opening { fields: &|| Fields::All, allowance: &Arc::default() })?, SourceFacts::default()))
        }
    }

    fn some() -> Opening<'static> {
        static ALLOWANCE: LazyLock<Arc<Allowance>> = LazyLock::new(Arc::default);
        Opening { fields: &|| Fields::These(Arc::new(BTreeSet::new())), allowance: &ALLOWANCE }
    }

    #[test]
    fn a_source_is_opened_once_and_the_first_to_ask_for_its_bad_lines_knows() {
        let (pool, config, source) = (SourcePool::shared(), Config::default(), Empty::default());
        for name in ["a", "a", "b", "a"] {
            assert!(pool.get(&config, name, &source, some()).is_ok());
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
            assert!(pool.get(&Config::default(), "a", &source, some()).is_ok());
            assert_eq!(source.whole.load(Ordering::Relaxed), whole);
        }
    }
}
