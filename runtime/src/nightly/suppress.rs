//! Suppressions: findings, given by key, pattern or condition, that are not reported as new until a given day. An entry that
//! does not do what it is for, or does more, is told.

use super::record::{KeyRecord, SuppressionRecord};
use crate::report::text::count;
use crate::session::{Huntflow, RunSettings, Session};
use crate::source::{SourceError, regular_file};
use huntc_compiler::compile::hiding;
use huntc_compiler::diag::codes::nightly::BAD_SUPPRESSIONS;
use huntc_compiler::diag::{Diagnostic, Severity, Sink, suggest};
use huntc_compiler::plan::pattern::like::Like;
use huntc_compiler::program;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::{Instant, TimeRange};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// After so many nights in which it hid nothing an entry is told.
pub const IDLE_NIGHTS: u32 = 30;
/// An entry that hides so many different findings of its hunts, and leaves none, hides everything.
const EVERYTHING: u64 = 2;

/// The entries of a list.
#[derive(Clone, Debug, Default)]
pub struct Suppressions {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    /// Its place in the list, from 1.
    number: usize,
    hunt: Option<String>,
    what: What,
    until: Option<Instant>,
}

#[derive(Clone, Debug)]
enum What {
    Key(Vec<serde_json::Value>),
    Pattern(String, Like),
    /// As written, and the statement that is compiled.
    Where(String, String),
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
    #[serde(rename = "where")]
    condition: Option<String>,
    reason: Option<String>,
    until: Option<toml::Value>,
}

/// A hunt of a night, as the entries see it.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct Suppressed<'a> {
    pub hunt: &'a str,
    /// Whether the report has a look of it.
    pub looked: bool,
    /// The number of that report; see [`super::record::HuntRecord::look`].
    pub look: u64,
    /// All its findings.
    pub known: &'a [(String, KeyRecord)],
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
        let entries = entries.map(|(i, written)| entry(i + 1, written).map_err(|e| format!("entry {}: {e}", i + 1)));
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives a hunt the conditions of the entries for it, so that its compilations check them and its runs test them. `hunt` is
    /// its name in the folder. What is wrong with them is in [`huntc_compiler::compile::Compilation::conditions`].
    pub fn attach(&self, hunt: &str, huntflow: &mut Huntflow, session: &mut Session) {
        for entry in &self.entries {
            if let (What::Where(_, text), Some(true)) = (&entry.what, entry.hunt.as_ref().map(|h| h == hunt)) {
                let name = format!("entry {} of the suppressions", entry.number);
                huntflow.conditions.push(session.texts.add_text(name, text.as_str()));
            }
        }
    }

    /// What is wrong with the conditions that [`Self::attach`] gave a hunt. A hunt with errors of its own has none.
    pub fn faults(session: &Session, huntflow: &Huntflow, settings: &RunSettings) -> Vec<Diagnostic> {
        let any = TimeRange::new(settings.now.plus(-super::window::DAY), settings.now);
        let done = session.compile(huntflow, settings, Some(any));
        done.map(|done| done.conditions.into_iter().flatten().collect()).unwrap_or_default()
    }

    /// Whether an entry covers a finding at an instant.
    pub fn covers(&self, hunt: &str, finding: &KeyRecord, now: Instant) -> bool {
        self.entries.iter().any(|entry| entry.is_for(hunt) && !entry.expired(now) && entry.what.hides(finding))
    }

    /// What is to be said of the list beside its faults: entries for hunts that are not there, and those whose day has come.
    pub fn remarks(&self, hunts: &[&str], now: Instant) -> Vec<String> {
        self.entries.iter().filter_map(|entry| entry.misplaced(hunts, now)).collect()
    }

    /// What is to be said of what the entries do, and how they stand after this night. `before` is how they stood.
    pub fn judge(
        &self,
        hunts: &[Suppressed<'_>],
        before: &BTreeMap<String, SuppressionRecord>,
        now: Instant,
    ) -> (Vec<String>, BTreeMap<String, SuppressionRecord>) {
        let (mut told, mut after) = (Vec::new(), BTreeMap::new());
        for entry in &self.entries {
            let text = entry.text();
            let mut record = before.get(&text).copied().unwrap_or(SuppressionRecord { since: now.0, idle: 0 });
            let own: Vec<&Suppressed<'_>> = hunts.iter().filter(|hunt| entry.is_for(hunt.hunt)).collect();
            let hidden = |hunt: &Suppressed<'_>| {
                hunt.known.iter().any(|(_, finding)| finding.look == hunt.look && entry.what.hides(finding))
            };
            if own.iter().any(|hunt| hunt.looked && hidden(hunt)) {
                record.idle = 0;
            } else if own.iter().any(|hunt| hunt.looked) {
                record.idle = record.idle.saturating_add(1);
            }
            if !entry.expired(now) {
                told.extend(entry.without_effect(record));
                told.extend(entry.hides_everything(&own, record));
            }
            after.insert(text, record);
        }
        (told, after)
    }

    /// The entry for a hunt whose condition has this text.
    pub(super) fn named(&self, hunt: &str, text: &str) -> Option<String> {
        let is = |entry: &&Entry| entry.is_for(hunt) && matches!(&entry.what, What::Where(_, statement) if statement == text);
        self.entries.iter().find(is).map(Entry::name)
    }
}

impl Entry {
    fn is_for(&self, hunt: &str) -> bool {
        self.hunt.as_ref().is_none_or(|h| h == hunt)
    }

    fn expired(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Whatever makes it this entry and no other.
    fn text(&self) -> String {
        format!("{} {}", self.hunt.as_deref().unwrap_or("*"), self.what.text())
    }

    /// As messages name it.
    fn name(&self) -> String {
        format!("suppression {} ({})", self.number, self.what.text())
    }

    fn misplaced(&self, hunts: &[&str], now: Instant) -> Option<String> {
        if let Some(hunt) = self.hunt.as_ref().filter(|hunt| !hunts.contains(&hunt.as_str())) {
            let near = suggest::nearest(hunt, hunts.iter().copied()).first().map(|near| format!("; `{near}` is the nearest"));
            return Some(format!("{} is for a hunt that is not there: `{hunt}`{}", self.name(), near.unwrap_or_default()));
        }
        let until = self.until.filter(|until| *until <= now)?;
        Some(format!("{} has expired ({}) and hides nothing any more", self.name(), until.to_seconds_text()))
    }

    fn without_effect(&self, record: SuppressionRecord) -> Option<String> {
        let nights = count(u64::from(record.idle), "night");
        (record.idle >= IDLE_NIGHTS).then(|| format!("{} has hidden nothing for {nights}", self.name()))
    }

    /// A key hides one finding, which is what it is for. Others may hide more than was meant.
    fn hides_everything(&self, hunts: &[&Suppressed<'_>], record: SuppressionRecord) -> Option<String> {
        if matches!(self.what, What::Key(_)) {
            return None;
        }
        let since = hunts.iter().flat_map(|hunt| hunt.known).filter(|(_, finding)| finding.last_at >= record.since);
        let (hidden, other): (Vec<_>, Vec<_>) = since.partition(|(_, finding)| self.what.hides(finding));
        let whose = self.hunt.as_ref().map_or_else(|| "all hunts".to_owned(), |hunt| format!("`{hunt}`"));
        let found = count(hidden.len() as u64, "finding");
        (hidden.len() as u64 >= EVERYTHING && other.is_empty())
            .then(|| format!("{} hides everything that {whose} found since it is there: {found}", self.name()))
    }
}

fn entry(number: usize, written: Written) -> Result<Entry, String> {
    if written.reason.is_none_or(|r| r.trim().is_empty()) {
        return Err("it has no `reason`".to_owned());
    }
    let what = match (written.key, written.pattern, written.condition) {
        (Some(key), None, None) if !key.is_empty() => What::Key(key),
        (None, Some(pattern), None) if !pattern.is_empty() => {
            let like = Like::new(&pattern, true);
            What::Pattern(pattern, like)
        }
        (None, None, Some(condition)) if written.hunt.is_some() => condition_of(condition)?,
        (None, None, Some(_)) => return Err("`where` needs `hunt`, whose finding its names are of".to_owned()),
        _ => return Err("it needs either `key`, `pattern` or `where`".to_owned()),
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
    Ok(Entry { number, hunt: written.hunt, what, until })
}

/// A condition that can be read. What its names mean is known once it has its hunt.
fn condition_of(written: String) -> Result<What, String> {
    let statement = hiding(&written);
    let (mut texts, mut sink) = (SourceSet::default(), Sink::default());
    let id = texts.add_text("condition", statement.as_str());
    program::parse(&texts, id, &mut sink);
    match sink.finish().into_iter().find(|d| d.severity == Severity::Error) {
        Some(fault) => Err(format!("`where` cannot be read: {} [{}]", fault.message, fault.code.id)),
        None => Ok(What::Where(written, statement)),
    }
}

impl What {
    fn hides(&self, finding: &KeyRecord) -> bool {
        if let Self::Where(_, statement) = self {
            return finding.hidden.contains(statement);
        }
        let Some(parts) = finding.key.as_array() else { return false };
        match self {
            // TOML has no null: an empty text stands for a missing part.
            Self::Key(wanted) => {
                wanted.len() == parts.len() && wanted.iter().zip(parts).all(|(w, p)| w == p || (p.is_null() && w == ""))
            }
            Self::Pattern(_, like) => parts.iter().any(|part| match part {
                serde_json::Value::Null => false,
                serde_json::Value::String(text) => like.is_match(text),
                other => like.is_match(&other.to_string()),
            }),
            Self::Where(..) => false,
        }
    }

    /// As the list has it.
    fn text(&self) -> String {
        match self {
            Self::Key(key) => format!("key = {}", serde_json::Value::from(key.clone())),
            Self::Pattern(pattern, _) => format!("pattern = {pattern:?}"),
            Self::Where(condition, _) => format!("where = {condition:?}"),
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
        let covers = |hunt: &str, key: &serde_json::Value, now| {
            list.covers(hunt, &KeyRecord { key: key.clone(), ..KeyRecord::default() }, now)
        };
        let key = json!(["203.0.113.7", 443, null]);
        assert!(covers("a.hf", &key, now));
        assert!(!covers("b.hf", &key, now));
        assert!(!covers("a.hf", &json!(["203.0.113.7", 443, 1]), now));
        assert!(!covers("a.hf", &json!(["203.0.113.7", 443]), now));
        assert!(!covers("a.hf", &key, later), "its day has come");
        assert_eq!((list.remarks(&["a.hf"], now).len(), list.remarks(&["a.hf"], later).len()), (0, 1));
        assert!(covers("any", &json!([null, "C:\\TEMP\\x.exe"]), later));
        assert!(!covers("any", &json!(["C:\\Windows"]), later));
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
