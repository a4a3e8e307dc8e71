//! Puts what a hunt shows into the outputs of a huntbook's cells, and leaves every other byte as it was.

use super::notebook::NotebookError;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

/// The outputs of cells by number among all cells, from 1. Each is an object of nbformat 4.
pub type CellOutputs = BTreeMap<usize, Vec<Json>>;

#[derive(Deserialize)]
struct OutputBook<'a> {
    #[serde(borrow)]
    cells: Option<Vec<OutputCell<'a>>>,
    #[serde(borrow)]
    worksheets: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct OutputCell<'a> {
    cell_type: String,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow)]
    outputs: Option<&'a RawValue>,
}

/// The notebook with these outputs. Of outputs that are there already those for which `is_own` holds give way, in every code cell;
/// others stay, in front. A cell that has no output of ours and gets none is not touched.
pub fn with_outputs(json: &str, outputs: &CellOutputs, is_own: impl Fn(&Json) -> bool) -> Result<String, NotebookError> {
    let plain = json.strip_prefix('\u{feff}').unwrap_or(json);
    let fault = |message: String, offset: usize| NotebookError { message, offset };
    let book: OutputBook<'_> = serde_json::from_str(plain).map_err(|error| fault(error.to_string(), 0))?;
    if book.worksheets.is_some() {
        return Err(fault("outputs are written to nbformat 4 only".to_owned(), 0));
    }
    let (mut out, mut done) = (String::with_capacity(json.len() + 1024), 0);
    for (index, cell) in book.cells.unwrap_or_default().into_iter().enumerate() {
        let new = outputs.get(&(index + 1)).map(Vec::as_slice).unwrap_or_default();
        if cell.cell_type != "code" {
            continue;
        }
        let Some(raw) = cell.outputs else {
            // Every code cell of nbformat 4 has the key, but what Jupyter reads without is read here too.
            if let (Some(source), false) = (cell.source, new.is_empty()) {
                let (start, end) = (place(json, source).start, place(json, source).end);
                out.push_str(&json[done..end]);
                let layout = Layout::at(json, start);
                let _ = write!(out, ",{}\"outputs\":{}", layout.line(0), layout.blank());
                out.push_str(&layout.list(&[], new));
                done = end;
            }
            continue;
        };
        let at = place(json, raw);
        let old: Vec<&RawValue> = serde_json::from_str(raw.get())
            .map_err(|_| fault(format!("the outputs of cell {} are no list", index + 1), at.start))?;
        let own = |raw: &&&RawValue| serde_json::from_str(raw.get()).is_ok_and(|output| is_own(&output));
        let kept: Vec<&str> = old.iter().filter(|raw| !own(raw)).map(|raw| raw.get()).collect();
        if kept.len() == old.len() && new.is_empty() {
            continue;
        }
        out.push_str(&json[done..at.start]);
        out.push_str(&Layout::at(json, at.start).list(&kept, new));
        done = at.end;
    }
    out.push_str(&json[done..]);
    Ok(out)
}

/// Where a value stands in the text that it was read from.
fn place(json: &str, raw: &RawValue) -> Range<usize> {
    let start = raw.get().as_ptr().addr().saturating_sub(json.as_ptr().addr());
    start..start + raw.get().len()
}

/// How the notebook is laid out around a value of a cell.
struct Layout {
    /// The blanks in front of the line of the value; `None` where the notebook has no lines.
    indent: Option<String>,
    /// The blanks of one level.
    step: String,
}

/// A key of a cell stands three levels deep: notebook, cells, cell.
const DEPTH: usize = 3;

impl Layout {
    fn at(json: &str, value: usize) -> Self {
        let line = json[..value].rsplit_once('\n').map(|(_, line)| line);
        let indent = line.map(|line| line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect::<String>());
        // One that stands behind other things on its line is in a notebook of one line, or of few.
        let indent = indent.filter(|indent| line.is_some_and(|line| line[indent.len()..].starts_with('"')));
        let step = indent.as_ref().map_or(String::new(), |indent| indent[..indent.len() / DEPTH].to_owned());
        Self { indent, step }
    }

    /// The beginning of a line so many levels below the key.
    fn line(&self, levels: usize) -> String {
        self.indent.as_ref().map_or(String::new(), |indent| format!("\n{indent}{}", self.step.repeat(levels)))
    }

    fn blank(&self) -> &'static str {
        if self.indent.is_some() { " " } else { "" }
    }

    fn list(&self, kept: &[&str], new: &[Json]) -> String {
        let items: Vec<String> =
            kept.iter().map(|text| (*text).to_owned()).chain(new.iter().map(|output| self.text(output))).collect();
        if items.is_empty() {
            return "[]".to_owned();
        }
        let between = format!(",{}", self.line(1));
        format!("[{}{}{}]", self.line(1), items.join(&between), self.line(0))
    }

    /// An output, as Jupyter writes it.
    fn text(&self, output: &Json) -> String {
        if self.indent.is_none() {
            return output.to_string();
        }
        let mut bytes = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(self.step.as_bytes());
        // Writing to memory does not fail.
        let _ = output.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter));
        String::from_utf8_lossy(&bytes).replace('\n', &self.line(1))
    }
}

#[cfg(test)]
mod tests;
