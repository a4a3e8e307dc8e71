//! Lists in lists that fold, as HTML.

use std::fmt::Write;

/// Lists with more lines begin folded, below the third level.
const UNFOLDED: usize = 200;
/// Deeper lines stand at this depth: browsers flatten what is nested without end.
pub(super) const DEEPEST: usize = 40;

/// A line of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ListLine {
    /// How many lines it hangs below; at most one more than the line before.
    pub(super) depth: usize,
    /// What stands on it, as HTML.
    pub(super) html: String,
}

/// The lines as lists: what hangs below a line folds into it.
pub(super) fn folding_list(lines: &[ListLine]) -> String {
    let mut out = String::new();
    // For each open list, whether it stands in a fold.
    let mut open: Vec<bool> = Vec::new();
    let shown_depth = |line: &ListLine| line.depth.min(DEEPEST);
    for (place, line) in lines.iter().enumerate() {
        let depth = shown_depth(line);
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
        if folds {
            let unfolded = if lines.len() <= UNFOLDED || depth < 3 { " open" } else { "" };
            let _ = write!(out, "<li><details{unfolded}><summary>{}</summary>", line.html);
        } else {
            out.push_str("<li>");
            out.push_str(&line.html);
        }
    }
    while !open.is_empty() {
        out.push_str(close(open.pop()));
    }
    out
}

/// Ends a list with its last item.
fn close(in_fold: Option<bool>) -> &'static str {
    if in_fold == Some(true) { "</li></ul></details>" } else { "</li></ul>" }
}
