//! Front matter: `# key: value` lines in the leading comment, which say how a huntflow runs as a nightly hunt.

use crate::check::hir::{Hunt, StepKind, VarId};
use crate::diag::codes::nightly::{BAD_FRONT_MATTER, REPEATED_FRONT_MATTER, UNKNOWN_FINDING, UNKNOWN_FRONT_MATTER};
use crate::diag::{Diagnostic, Sink, suggest};
use crate::source::{SourceId, SourceSet, Span};
use crate::time::SECOND;
use crate::time::duration;

/// What the leading comment says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct FrontMatter {
    pub title: Option<String>,
    pub severity: Option<FindingSeverity>,
    /// `attack`: ids of techniques, upper case.
    pub attack: Vec<String>,
    /// `lag` in nanoseconds: how late records may reach the source.
    pub lag: Option<i64>,
    /// `overlap` in nanoseconds: how far a window reaches back into the one before.
    pub overlap: Option<i64>,
    /// `window: nightly`: the run's window takes the place of the hunt's own ranges.
    pub nightly_window: bool,
    pub finding: Option<Finding>,
    /// What makes two findings the same; `None`: as the catalog has it for their type.
    pub key: Option<Vec<KeyPart>>,
    /// `first-seen` in nanoseconds: a finding is told only if no look of that time had it.
    pub first_seen: Option<i64>,
    /// The remarks beside the front matter: what the hunt looks for, why, what else looks like it.
    pub remarks: String,
}

/// A part of `key`: an attribute or a column.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct KeyPart {
    pub name: String,
    /// Where it is written.
    pub span: Span,
}

/// `finding: VARIABLE [>= N]`
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Finding {
    pub variable: String,
    /// Least number of entities that makes a finding, from 1.
    pub at_least: u64,
    /// Where the variable is written.
    pub span: Span,
}

/// How bad a finding is, in ascending order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FindingSeverity {
    /// Worth knowing.
    Informational,
    /// Worth a look some day.
    Low,
    /// Worth a look today.
    Medium,
    /// Worth a look now.
    High,
    /// Worth waking somebody.
    Critical,
}

impl FindingSeverity {
    /// All, in ascending order.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// As front matter and reports write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The key of lines that declare parameters, one a line.
pub(crate) const PARAMETER: &str = "param";

const KEYS: [&str; 10] = ["title", "severity", "attack", "lag", "overlap", "window", "finding", "key", "first-seen", PARAMETER];

/// Longest `lag` and `overlap`, 31 days: with a longer one every night would read nearly everything again.
const LONGEST: i64 = 31 * 86_400 * SECOND;

/// Longest title, in characters: it stands in summaries and notifications.
const LONGEST_TITLE: usize = 200;
/// Longest `first-seen`: what was found is remembered no longer, unless `--keep-history` says so.
const LONGEST_MEMORY: i64 = 400 * 86_400 * SECOND;

/// A `key: value` of the leading comment.
pub(crate) struct Entry<'a> {
    pub(crate) key: &'a str,
    key_span: Span,
    pub(crate) value: &'a str,
    /// The place of the value.
    pub(crate) span: Span,
}

/// Reads the front matter of a text. Comments that are no front matter are left alone.
pub fn read(sources: &SourceSet, id: SourceId, sink: &mut Sink) -> FrontMatter {
    let mut matter = FrontMatter { remarks: remarks(&sources.get(id).text), ..FrontMatter::default() };
    let mut seen: Vec<(&str, Span)> = Vec::new();
    for entry in entries(&sources.get(id).text, id) {
        if !KEYS.contains(&entry.key) {
            misspelt(&entry, sink);
            continue;
        }
        if entry.key == PARAMETER {
            // Each line is one of its own, and is read with the parameters.
            continue;
        }
        if let Some((_, first)) = seen.iter().find(|(key, _)| *key == entry.key) {
            let headline = format!("`{}` is given twice", entry.key);
            sink.report(
                Diagnostic::new(&REPEATED_FRONT_MATTER, entry.key_span, headline)
                    .label("again")
                    .also(*first, "first here")
                    .help("keep one of the two lines"),
            );
            continue;
        }
        seen.push((entry.key, entry.key_span));
        if let Err((needed, example)) = take(&mut matter, &entry) {
            let headline = format!("`{}` in the front matter needs {needed}", entry.key);
            sink.report(
                Diagnostic::new(&BAD_FRONT_MATTER, entry.span, headline)
                    .label("not of that form")
                    .help(format!("write it as `# {}: {example}`", entry.key)),
            );
        }
    }
    matter
}

/// The `# key: value` lines before the first statement.
pub(crate) fn entries(text: &str, id: SourceId) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let base = start;
        start += line.len();
        let trimmed = line.trim();
        let Some(comment) = trimmed.strip_prefix('#') else {
            if trimmed.is_empty() || trimmed == "\u{feff}" {
                continue;
            }
            break;
        };
        let Some((key, value)) = comment.split_once(':') else { continue };
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-' || b == b'_') {
            continue;
        }
        let place = |part: &str, fallback: usize| {
            let at = if part.is_empty() { fallback } else { part.as_ptr() as usize - text.as_ptr() as usize };
            Span::new(id, at, at + part.len())
        };
        let key_span = place(key, base);
        entries.push(Entry { key, key_span, value, span: place(value, key_span.end as usize) });
    }
    entries
}

/// The remarks of the leading comment: those in the paragraph in which the front matter ends, else those of the next one. What
/// stands further down is about the first statement.
fn remarks(text: &str) -> String {
    let mut remarks = String::new();
    let mut matter = false;
    for line in text.lines().map(|line| line.trim_start_matches('\u{feff}').trim()) {
        let Some(comment) = line.strip_prefix('#') else {
            if line.is_empty() && (!matter || remarks.is_empty()) {
                remarks.clear();
                continue;
            }
            break;
        };
        let comment = comment.trim();
        let key = comment.split_once(':').map(|(key, _)| key.trim());
        if key.is_some_and(|key| KEYS.contains(&key)) {
            matter = true;
        } else if !(comment.is_empty() && remarks.is_empty()) {
            remarks.push_str(comment);
            remarks.push('\n');
        }
    }
    remarks.truncate(remarks.trim_end().len());
    remarks
}

/// Warns of a key that is nearly a known one. Any other is taken for a remark, since a comment may say anything.
fn misspelt(entry: &Entry<'_>, sink: &mut Sink) {
    if let Some(near) = suggest::nearest(entry.key, KEYS).first() {
        let headline = format!("`{}` is no key of the front matter", entry.key);
        sink.report(Diagnostic::new(&UNKNOWN_FRONT_MATTER, entry.key_span, headline).label("taken for a remark").fix(
            format!("`{near}` is the nearest key"),
            entry.key_span,
            *near,
        ));
    }
}

/// Reads the value of an entry into `matter`. The error is what the key needs, and an example.
fn take(matter: &mut FrontMatter, entry: &Entry<'_>) -> Result<(), (&'static str, &'static str)> {
    let value = entry.value;
    match entry.key {
        "title" if value.chars().count() > LONGEST_TITLE => return Err(("a text of at most 200 characters", "Scheduled tasks")),
        "title" if !value.is_empty() => matter.title = Some(value.to_owned()),
        "title" => return Err(("a text", "Scheduled tasks that start a shell")),
        "severity" => {
            let found = FindingSeverity::ALL.into_iter().find(|s| s.word() == value);
            matter.severity = Some(found.ok_or(("informational, low, medium, high or critical", "high"))?);
        }
        "attack" => matter.attack = techniques(value).ok_or(("ids of ATT&CK techniques", "T1053.005, T1059"))?,
        "lag" => matter.lag = Some(length(value, LONGEST).ok_or(("a time of at most 31 days", "15m"))?),
        "overlap" => matter.overlap = Some(length(value, LONGEST).ok_or(("a time of at most 31 days", "1h"))?),
        "first-seen" => {
            let time = length(value, LONGEST_MEMORY).filter(|time| *time > 0);
            matter.first_seen = Some(time.ok_or(("a time of at most 400 days", "30d"))?);
        }
        "key" => matter.key = Some(key(entry).ok_or(("attributes of the finding", "name, command_line, host.name"))?),
        "window" if value == "nightly" => matter.nightly_window = true,
        "window" => return Err(("the word `nightly`", "nightly")),
        _ => matter.finding = Some(finding(entry).ok_or(("a variable, and perhaps a least number", "tasks >= 3"))?),
    }
    Ok(())
}

/// Reads ids of ATT&CK techniques: `T1053.005, T1059`.
fn techniques(value: &str) -> Option<Vec<String>> {
    let ids: Vec<String> = value.split([',', ' ']).filter(|w| !w.is_empty()).map(str::to_ascii_uppercase).collect();
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let valid = |id: &String| {
        id.strip_prefix('T').is_some_and(|rest| match rest.split_once('.') {
            Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
            None => digits(rest, 4),
        })
    };
    (!ids.is_empty() && ids.iter().all(valid)).then_some(ids)
}

/// Reads a length of time into nanoseconds, at most `longest`: `90s`, `15 min`, `0`.
fn length(value: &str, longest: i64) -> Option<i64> {
    duration::parse(value).filter(|nanos| *nanos <= longest)
}

/// Reads names with commas between them.
fn key(entry: &Entry<'_>) -> Option<Vec<KeyPart>> {
    let mut parts: Vec<KeyPart> = Vec::new();
    let mut at = entry.span.start;
    for written in entry.value.split(',') {
        let name = written.trim();
        let start = at + (written.len() - written.trim_start().len()) as u32;
        at += written.len() as u32 + 1;
        if name.is_empty() || name.contains(char::is_whitespace) || parts.iter().any(|part| part.name == name) {
            return None;
        }
        parts.push(KeyPart { name: name.to_owned(), span: Span { start, end: start + name.len() as u32, ..entry.span } });
    }
    Some(parts)
}

/// Reads `VARIABLE [>= N]`.
fn finding(entry: &Entry<'_>) -> Option<Finding> {
    let (name, at_least) = match entry.value.split_once(">=") {
        Some((name, number)) => (name.trim(), number.trim().parse().ok().filter(|n| *n > 0)?),
        None => (entry.value, 1),
    };
    let first = name.chars().next()?;
    let word = (first.is_alphabetic() || first == '_') && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let span = Span { end: entry.span.start + name.len() as u32, ..entry.span };
    word.then(|| Finding { variable: name.to_owned(), at_least, span })
}

impl FrontMatter {
    /// Checks what needs the whole hunt: that the finding is one of its variables.
    pub fn check(&self, hunt: &Hunt, sink: &mut Sink) {
        let Some(finding) = &self.finding else { return };
        let names = || hunt.vars.iter().filter(|v| v.binding).map(|v| v.name.as_str());
        if names().any(|n| n == finding.variable) {
            return;
        }
        let headline = format!("the finding `{}` is no variable of this hunt", finding.variable);
        let problem = Diagnostic::new(&UNKNOWN_FINDING, finding.span, headline).label("not bound");
        sink.report(match suggest::nearest(&finding.variable, names()).first() {
            Some(near) => problem.fix(format!("`{near}` is the nearest"), finding.span, *near),
            None => problem.help("name a variable that the hunt binds, or leave the line out for the last one displayed"),
        });
    }

    /// The variable that a nightly run reports, and the least number of entities that makes a finding: what the
    /// front matter names, else the last variable displayed, else the last one bound.
    pub fn finding_of(&self, hunt: &Hunt) -> Option<(VarId, u64)> {
        if let Some(finding) = &self.finding {
            let at = hunt.vars.iter().rposition(|v| v.name == finding.variable)?;
            return Some((VarId(at as u32), finding.at_least));
        }
        let displayed = hunt.steps.iter().rev().find_map(|step| match &step.kind {
            StepKind::Disp(disp) => Some(disp.expression.input),
            _ => None,
        });
        let last = || hunt.vars.len().checked_sub(1).map(|at| VarId(at as u32));
        displayed.or_else(last).map(|var| (var, 1))
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]
mod tests;
