//! Huntbooks: Jupyter notebooks (nbformat 3 and 4) whose code cells are huntflow text.

use super::format;
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::BAD_NOTEBOOK;
use crate::source::{Cell, LeftOut, Prose, Source, SourceId, Span};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::fmt::Write as _;

/// Why a notebook cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct NotebookError {
    pub message: String,
    /// Byte offset in the JSON text.
    pub offset: usize,
}

impl NotebookError {
    /// The diagnostic, in which `source` is the notebook's own JSON text.
    pub fn diagnostic(&self, source: SourceId) -> Diagnostic {
        let message = format!("the notebook cannot be read: {}", self.message);
        let span = Span::new(source, self.offset, self.offset);
        Diagnostic::new(&BAD_NOTEBOOK, span, message.chars().take(100).collect::<String>())
            .label("here")
            .help("a notebook is a JSON file as Jupyter saves it (nbformat 3 or 4); plain huntflows have the suffix .hf")
    }
}

/// The parts of a notebook that are used.
#[derive(Deserialize)]
struct Notebook<'a> {
    #[serde(borrow)]
    cells: Option<Vec<JsonCell<'a>>>,
    #[serde(borrow)]
    worksheets: Option<Vec<Worksheet<'a>>>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Worksheet<'a> {
    #[serde(borrow, default)]
    cells: Vec<JsonCell<'a>>,
}

#[derive(Deserialize)]
struct JsonCell<'a> {
    cell_type: String,
    /// nbformat 4.
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    /// nbformat 3.
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    kernelspec: Kernel,
}

#[derive(Deserialize, Default)]
struct Kernel {
    #[serde(default)]
    name: String,
    #[serde(default)]
    language: String,
}

impl Metadata {
    /// Whether cells are Python unless they say otherwise.
    fn python(&self) -> bool {
        let kestrel = self.kernelspec.name.to_ascii_lowercase().contains("kestrel");
        !kestrel && self.kernelspec.language.to_ascii_lowercase().contains("python")
    }
}

/// Cell text: one string, or a list of lines.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Whole(String),
    Lines(Vec<String>),
}

impl Text {
    fn whole(self) -> String {
        match self {
            Self::Whole(text) => text,
            Self::Lines(lines) => lines.concat(),
        }
    }
}

/// A code cell of Kestrel.
struct Code<'a> {
    /// Place among all cells, from 1.
    number: usize,
    raw: &'a RawValue,
    text: String,
    /// Whether the JSON value is a list of lines.
    lines: bool,
}

/// Cell magics that only time or keep what a cell does: behind them stands a huntflow.
const TRANSPARENT: [&str; 3] = ["time", "timeit", "capture"];

/// Reads a notebook: its code cells joined by line ends. Cells of other languages (`%%bash`) are left out; line magics
/// (`%env`, `!pip`), `%%kestrel` and magics that only time or capture become empty lines.
pub fn read(name: &str, json: &str) -> Result<Source, NotebookError> {
    let mut text = String::new();
    let mut cells = Vec::new();
    let mut left_out = Vec::new();
    let mut prose = Vec::new();
    for cell in all_cells(json)? {
        let code = match cell {
            NotebookCell::Kestrel(code) => code,
            NotebookCell::Other { number, magic } => {
                left_out.push(LeftOut { number, start: text.len() as u32, magic });
                continue;
            }
            NotebookCell::Prose(cell) => {
                prose.push(cell);
                continue;
            }
        };
        if !cells.is_empty() {
            text.push('\n');
        }
        cells.push(Cell { number: code.number, start: text.len() as u32 });
        text.push_str(&without_magic(&code.text));
    }
    Ok(Source { name: name.to_owned(), text: text.into(), cells, left_out, prose })
}

/// A cell that is not empty.
enum NotebookCell<'a> {
    Kestrel(Code<'a>),
    /// Of another language, in a notebook whose language is Kestrel.
    Other {
        number: usize,
        magic: String,
    },
    /// Markdown.
    Prose(Prose),
}

/// The Kestrel cells of a notebook.
fn codes(json: &str) -> Result<Vec<Code<'_>>, NotebookError> {
    let kestrel = |cell| if let NotebookCell::Kestrel(code) = cell { Some(code) } else { None };
    Ok(all_cells(json)?.into_iter().filter_map(kestrel).collect())
}

fn all_cells(json: &str) -> Result<Vec<NotebookCell<'_>>, NotebookError> {
    let plain = json.strip_prefix('\u{feff}').unwrap_or(json);
    let notebook: Notebook<'_> = serde_json::from_str(plain).map_err(|e| broken(json, plain, &e))?;
    let python = notebook.metadata.python();
    let old = notebook.worksheets.map(|sheets| sheets.into_iter().flat_map(|w| w.cells).collect());
    let Some(cells) = notebook.cells.or(old) else {
        return Err(NotebookError { message: "it has no cells".into(), offset: 0 });
    };
    let mut out = Vec::new();
    for (index, cell) in cells.into_iter().enumerate() {
        let number = index + 1;
        let Some(raw) = cell.source.or(cell.input) else { continue };
        if cell.cell_type == "markdown" {
            // What is no text there is nothing that a hunt needs.
            let text = serde_json::from_str(raw.get()).map(Text::whole).unwrap_or_default();
            if !text.trim().is_empty() {
                out.push(NotebookCell::Prose(Prose { number, text }));
            }
        }
        if cell.cell_type != "code" {
            continue;
        }
        let (text, lines) = match serde_json::from_str(raw.get()) {
            Ok(Text::Whole(text)) => (text, false),
            Ok(Text::Lines(lines)) => (lines.concat(), true),
            Err(_) => {
                let offset = offset_of(json, raw);
                return Err(NotebookError { message: format!("cell {number} has neither a text nor a list of lines"), offset });
            }
        };
        match other_magic(&text) {
            _ if text.trim().is_empty() => {}
            Some("kestrel") => out.push(NotebookCell::Kestrel(Code { number, raw, text, lines })),
            None if !python => out.push(NotebookCell::Kestrel(Code { number, raw, text, lines })),
            Some(magic) if !python => out.push(NotebookCell::Other { number, magic: format!("%%{magic}") }),
            _ => {}
        }
    }
    Ok(out)
}

/// Where a value stands in the text that it was read from.
fn offset_of(json: &str, raw: &RawValue) -> usize {
    raw.get().as_ptr().addr().saturating_sub(json.as_ptr().addr())
}

fn broken(json: &str, plain: &str, error: &serde_json::Error) -> NotebookError {
    let line_start: usize = plain.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let mut offset = (line_start + error.column().saturating_sub(1)).min(plain.len()) + (json.len() - plain.len());
    while !json.is_char_boundary(offset) {
        offset -= 1;
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or("").to_lowercase();
    NotebookError { message, offset }
}

/// The first cell magic that says what language the cell is in, without `%%`: `kestrel` whatever follows it.
fn other_magic(text: &str) -> Option<&str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let magics = lines.map_while(|line| line.strip_prefix("%%")).map(|rest| rest.split_whitespace().next().unwrap_or_default());
    let magic = magics.into_iter().find(|magic| !TRANSPARENT.contains(magic))?;
    Some(if magic.to_ascii_lowercase().starts_with("kestrel") { "kestrel" } else { magic })
}

/// Whether a line is a magic of Jupyter; no line of a statement begins like this.
fn is_magic(line: &str) -> bool {
    line.trim_start().starts_with(['%', '!'])
}

fn without_magic(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').map(|line| if is_magic(line) { "" } else { line }).collect();
    lines.join("\n")
}

/// The notebook with its Kestrel cells formatted and every other byte as it was. Places in diagnostics are those of
/// the text that [`read`] gives.
pub fn format_notebook(source: SourceId, json: &str) -> Result<String, Vec<Diagnostic>> {
    // `source` is not the JSON text, so the offset has no meaning there. Callers have read the notebook before, without an
    // error.
    let codes = codes(json).map_err(|e| vec![NotebookError { offset: 0, ..e }.diagnostic(source)])?;
    let (mut out, mut done, mut start) = (String::with_capacity(json.len()), 0, 0);
    let mut errors = Vec::new();
    for code in codes {
        match cell_text(source, &code.text) {
            Ok(text) if text != code.text => {
                let from = offset_of(json, code.raw);
                out.push_str(&json[done..from]);
                out.push_str(&as_json(&text, code.raw.get(), code.lines));
                done = from + code.raw.get().len();
            }
            Ok(_) => {}
            Err(found) => errors.extend(found.into_iter().map(|d| shifted(d, start))),
        }
        start += without_magic(&code.text).len() as u32 + 1;
    }
    out.push_str(&json[done..]);
    if errors.is_empty() { Ok(out) } else { Err(errors) }
}

/// The formatted text of a cell. Magic lines before the huntflow stay; if there are any inside it, the whole cell stays as it
/// is.
fn cell_text(source: SourceId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let head: usize = text.split_inclusive('\n').take_while(|l| is_magic(l) || l.trim().is_empty()).map(str::len).sum();
    let (magic, flow) = text.split_at(head);
    if flow.lines().any(is_magic) {
        return Ok(text.to_owned());
    }
    let magic = if magic.trim().is_empty() { "" } else { magic };
    let blanked = format!("{}{flow}", without_magic(&text[..head]));
    let formatted = format::text(source, &blanked)?;
    Ok(format!("{magic}{}", formatted.trim_end_matches('\n')))
}

/// A diagnostic about a cell's text, moved to the text of the notebook.
fn shifted(mut diagnostic: Diagnostic, by: u32) -> Diagnostic {
    let shift = |span: &mut Span| {
        span.start += by;
        span.end += by;
    };
    shift(&mut diagnostic.primary.span);
    diagnostic.secondary.iter_mut().for_each(|l| shift(&mut l.span));
    diagnostic.helps.iter_mut().filter_map(|h| h.replace.as_mut()).for_each(|(span, _)| shift(span));
    diagnostic
}

/// A text as JSON, in the form and with the indents of the value that it replaces.
fn as_json(text: &str, old: &str, lines: bool) -> String {
    let string = |s: &str| serde_json::to_string(s).unwrap_or_default();
    if !lines {
        return string(text);
    }
    let indent = |part: &str| part.rsplit_once('\n').map(|(_, i)| i.chars().take_while(|c| c.is_whitespace()).collect::<String>());
    let first = old.find('"').and_then(|at| indent(&old[..at]));
    let last = old.rfind('"').and_then(|at| indent(old[at + 1..].trim_end_matches(']')));
    let mut out = String::from("[");
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let _ = match &first {
            Some(indent) => write!(out, "{comma}\n{indent}{}", string(line)),
            None => write!(out, "{}{}", if index > 0 { ", " } else { "" }, string(line)),
        };
    }
    if let Some(indent) = last.or(first.map(|_| String::new())) {
        out.push('\n');
        out.push_str(&indent);
    }
    out.push(']');
    out
}
