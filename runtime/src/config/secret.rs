//! Secrets: literal, from `${NAME}`, or from `file:PATH`. They are resolved when a source is opened, and never shown.

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
}

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
}

impl Secret {
    /// Parses the notation of a configuration file. Relative files are below `base`.
    pub fn parse(text: &str, base: &Path) -> Self {
        match text.strip_prefix("file:") {
            Some(path) => Self::File(base.join(path)),
            None if text.contains("${") => Self::Template(text.into()),
            None => Self::Literal(text.into()),
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
            Self::File(path) => {
                let shown = path.display().to_string();
                let text = regular_file::read_text(path).map_err(|e| SecretError::Unreadable(shown.clone(), e.to_string()))?;
                let text = text.trim();
                if text.is_empty() { Err(SecretError::Empty(shown)) } else { Ok(text.into()) }
            }
        }
    }

    /// Where the value comes from, as a text for lists.
    pub fn origin(&self) -> String {
        match self {
            Self::Literal(_) => "set".to_owned(),
            Self::Template(_) => "from the environment".to_owned(),
            Self::File(path) => format!("from {}", path.display()),
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Literal(_) => "***",
            Self::Template(_) => "${***}",
            Self::File(_) => "file:***",
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_three_notations() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::write(temp.path().join("key"), "from-file\n").unwrap();
        let env = Environment::of([("KEY", "from-env")]);
        let value = |text| Secret::parse(text, temp.path()).resolve(&env).map(|s| s.expose_secret().to_owned());
        assert_eq!(value("plain$5"), Ok("plain$5".to_owned()));
        assert_eq!(value("${KEY}"), Ok("from-env".to_owned()));
        assert_eq!(value("file:key"), Ok("from-file".to_owned()));
        assert_eq!(value("${OTHER}"), Err(SecretError::NotSet("OTHER".to_owned())));
        assert!(matches!(value("file:none"), Err(SecretError::Unreadable(..))));
    }

    #[test]
    fn debug_shows_nothing() {
        let shown = format!("{:?}", [Secret::literal("hunter2"), Secret::parse("hunter2${X}", Path::new("/"))]);
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
