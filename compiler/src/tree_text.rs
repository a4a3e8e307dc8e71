//! Trees as text (`--emit ast`, `--emit hir`): derived `Debug`, with every part on one line where it fits.

use std::fmt::Debug;

/// Widest line with several parts.
const WIDTH: usize = 120;
/// Blanks for each level.
const STEP: usize = 4;

/// The text of a tree, with a line end.
pub fn tree_text(tree: &impl Debug) -> String {
    let pretty = format!("{tree:#?}");
    let mut out = String::with_capacity(pretty.len() / 2);
    for line in joined(&pretty.lines().collect::<Vec<_>>()) {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// Joins lines of pretty `Debug`. A part opens with a bracket at the end of its line, and the next line with the same indent
/// closes it.
fn joined(lines: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let indent = line.len() - line.trim_start().len();
        let closes = |l: &&str| l.len() - l.trim_start().len() == indent;
        let end = lines.get(at..).and_then(|rest| rest.iter().position(closes)).filter(|_| line.ends_with(['{', '[', '(']));
        let Some(inside) = end.and_then(|end| lines.get(at..at + end)) else {
            out.push((*line).to_owned());
            continue;
        };
        let parts = joined(inside);
        at += inside.len();
        let close = lines.get(at).map_or("", |l| l.trim_start());
        at += 1;
        let blank = if line.ends_with('{') { " " } else { "" };
        let length: usize = line.len() + close.len() + parts.iter().map(|p| p.len() - indent).sum::<usize>();
        if length <= WIDTH + parts.len() * STEP {
            let parts: Vec<&str> = parts.iter().map(|p| p.trim_start()).collect();
            let one = format!("{line}{blank}{}{blank}{close}", parts.join(" ").trim_end_matches(','));
            if one.chars().count() <= WIDTH {
                out.push(one);
                continue;
            }
        }
        match parts.as_slice() {
            // `Some(` and the bracket of its only part open on one line and close on one.
            [first, middle @ .., last] if line.ends_with('(') && only_group(&parts, indent + STEP) => {
                out.push(format!("{line}{}", first.trim_start()));
                out.extend(middle.iter().map(|l| l.get(STEP..).unwrap_or_default().to_owned()));
                out.push(format!("{}{}{close}", " ".repeat(indent), last.trim().trim_end_matches(',')));
            }
            _ => {
                out.push((*line).to_owned());
                out.extend(parts);
                out.push(format!("{}{close}", " ".repeat(indent)));
            }
        }
    }
    out
}

/// Whether the lines are one part over several lines, at this indent.
fn only_group(lines: &[String], indent: usize) -> bool {
    lines.iter().filter(|l| l.len() - l.trim_start().len() == indent).count() == 2
        && lines.last().is_some_and(|l| l.trim_start().starts_with(['}', ']', ')']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stands_on_one_line() {
        assert_eq!(tree_text(&(1, Some("a {\n(,"), Vec::<u8>::new())), "(1, Some(\"a {\\n(,\"), [])\n");
        let long = vec![Some("0123456789"); 9];
        let line = "    Some(\"0123456789\"),\n";
        assert_eq!(tree_text(&long), format!("[\n{}]\n", line.repeat(9)));
        assert_eq!(tree_text(&Some(long)), format!("Some([\n{}])\n", line.repeat(9)));
    }
}
