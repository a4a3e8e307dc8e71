//! Opens what the configuration binds. Secrets are resolved here and nowhere else.

use crate::config::binding::{Auth, Authority, Binding, ClusterProfile, Kind};
use crate::config::environment::Environment;
use crate::config::secret::{Secret, SecretError};
use crate::source::elastic::{self, ElasticConfig, ElasticSource};
use crate::source::files::ReadReport;
use crate::source::store::Store;
use crate::source::{DataSource, Fields, SourceError};
use huntc_compiler::diag::codes::config::MISSING_SECRET;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// A binding that can be opened: its secrets are there.
pub(super) enum Ready {
    /// Log files.
    Files(PathBuf),
    /// A store.
    Store(PathBuf),
    /// A cluster.
    Cluster(Box<ElasticConfig>),
}

/// Resolves what a binding refers to; nothing is read or sent.
pub(super) fn ready(binding: &Binding, environment: &Environment) -> Result<Ready, SourceError> {
    Ok(match &binding.kind {
        Kind::Files(path) => Ready::Files(path.clone()),
        Kind::Store(path) => Ready::Store(path.clone()),
        Kind::Cluster(profile) => Ready::Cluster(Box::new(cluster(&binding.name, profile, environment)?)),
    })
}

impl Ready {
    /// Opens it. Log files are read to their end, and of their records these fields are kept; the report says which lines
    /// are no records.
    pub(super) fn open(&self, fields: &dyn Fn() -> Fields) -> Result<(Arc<dyn DataSource>, ReadReport), SourceError> {
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
pub(super) fn how_to_bind(name: &str) -> String {
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let key = if bare { name.to_owned() } else { format!("\"{name}\"") };
    format!("`--source {name}=FILE`, or a table `[sources.{key}]` in huntc.toml")
}

/// Sources that are open, so that several huntflows read a file once.
#[derive(Default)]
pub(super) struct Opened {
    by_place: Mutex<BTreeMap<String, Arc<dyn DataSource>>>,
    /// What reading log files found, by name.
    reports: Mutex<Vec<(String, ReadReport)>>,
}

impl Opened {
    /// The source of a binding, opened now or before. `place` is the same for the same configuration; `fields` are those
    /// that every hunt may ask for that gets the source.
    pub(super) fn get(
        &self,
        place: &str,
        name: &str,
        ready: &Ready,
        fields: &dyn Fn() -> Fields,
    ) -> Result<Arc<dyn DataSource>, SourceError> {
        let key = format!("{place}\0{name}");
        // Held while opening: a second statement waits for the file instead of reading it too.
        let mut open = self.by_place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = open.get(&key) {
            return Ok(Arc::clone(source));
        }
        let (source, report) = ready.open(fields)?;
        if report.bad_total > 0 {
            self.reports.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), report));
        }
        open.insert(key, Arc::clone(&source));
        Ok(source)
    }

    /// Takes what reading log files found.
    pub(super) fn take_reports(&self) -> Vec<(String, ReadReport)> {
        std::mem::take(&mut self.reports.lock().unwrap_or_else(PoisonError::into_inner))
    }
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
        let Ready::Cluster(config) = ready(&binding(profile), &Environment::of([("KEY", "id:hunter2")])).unwrap() else {
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
        let Err(error) = ready(&binding(profile), &Environment::default()) else { unreachable!("no error") };
        assert_eq!(error.code.id, "K0811");
        assert!(error.message.contains("`NO_TOKEN` is not set"), "{}", error.message);
    }
}
