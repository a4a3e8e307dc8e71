//! Pages of the reference, as data: what is shown as text, JSON and Markdown alike.

use crate::report::sanitize::{json_line, terminal as safe};
use crate::report::text::table;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A page about one thing.
pub(super) struct Page {
    /// `type`, `field`, `relation`, `function`, `catalog`.
    pub kind: &'static str,
    pub name: String,
    /// Sentences.
    pub about: Vec<String>,
    pub tables: Vec<PageTable>,
    /// Statements that can be pasted.
    pub example: Option<String>,
}

/// A table of a page.
pub(super) struct PageTable {
    /// What its rows are: `attributes`.
    pub title: &'static str,
    pub columns: &'static [&'static str],
    pub rows: Vec<Vec<String>>,
}

impl Page {
    /// The page for a terminal of this width.
    pub(super) fn text(&self, width: Option<u16>) -> String {
        let mut out = format!("{}: {}\n", self.kind, safe(&self.name));
        for sentence in &self.about {
            let _ = writeln!(out, "  {}", safe(sentence));
        }
        for part in self.tables.iter().filter(|part| !part.rows.is_empty()) {
            let mut rows = table(width);
            rows.set_header(part.columns.iter().map(|column| column.to_uppercase()));
            for row in &part.rows {
                rows.add_row(row.iter().map(|cell| safe(cell).into_owned()));
            }
            let _ = write!(out, "\n{}\n\n{}\n", part.title, rows.trim_fmt());
        }
        if let Some(example) = &self.example {
            let _ = write!(out, "\nexample\n\n{}", indented(example));
        }
        out
    }

    /// The page as a section of a document.
    pub(super) fn markdown(&self) -> String {
        let mut out = format!("### {} `{}`\n", self.kind, self.name);
        if !self.about.is_empty() {
            let _ = write!(out, "\n{}\n", self.about.join("\n"));
        }
        for part in self.tables.iter().filter(|part| !part.rows.is_empty()) {
            let _ = write!(out, "\n{}", part.markdown());
        }
        if let Some(example) = &self.example {
            let _ = write!(out, "\n```kestrel\n{example}```\n");
        }
        out
    }

    /// The page for programs: a table is a list of objects whose keys are the columns.
    pub(super) fn json(&self) -> String {
        let mut object = Map::new();
        object.insert("kind".to_owned(), json!(self.kind));
        object.insert("name".to_owned(), json!(self.name));
        object.insert("about".to_owned(), json!(self.about));
        for part in &self.tables {
            let row = |cells: &Vec<String>| -> Value {
                part.columns
                    .iter()
                    .zip(cells)
                    .map(|(column, cell)| ((*column).to_owned(), json!(cell)))
                    .collect::<Map<_, _>>()
                    .into()
            };
            object.insert(part.title.to_owned(), part.rows.iter().map(row).collect());
        }
        object.insert("example".to_owned(), json!(self.example));
        String::from_utf8_lossy(&json_line(&Value::Object(object)).unwrap_or_default()).into_owned()
    }
}

impl PageTable {
    /// The table in Markdown.
    pub(super) fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut out = line(self.columns.iter().map(|column| (*column).to_owned()).collect());
        out.push_str(&line(self.columns.iter().map(|_| "---".to_owned()).collect()));
        for row in &self.rows {
            out.push_str(&line(row.iter().map(|cell| cell.replace('|', "\\|")).collect()));
        }
        out
    }
}

fn indented(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let _ = writeln!(out, "  {}", safe(line));
    }
    out
}
