//! The tree of a display as lists that fold: a line for each process, with its command line, its user, and the variables that hold
//! it too.

use super::Picture;
use super::folding_list::{DEEPEST, ListLine, folding_list};
use super::svg::cut;
use crate::report::model::{Branch, Display};
use huntc_compiler::value::Value;
use std::fmt::Write;

/// The most lines.
const MOST: usize = 2_000;
/// The most characters of a value.
const VALUE: usize = 500;

/// The tree; `None` where the display is none.
pub fn tree(display: &Display) -> Option<Picture> {
    let shown = display.tree.get(..MOST).unwrap_or(&display.tree);
    let line = |branch: &Branch| ListLine { depth: branch.depth, html: line(display, branch) };
    let mut image = folding_list(&shown.iter().map(line).collect::<Vec<_>>());
    if display.tree.len() > shown.len() {
        let _ = write!(image, "<p class=\"picture-note\">{MOST} of {} lines.</p>", display.tree.len());
    }
    (!shown.is_empty()).then(|| Picture { image, text: String::new() })
}

/// The columns that lines of a wide table have.
const NARROW: [&str; 7] = ["host.name", "name", "pid", "command_line", "creator_user_ref.user_id", "user.name", "depth"];
/// Tables with more columns are wide.
const WIDE: usize = 8;

/// The name first, then the command line, the user and whatever else the display shows. Of a wide table lines have some columns
/// only.
fn line(display: &Display, branch: &Branch) -> String {
    let cells: Vec<(&str, &Value)> = (display.columns.iter())
        .zip(display.rows.get(branch.row).map(Vec::as_slice).unwrap_or_default())
        .filter(|(column, _)| display.columns.len() <= WIDE || NARROW.contains(&column.as_str()))
        .filter_map(|(column, value)| Some((column.as_str(), value.as_ref()?)))
        .collect();
    let name = cells.iter().position(|(column, _)| *column == "name").unwrap_or(0);
    let mut out = String::new();
    if let Some((_, value)) = cells.get(name) {
        let _ = write!(out, "<b>{}</b>", cut(&value.to_string(), VALUE));
    }
    if branch.count > 1 {
        let _ = write!(out, " \u{d7}{}", branch.count);
    }
    for (_, (column, value)) in cells.iter().enumerate().filter(|(place, _)| *place != name) {
        let value = cut(&value.to_string(), VALUE);
        let _ = match *column {
            "command_line" => write!(out, " <code>{value}</code>"),
            column => write!(out, " <span><i>{}</i> {value}</span>", cut(column, 60)),
        };
    }
    if branch.depth > DEEPEST {
        let _ = write!(out, " <span><i>level</i> {}</span>", branch.depth);
    }
    for variable in &branch.held_by {
        let _ = write!(out, " <mark>{}</mark>", cut(variable, 60));
    }
    out
}
