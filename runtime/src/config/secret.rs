//! Secrets: literal, from `${NAME}`, from `file:PATH`, or handed over as `credential:NAME`. They are resolved when a source is
//! opened, and never shown.

use super::environment::Environment;
use crate::source::regular_file;
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};

/// A secret as the configuration writes it. `Debug` does not show literal ones.
#[derive(Clone)]
#[expect(missing_docs, reason = "the other variants are what they are called")]
pub enum Secret {
    Literal(SecretString),
    /// A text that contains `${NAME}`.
    Template(SecretString),
    /// The text of a file, without white space at its ends.
    File(PathBuf),
    /// As [`Self::File`], of a file in the folder that `$CREDENTIALS_DIRECTORY` names: what systemd's `LoadCredential=` gives
    /// to a service, or Kubernetes to a container.
    Credential(String),
}

/// Begins the notation of a secret that is handed over.
pub const CREDENTIAL: &str = "credential:";
/// Names the folder of the secrets that are handed over.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// Why a secret cannot be resolved. Contains no more than the name of the variable or the file, and the system's reason.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("the environment variable `{0}` is not set")]
    NotSet(String),
    /// The file cannot be read: its path, and the reason.
    #[error("`{0}` cannot be read: {1}")]
    Unreadable(String, String),
    /// The file or the variable is empty.
    #[error("`{0}` is empty")]
    Empty(String),
    /// A name that would lead out of its folder.
    #[error("`{0}` is no name of a credential: letters, digits, `.`, `_` and `-` make one")]
    NoName(String),
}

impl Secret {
    /// Parses the notation of a configuration file. Relative files are below `base`.
    pub fn parse(text: &str, base: &Path) -> Self {
        match (text.strip_prefix("file:"), text.strip_prefix(CREDENTIAL)) {
            (Some(path), _) => Self::File(base.join(path)),
            (None, Some(name)) => Self::Credential(name.to_owned()),
            (None, None) if text.contains("${") => Self::Template(text.into()),
            (None, None) => Self::Literal(text.into()),
        }
    }

    /// A literal secret, whose text is not parsed.
    pub fn literal(text: impl Into<SecretString>) -> Self {
        Self::Literal(text.into())
    }

    /// The value of the secret.
    pub fn resolve(&self, environment: &Environment) -> Result<SecretString, SecretError> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Template(template) => match environment.expand(template.expose_secret()) {
                (_, Some(name)) => Err(SecretError::NotSet(name.to_owned())),
                (value, None) => Ok(value.into()),
            },
            Self::File(path) => read(path),
            Self::Credential(name) if !is_credential_name(name) => Err(SecretError::NoName(name.clone())),
            Self::Credential(name) => match environment.path(CREDENTIALS_DIRECTORY) {
                Some(folder) => read(&folder.join(name)),
                None => Err(SecretError::NotSet(CREDENTIALS_DIRECTORY.to_owned())),
            },
        }
    }

    /// Where the value comes from, as a text for lists.
    pub fn origin(&self) -> String {
        match self {
            Self::Literal(_) => "set".to_owned(),
            Self::Template(_) => "from the environment".to_owned(),
            Self::File(path) => format!("from {}", path.display()),
            Self::Credential(name) => format!("from the credential {name}"),
        }
    }
}

/// Whether a name stays in its folder, and is one that systemd and Kubernetes take.
pub fn is_credential_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}

fn read(path: &Path) -> Result<SecretString, SecretError> {
    let shown = path.display().to_string();
    let text = regular_file::read_text(path).map_err(|e| SecretError::Unreadable(shown.clone(), e.to_string()))?;
    let text = text.trim();
    if text.is_empty() { Err(SecretError::Empty(shown)) } else { Ok(text.into()) }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Literal(_) => "***",
            Self::Template(_) => "${***}",
            Self::File(_) => "file:***",
            Self::Credential(_) => "credential:***",
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_four_notations() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::write(temp.path().join("key"), "from-file\n").unwrap();
        let folder = temp.path().display().to_string();
        let env = Environment::of([("KEY", "from-env"), ("CREDENTIALS_DIRECTORY", folder.as_str())]);
        let value = |text| Secret::parse(text, temp.path()).resolve(&env).map(|s| s.expose_secret().to_owned());
        assert_eq!(value("plain$5"), Ok("plain$5".to_owned()));
        assert_eq!(value("${KEY}"), Ok("from-env".to_owned()));
        assert_eq!(value("file:key"), Ok("from-file".to_owned()));
        assert_eq!(value("credential:key"), Ok("from-file".to_owned()));
        assert_eq!(value("credential:../key"), Err(SecretError::NoName("../key".to_owned())));
        let nobody = Secret::parse("credential:key", temp.path()).resolve(&Environment::of([]));
        assert_eq!(nobody.map(drop), Err(SecretError::NotSet("CREDENTIALS_DIRECTORY".to_owned())));
        assert_eq!(value("${OTHER}"), Err(SecretError::NotSet("OTHER".to_owned())));
        assert!(matches!(value("file:none"), Err(SecretError::Unreadable(..))));
    }

    #[test]
    fn debug_shows_nothing() {
        let shown = format!("{:?}", [Secret::literal("hunter2"), Secret::parse("hunter2${X}", Path::new("/"))]);
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
