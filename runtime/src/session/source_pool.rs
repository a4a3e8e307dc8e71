//! Sources that are open, each opened once.

use crate::config::Config;
use crate::config::kinds::{OpenedSource, ResolvedSource};
use crate::source::logs::ReadReport;
use crate::source::{DataSource, Fields, SourceError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Makes another source of one that was opened: one that counts or remembers, for example. Its first argument is the same for
/// the same source.
pub type Wrap = dyn Fn(&str, Arc<dyn DataSource>) -> Arc<dyn DataSource> + Send + Sync;

/// Sources that are open. Each is opened once for all hunts that mean the same by its name: those of one configuration.
pub struct SourcePool {
    opened: Mutex<BTreeMap<String, OpenedSource>>,
    /// Whether the fields that the first hunt may ask for are all that is ever asked for.
    of_one_hunt: bool,
    wrap: Option<Box<Wrap>>,
}

impl SourcePool {
    /// A pool of hunts whose needs are not all known when the first one opens a source: of log files every field is kept.
    pub fn shared() -> Self {
        Self { opened: Mutex::default(), of_one_hunt: false, wrap: None }
    }

    /// A pool of one hunt: of log files only those fields are kept that it may ask for.
    pub fn of_one_hunt() -> Self {
        Self { of_one_hunt: true, ..Self::shared() }
    }

    /// As [`Self::shared`]; hunts get what `wrap` makes of each source.
    pub fn wrapped(wrap: Box<Wrap>) -> Self {
        Self { wrap: Some(wrap), ..Self::shared() }
    }

    /// The source that a configuration binds to a name, opened now or before; `fields` are those that the hunt may ask for.
    pub(super) fn get(
        &self,
        config: &Config,
        name: &str,
        resolved: &dyn ResolvedSource,
        fields: &dyn Fn() -> Fields,
    ) -> Result<Arc<dyn DataSource>, SourceError> {
        let key = key(config, name);
        // Held while opening: a second statement waits for the file instead of reading it too.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = opened.get(&key) {
            return Ok(Arc::clone(&opened.source));
        }
        let mut new = resolved.open(&|| if self.of_one_hunt { fields() } else { Fields::All })?;
        if let Some(wrap) = &self.wrap {
            new.source = wrap(&key, new.source);
        }
        let source = Arc::clone(&new.source);
        opened.insert(key, new);
        Ok(source)
    }

    /// What reading a source's log files found, for the first hunt that asks and for no other.
    pub(super) fn take_report(&self, config: &Config, name: &str) -> Option<ReadReport> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        Some(std::mem::take(&mut opened.get_mut(&key(config, name))?.read))
    }
}

/// The same for the same source: its name, and the file that says what it stands for.
fn key(config: &Config, name: &str) -> String {
    let place = config.file.as_ref().map_or_else(String::new, |f| f.display().to_string());
    format!("{place}\0{name}")
}
