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
    pub passages: Vec<Passage>,
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
        // What sources lack, and what is to be said of the night.
        let (health, notices) = (list("health"), list("notices"));
        for (lines, what, about) in [(health, "remark", " on sources"), (notices, "notice", "")] {
            if !lines.is_empty() {
                let _ = write!(title, ", {}{about}", count(lines.len() as u64, what));
            }
        }
        let mut passages = vec![
            Passage { head: "Sources".to_owned(), lines: health.iter().map(line).collect() },
            Passage { head: "Notices".to_owned(), lines: notices.iter().map(line).collect() },
            Passage { head: "Not looked at".to_owned(), lines: trouble.iter().map(trouble_line).collect() },
        ];
        passages.extend(list("hunts").iter().map(hunt_passage));
        passages.retain(|passage| !passage.lines.is_empty());
        let foot = [("night of", "at"), ("report:", "report"), ("id:", "id")];
        let foot = foot.map(|(word, key)| cut(&format!("{word} {}", text(&message[key]))));
        Self { title, passages, foot: foot.to_vec() }
    }

    /// The first passages, with their first lines, and how many passages are left out. All lines together have at most
    /// `characters`.
    pub(super) fn within(&self, passages: usize, lines: usize, characters: usize) -> (Vec<Passage>, usize) {
        let mut left = characters;
        let mut kept = Vec::new();
        for passage in self.passages.iter().take(passages) {
            let passage = Passage { head: passage.head.clone(), lines: passage.first(lines) };
            let length: usize = std::iter::once(&passage.head).chain(&passage.lines).map(|line| line.chars().count()).sum();
            let Some(rest) = left.checked_sub(length) else { break };
            left = rest;
            kept.push(passage);
        }
        let rest = self.passages.len() - kept.len();
        (kept, rest)
    }

    /// The digest as text of a mail.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for passage in &self.passages {
            let _ = writeln!(out, "{}", passage.head);
            for line in &passage.lines {
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

fn hunt_passage(hunt: &Json) -> Passage {
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
    cut(format!("{out}  {what}").trim_start())
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn findings_are_keys_or_faces_and_what_is_wrong_comes_first() {
        let face = json!({"key": ["k"], "first": "2026-01-01T00:00:00.000Z", "hosts": ["WS5"], "users": ["CORP\\a", "b"],
            "columns": {"name": "cmd.exe", "pid": 7, "parent": null}, "nights": 1});
        let message = json!({"new": 3, "at": "t", "report": "r", "id": "i", "health": ["`a`: no record\n"], "notices": ["x", "y"],
            "not_looked_at": [{"title": "T", "file": "f", "status": "failed", "reason": "why", "nights": 2}],
            "hunts": [{"title": "H", "file": "h", "severity": "low", "count": 4, "new": [["a", null, 7], face, {"key": ["only"]}]}]});
        let digest = Digest::of(&message);
        assert_eq!(digest.title, "huntc: 3 new findings, 1 hunt not looked at, 1 remark on sources, 2 notices");
        assert_eq!(
            digest.text(),
            "Sources\n  `a`: no record\\n\n\n\
             Notices\n  x\n  y\n\n\
             Not looked at\n  T (f): failed, 2 nights in a row: why\n\n\
             [low] H (h): 4 new findings\n  a, , 7\n  2026-01-01T00:00:00.000Z on WS5 as CORP\\a, b  name: cmd.exe, pid: 7\n  only\n  \
             … and 1 more in the report\n\n\
             night of t\nreport: r\nid: i\n"
        );
    }

    #[test]
    fn a_digest_is_cut_where_a_receiver_wants_it() {
        let hunt =
            |n: usize| json!({"title": "H", "file": n, "severity": "low", "count": 9, "new": vec![json!(["x".repeat(400)]); 9]});
        let digest = Digest::of(&json!({"new": 90, "hunts": (0..10).map(hunt).collect::<Vec<_>>()}));
        assert!(digest.passages.iter().flat_map(|p| &p.lines).all(|line| line.chars().count() == LINE && line.ends_with('…')));
        let (kept, rest) = digest.within(20, 2, 3_000);
        assert_eq!((kept.len(), rest, kept[0].lines[2].as_str()), (4, 6, "… and 7 more"));
    }
}
