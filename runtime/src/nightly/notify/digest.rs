//! A notification for people: a title, and passages of lines. Chats and mails are made of it.

use crate::report::sanitize::terminal as safe;
use crate::report::text::count;
use serde_json::Value as Json;
use std::fmt::Write as _;

/// The longest line.
const LINE: usize = 300;

/// A message, ready to be read. No text of it has an unsafe character.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Digest {
    pub title: String,
    /// What could not be looked at first, then what is new.
    pub blocks: Vec<Passage>,
    /// The last lines: where the report is.
    pub foot: Vec<String>,
}

/// A heading with its lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Passage {
    pub head: String,
    pub lines: Vec<String>,
}

impl Digest {
    /// The digest of a message, as `docs/nightly.md` describes messages. Keys that it does not know are left out.
    pub(super) fn of(message: &Json) -> Self {
        let list = |key: &str| message[key].as_array().map(Vec::as_slice).unwrap_or_default();
        let (new, trouble) = (message["new"].as_u64().unwrap_or(0), list("not_looked_at"));
        let mut title = format!("huntc: {}", if new > 0 { count(new, "new finding") } else { "no new finding".to_owned() });
        if !trouble.is_empty() {
            let _ = write!(title, ", {} not looked at", count(trouble.len() as u64, "hunt"));
        }
        let mut blocks = vec![
            Passage { head: "Notices".to_owned(), lines: list("notices").iter().map(line).collect() },
            Passage { head: "Not looked at".to_owned(), lines: trouble.iter().map(trouble_line).collect() },
        ];
        blocks.extend(list("hunts").iter().map(hunt_block));
        blocks.retain(|block| !block.lines.is_empty());
        let foot = [("night of", "at"), ("report:", "report"), ("id:", "id")];
        let foot = foot.map(|(word, key)| cut(&format!("{word} {}", text(&message[key]))));
        Self { title, blocks, foot: foot.to_vec() }
    }

    /// The first blocks, with their first lines, and how many blocks are left out. All lines together have at most
    /// `characters`.
    pub(super) fn within(&self, blocks: usize, lines: usize, characters: usize) -> (Vec<Passage>, usize) {
        let mut left = characters;
        let mut kept = Vec::new();
        for block in self.blocks.iter().take(blocks) {
            let block = Passage { head: block.head.clone(), lines: block.first(lines) };
            let length: usize = std::iter::once(&block.head).chain(&block.lines).map(|line| line.chars().count()).sum();
            let Some(rest) = left.checked_sub(length) else { break };
            left = rest;
            kept.push(block);
        }
        let rest = self.blocks.len() - kept.len();
        (kept, rest)
    }

    /// The digest as text of a mail.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            let _ = writeln!(out, "{}", block.head);
            for line in &block.lines {
                let _ = writeln!(out, "  {line}");
            }
            out.push('\n');
        }
        self.foot.iter().for_each(|line| _ = writeln!(out, "{line}"));
        out
    }
}

impl Passage {
    /// The first lines, and how many are left out.
    fn first(&self, most: usize) -> Vec<String> {
        let rest = self.lines.len().saturating_sub(most);
        let more = (rest > 0).then(|| format!("… and {rest} more"));
        self.lines.iter().take(most).cloned().chain(more).collect()
    }
}

fn trouble_line(hunt: &Json) -> String {
    let nights = hunt["nights"].as_u64().filter(|n| *n > 1).map_or_else(String::new, |n| format!(", {n} nights in a row"));
    let [title, file, status, reason] = ["title", "file", "status", "reason"].map(|key| text(&hunt[key]));
    cut(&format!("{title} ({file}): {status}{nights}: {reason}"))
}

fn hunt_block(hunt: &Json) -> Passage {
    let [severity, title, file] = ["severity", "title", "file"].map(|key| text(&hunt[key]));
    let new = hunt["new"].as_array().map(Vec::as_slice).unwrap_or_default();
    let total = hunt["count"].as_u64().unwrap_or(new.len() as u64);
    let rest = total.saturating_sub(new.len() as u64);
    let more = (rest > 0).then(|| format!("… and {rest} more in the report"));
    let head = cut(&format!("[{severity}] {title} ({file}): {}", count(total, "new finding")));
    Passage { head, lines: new.iter().map(finding_line).chain(more).collect() }
}

/// A finding on one line: of a key its parts; of an object when, where, who and its columns.
fn finding_line(finding: &Json) -> String {
    let Some(face) = finding.as_object() else { return line(finding) };
    let names = |key: &str| line(face.get(key).unwrap_or(&Json::Null));
    let mut out = text(face.get("first").unwrap_or(&Json::Null));
    for (word, value) in [("on", names("hosts")), ("as", names("users"))] {
        if !value.is_empty() {
            let _ = write!(out, " {word} {value}");
        }
    }
    let columns = face.get("columns").and_then(Json::as_object).into_iter().flatten().filter(|(_, value)| !value.is_null());
    let columns: Vec<String> = columns.map(|(name, value)| format!("{name}: {}", text(value))).collect();
    let what = if columns.is_empty() { names("key") } else { columns.join(", ") };
    cut(&format!("{out}  {what}").trim_start().to_owned())
}

/// A value on one line; the parts of a list with commas.
fn line(value: &Json) -> String {
    match value {
        Json::Array(parts) => cut(&parts.iter().map(text).collect::<Vec<_>>().join(", ")),
        other => cut(&text(other)),
    }
}

fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    let text = safe(text);
    if text.chars().count() <= LINE {
        return text.into_owned();
    }
    text.chars().take(LINE - 1).chain(['…']).collect()
}
