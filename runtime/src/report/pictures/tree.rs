//! The tree of a display as lists that fold: a line for each process, with its command line, its user, and the variables that hold
//! it too.

use super::Picture;
use super::svg::cut;
use crate::report::model::{Branch, Display};
use huntc_compiler::value::Value;
use std::fmt::Write;

/// The most lines.
const MOST: usize = 2_000;
/// Trees with more lines begin folded, below the third level.
const UNFOLDED: usize = 200;
/// Deeper lines stand at this depth, and say how deep they are: browsers flatten what is nested without end.
const DEEPEST: usize = 40;
/// The most characters of a value.
const VALUE: usize = 500;

/// The tree; `None` where the display is none.
pub fn tree(display: &Display) -> Option<Picture> {
    let lines = display.tree.get(..MOST).unwrap_or(&display.tree);
    let mut out = String::new();
    // For each open list, whether it stands in a fold.
    let mut open: Vec<bool> = Vec::new();
    for (place, branch) in lines.iter().enumerate() {
        let depth = shown_depth(branch);
        while open.len() > depth + 1 {
            out.push_str(close(open.pop()));
        }
        if open.len() == depth + 1 {
            out.push_str("</li>");
        }
        while open.len() < depth + 1 {
            out.push_str(if open.is_empty() { "<ul class=\"picture tree\">" } else { "<ul>" });
            open.push(!open.is_empty());
        }
        let folds = lines.get(place + 1).is_some_and(|next| shown_depth(next) > depth);
        let line = line(display, branch);
        let unfolded = if lines.len() <= UNFOLDED || depth < 3 { " open" } else { "" };
        let _ = match folds {
            true => write!(out, "<li><details{unfolded}><summary>{line}</summary>"),
            false => write!(out, "<li>{line}"),
        };
    }
    while !open.is_empty() {
        out.push_str(close(open.pop()));
    }
    if display.tree.len() > lines.len() {
        let _ = write!(out, "<p class=\"picture-note\">{MOST} of {} lines.</p>", display.tree.len());
    }
    (!lines.is_empty()).then(|| Picture { image: out, text: String::new() })
}

/// Ends a list with its last item.
fn close(in_fold: Option<bool>) -> &'static str {
    if in_fold == Some(true) { "</li></ul></details>" } else { "</li></ul>" }
}

/// A line is at most one level deeper than the one before it, wherever it stands.
fn shown_depth(branch: &Branch) -> usize {
    branch.depth.min(DEEPEST)
}

/// The name first, then the command line, the user and whatever else the display shows.
fn line(display: &Display, branch: &Branch) -> String {
    let cells: Vec<(&str, &Value)> = (display.columns.iter())
        .zip(display.rows.get(branch.row).map(Vec::as_slice).unwrap_or_default())
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
