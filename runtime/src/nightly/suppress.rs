//! Suppressions: findings, given by key or pattern, that are not reported as new until a given day.

use crate::source::{SourceError, regular_file};
use huntc_compiler::diag::codes::nightly::BAD_SUPPRESSIONS;
use huntc_compiler::plan::pattern::like::Like;
use huntc_compiler::time::Instant;
use serde::Deserialize;
use std::path::Path;

/// The entries of a list.
#[derive(Clone, Debug, Default)]
pub struct Suppressions {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    hunt: Option<String>,
    what: What,
    until: Option<Instant>,
}

#[derive(Clone, Debug)]
enum What {
    Key(Vec<serde_json::Value>),
    Pattern(Like),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    suppress: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    hunt: Option<String>,
    key: Option<Vec<serde_json::Value>>,
    pattern: Option<String>,
    reason: Option<String>,
    until: Option<toml::Value>,
}

impl Suppressions {
    /// Reads a list. With `optional`, a missing file is an empty list.
    pub fn read(path: &Path, optional: bool) -> Result<Self, SourceError> {
        let bad = |reason: String| {
            SourceError::new(&BAD_SUPPRESSIONS, format!("the list of suppressed findings `{}` has a fault", path.display()))
                .note(reason)
                .help("`huntc explain K0863` shows an entry")
        };
        match regular_file::read_text(path) {
            Ok(text) => Self::parse(&text).map_err(bad),
            Err(e) if optional && e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(bad(format!("it cannot be read: {e}"))),
        }
    }

    /// Reads the text of a list. The error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let entries = file.suppress.into_iter().enumerate();
        let entries = entries.map(|(i, written)| entry(written).map_err(|e| format!("entry {}: {e}", i + 1)));
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// Whether an entry covers a finding at an instant.
    pub fn covers(&self, hunt: &str, key: &serde_json::Value, now: Instant) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.hunt.as_ref().is_none_or(|h| h == hunt) && entry.until.is_none_or(|u| now < u) && entry.what.is(key))
    }

    /// How many entries have expired.
    pub fn expired(&self, now: Instant) -> usize {
        self.entries.iter().filter(|e| e.until.is_some_and(|u| u <= now)).count()
    }
}

fn entry(written: Written) -> Result<Entry, String> {
    if written.reason.is_none_or(|r| r.trim().is_empty()) {
        return Err("it has no `reason`".to_owned());
    }
    let what = match (written.key, written.pattern) {
        (Some(key), None) if !key.is_empty() => What::Key(key),
        (None, Some(pattern)) if !pattern.is_empty() => What::Pattern(Like::new(&pattern, true)),
        _ => return Err("it needs either `key` or `pattern`".to_owned()),
    };
    let until = match written.until {
        None => None,
        Some(value) => {
            let text = match value {
                toml::Value::Datetime(time) => time.to_string(),
                toml::Value::String(text) => text,
                _ => String::new(),
            };
            let instant = Instant::parse(&text).or_else(|| Instant::parse(&format!("{text}T00:00:00Z")));
            Some(instant.ok_or("`until` is no day or instant, such as 2027-01-01")?)
        }
    };
    Ok(Entry { hunt: written.hunt, what, until })
}

impl What {
    fn is(&self, key: &serde_json::Value) -> bool {
        let Some(parts) = key.as_array() else { return false };
        match self {
            // TOML has no null: an empty text stands for a missing part.
            Self::Key(wanted) => {
                wanted.len() == parts.len() && wanted.iter().zip(parts).all(|(w, p)| w == p || (p.is_null() && w == ""))
            }
            Self::Pattern(like) => parts.iter().any(|part| match part {
                serde_json::Value::Null => false,
                serde_json::Value::String(text) => like.is_match(text),
                other => like.is_match(&other.to_string()),
            }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    const LIST: &str = r#"
        [[suppress]]
        hunt = "a.hf"
        key = ["203.0.113.7", 443, ""]
        reason = "update server"
        until = 2027-01-01
        [[suppress]]
        pattern = '%\Temp\%'
        reason = "installers"
    "#;

    #[test]
    fn keys_patterns_hunts_and_days() {
        let list = Suppressions::parse(LIST).unwrap();
        let now = Instant::parse("2026-12-31T23:59:59Z").unwrap();
        let later = Instant::parse("2027-01-01T00:00:00Z").unwrap();
        let key = json!(["203.0.113.7", 443, null]);
        assert!(list.covers("a.hf", &key, now));
        assert!(!list.covers("b.hf", &key, now));
        assert!(!list.covers("a.hf", &json!(["203.0.113.7", 443, 1]), now));
        assert!(!list.covers("a.hf", &json!(["203.0.113.7", 443]), now));
        assert!(!list.covers("a.hf", &key, later), "its day has come");
        assert_eq!((list.expired(now), list.expired(later)), (0, 1));
        assert!(list.covers("any", &json!([null, "C:\\TEMP\\x.exe"]), later));
        assert!(!list.covers("any", &json!(["C:\\Windows"]), later));
    }

    #[test]
    fn faults_are_told() {
        for (text, reason) in [
            ("[[suppress]]\nkey = [\"a\"]", "reason"),
            ("[[suppress]]\nreason = \"x\"", "either"),
            ("[[suppress]]\nreason = \"x\"\nkey = [\"a\"]\npattern = \"b\"", "either"),
            ("[[suppress]]\nreason = \"x\"\npattern = \"b\"\nuntil = \"soon\"", "until"),
            ("[[suppress]]\nreason = \"x\"\npatern = \"b\"", "patern"),
            ("[suppress", "expected"),
        ] {
            let error = Suppressions::parse(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("none.toml");
        assert!(Suppressions::read(&path, true).is_ok());
        assert_eq!(Suppressions::read(&path, false).unwrap_err().code.id, "K0863");
    }
}
