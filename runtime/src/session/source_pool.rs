//! Opens what the configuration binds, each source once. Secrets are resolved here and nowhere else.

use crate::config::Config;
use crate::config::binding::{Auth, Authority, Binding, ClusterProfile, Kind};
use crate::config::environment::Environment;
use crate::config::secret::{Secret, SecretError};
use crate::source::elastic::{self, ElasticConfig, ElasticSource};
use crate::source::logs::ReadReport;
use crate::source::store::Store;
use crate::source::{DataSource, Fields, SourceError};
use huntc_compiler::diag::codes::config::MISSING_SECRET;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// A binding that can be opened: its secrets are there.
pub enum ResolvedSource {
    /// Log files.
    Files(PathBuf),
    /// A store.
    Store(PathBuf),
    /// A cluster.
    Cluster(Box<ElasticConfig>),
}

/// Resolves what a binding refers to; nothing is read or sent.
pub fn resolve(binding: &Binding, environment: &Environment) -> Result<ResolvedSource, SourceError> {
    Ok(match &binding.kind {
        Kind::Files(path) => ResolvedSource::Files(path.clone()),
        Kind::Store(path) => ResolvedSource::Store(path.clone()),
        Kind::Cluster(profile) => ResolvedSource::Cluster(Box::new(cluster(&binding.name, profile, environment)?)),
    })
}

impl ResolvedSource {
    /// Opens it. Log files are read to their end, and of their records these fields are kept; the report says which lines
    /// are no records.
    pub fn open(&self, fields: &dyn Fn() -> Fields) -> Result<(Arc<dyn DataSource>, ReadReport), SourceError> {
        Ok(match self {
            Self::Store(path) => (Arc::new(Store::open(path)?), ReadReport::default()),
            Self::Files(path) => {
                let (store, report) = Store::from_paths_with(std::slice::from_ref(path), fields())?;
                (Arc::new(store), report)
            }
            Self::Cluster(config) => (Arc::new(ElasticSource::new((**config).clone())?), ReadReport::default()),
        })
    }
}

/// What to write to bind a name; both can be pasted.
pub fn how_to_bind(name: &str) -> String {
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let key = if bare { name.to_owned() } else { format!("\"{name}\"") };
    format!("`--source {name}=FILE`, or a table `[sources.{key}]` in huntc.toml")
}

/// Makes another source of one that was opened: one that counts or remembers, for example. Its first argument is the same for
/// the same source.
pub type Wrap = dyn Fn(&str, Arc<dyn DataSource>) -> Arc<dyn DataSource> + Send + Sync;

/// Sources that are open. Each is opened once for all hunts that mean the same by its name: those of one configuration.
pub struct SourcePool {
    opened: Mutex<BTreeMap<String, Opened>>,
    /// Whether the fields that the first hunt may ask for are all that is ever asked for.
    of_one_hunt: bool,
    wrap: Option<Box<Wrap>>,
}

struct Opened {
    source: Arc<dyn DataSource>,
    /// What reading its log files found, until a hunt has told it.
    report: ReadReport,
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
        resolved: &ResolvedSource,
        fields: &dyn Fn() -> Fields,
    ) -> Result<Arc<dyn DataSource>, SourceError> {
        let key = key(config, name);
        // Held while opening: a second statement waits for the file instead of reading it too.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = opened.get(&key) {
            return Ok(Arc::clone(&opened.source));
        }
        let (source, report) = resolved.open(&|| if self.of_one_hunt { fields() } else { Fields::All })?;
        let source = self.wrap.as_ref().map_or_else(|| Arc::clone(&source), |wrap| wrap(&key, Arc::clone(&source)));
        opened.insert(key, Opened { source: Arc::clone(&source), report });
        Ok(source)
    }

    /// What reading a source's log files found, for the first hunt that asks and for no other.
    pub(super) fn take_report(&self, config: &Config, name: &str) -> Option<ReadReport> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        Some(std::mem::take(&mut opened.get_mut(&key(config, name))?.report))
    }
}

/// The same for the same source: its name, and the file that says what it stands for.
fn key(config: &Config, name: &str) -> String {
    let place = config.file.as_ref().map_or_else(String::new, |f| f.display().to_string());
    format!("{place}\0{name}")
}

fn cluster(name: &str, profile: &ClusterProfile, environment: &Environment) -> Result<ElasticConfig, SourceError> {
    let secret = |secret: &Secret| secret.resolve(environment).map_err(|e| missing(name, &e));
    let mut config = ElasticConfig::new(name, &profile.url, &profile.expression())?;
    config.auth = match &profile.auth {
        Auth::None => elastic::Auth::None,
        Auth::Basic { username, password } => {
            elastic::Auth::Basic { user: secret(username)?.expose_secret().to_owned(), password: secret(password)? }
        }
        Auth::ApiKey { id: Some(id), api_key } => elastic::Auth::ApiKey { id: secret(id)?, key: secret(api_key)? },
        Auth::ApiKey { id: None, api_key } => elastic::Auth::api_key(secret(api_key)?.expose_secret()),
        Auth::Token(token) => elastic::Auth::Bearer(secret(token)?),
    };
    config.ca_pem = match &profile.tls.ca {
        None => None,
        Some(Authority::Pem(text)) => Some(text.clone()),
        Some(Authority::File(path)) => {
            let text = std::fs::read_to_string(path);
            let unreadable = |e: std::io::Error| missing(name, &SecretError::Unreadable(path.display().to_string(), e.to_string()));
            Some(text.map_err(unreadable)?)
        }
    };
    config.insecure = profile.tls.insecure;
    if let Some(timeout) = profile.timeout {
        config.timeout = timeout;
    }
    if let Some(size) = profile.page_size {
        config.page_size = size as usize;
    }
    if let Some(concurrency) = profile.concurrency {
        config.concurrency = concurrency;
    }
    Ok(config)
}

fn missing(name: &str, error: &SecretError) -> SourceError {
    let error_text = error.to_string();
    let headline = format!("source `{name}` cannot be opened: {error_text}");
    let short = format!("source `{name}` cannot be opened");
    let help = match error {
        SecretError::NotSet(variable) => format!("export {variable}=…"),
        SecretError::Unreadable(..) | SecretError::Empty(_) => {
            "check the path in the configuration; it is relative to its file".to_owned()
        }
    };
    if headline.chars().count() <= 100 {
        return SourceError::new(&MISSING_SECRET, headline).help(help);
    }
    SourceError::new(&MISSING_SECRET, short).note(error_text).help(help)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::binding::Origin;

    fn binding(profile: ClusterProfile) -> Binding {
        Binding {
            name: "host101".to_owned(),
            kind: Kind::Cluster(Box::new(profile)),
            origin: Origin::Flag,
            default_window: None,
            like_case_sensitive: false,
        }
    }

    #[test]
    fn a_profile_becomes_a_configuration_of_the_reader() {
        let mut profile = ClusterProfile::new("https://h:9200/es".to_owned(), vec!["a".to_owned(), "b-*".to_owned()]);
        profile.auth = Auth::ApiKey { id: None, api_key: Secret::parse("${KEY}", std::path::Path::new("")) };
        profile.page_size = Some(500);
        let ResolvedSource::Cluster(config) = resolve(&binding(profile), &Environment::of([("KEY", "id:hunter2")])).unwrap() else {
            unreachable!("a cluster")
        };
        assert_eq!(config.location(), "https://h:9200/es/a,b-*");
        assert_eq!((config.auth.kind(), config.page_size), ("API key", 500));
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_that_is_not_there_is_named() {
        let mut profile = ClusterProfile::new("https://h".to_owned(), Vec::new());
        profile.auth = Auth::Token(Secret::parse("${NO_TOKEN}", std::path::Path::new("")));
        let Err(error) = resolve(&binding(profile), &Environment::default()) else { unreachable!("no error") };
        assert_eq!(error.code.id, "K0811");
        assert!(error.message.contains("`NO_TOKEN` is not set"), "{}", error.message);
    }
}
