//! A display as text: a table where its rows fit, else one attribute a line.

use super::model::{Display, DisplayLine};
use super::sanitize::{ascii, terminal, terminal_cell, unlike_marks};
use super::text::{count, table};
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use huntc_compiler::value::Value;
use std::borrow::Cow;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// What a display is written for.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// The columns of the terminal. `None`: it is no terminal; then rows of more than [`USUAL`] columns do not fit, and no value is
    /// broken, so that whoever searches the text finds it.
    pub columns: Option<u16>,
    /// The most rows of a display.
    pub rows: usize,
    /// Whether it shows no characters but those of ASCII.
    pub ascii: bool,
}

/// The columns of what is no terminal.
const USUAL: u16 = 80;
/// A text of more columns may be broken where the row would not fit otherwise.
const UNBROKEN: usize = 24;
/// What a table has beside the texts of a column.
const BESIDE: usize = 3;

/// A display: caption, rows, number of rows. Columns without any value are left out, and named.
pub fn display(display: &Display, screen: Screen) -> String {
    let mut out = format!("{} {} (statement {})\n", display.command, terminal(&display.variable), display.statement);
    if let Some(reason) = &display.missing {
        let _ = writeln!(out, "no table: {}", terminal(reason));
        return out;
    }
    let lines = display.lines();
    let grid = Grid::of(display, &lines, screen);
    if grid.columns.is_empty() || grid.rows.is_empty() {
        // Nothing to show, or rows of nothing.
    } else if grid.fits(screen) {
        out.push_str(&grid.table(screen));
        out.push('\n');
    } else {
        grid.write_records(screen, &mut out);
    }
    let _ = writeln!(out, "{}", row_count(display));
    if !grid.empty.is_empty() && !lines.is_empty() {
        write_names("no value in:", &grid.empty, screen.columns.unwrap_or(USUAL), &mut out);
    }
    if lines.len() > grid.rows.len() {
        let what = if display.tree.is_empty() { "row" } else { "line" };
        let shown = count(grid.rows.len() as u64, what);
        let _ = writeln!(out, "only {shown} of {} shown: `--rows all` shows all,\n`--out DIR` writes them to files", lines.len());
    }
    out
}

/// The texts of a display.
struct Grid<'d> {
    columns: Vec<Column<'d>>,
    /// Columns without a value.
    empty: Vec<Cow<'d, str>>,
    rows: Vec<Row<'d>>,
    tree: bool,
}

struct Column<'d> {
    header: Cow<'d, str>,
    /// Whether all of its values are numbers.
    numbers: bool,
    /// The columns of the screen that it needs at least.
    narrowest: usize,
}

struct Row<'d> {
    /// The lines of the tree in front of it.
    mark: &'d str,
    /// How many entities share it, where more than one does.
    times: String,
    /// `None` is null.
    cells: Vec<Option<String>>,
}

impl Row<'_> {
    /// Its cell in the column of the tree.
    fn tree(&self) -> String {
        format!("{}{}", self.mark, self.times.trim_start()).trim_end().to_owned()
    }
}

impl<'d> Grid<'d> {
    fn of(display: &'d Display, lines: &[DisplayLine<'d>], screen: Screen) -> Self {
        let text =
            |text: &'d str| if screen.ascii { Cow::Owned(ascii(&terminal_cell(text)).into_owned()) } else { terminal_cell(text) };
        let has_value = |column: &usize| display.rows.iter().any(|row| row.get(*column).is_some_and(Option::is_some));
        let (kept, empty): (Vec<usize>, Vec<usize>) = (0..display.columns.len()).partition(has_value);
        let tree = !display.tree.is_empty();
        let cell = |value: &Value| {
            let safe = terminal_cell(&value.to_string()).into_owned();
            let safe = if tree { unlike_marks(&safe).into_owned() } else { safe };
            if screen.ascii { ascii(&safe).into_owned() } else { safe }
        };
        let row = |line: &DisplayLine<'d>| Row {
            mark: line.mark,
            times: line.times(),
            cells: kept.iter().map(|column| line.row.get(*column).and_then(Option::as_ref).map(cell)).collect(),
        };
        let rows: Vec<Row<'d>> = lines.iter().take(screen.rows).map(row).collect();
        let columns = kept.iter().enumerate().map(|(at, column)| {
            let header = text(&display.columns[*column]);
            let values = || display.rows.iter().filter_map(|row| row.get(*column)?.as_ref());
            let texts = values().any(|value| matches!(value, Value::Text(_) | Value::List(_)));
            let of_cell = |cell: &String| if texts { unbroken(cell) } else { cell.width() };
            let widest = rows.iter().filter_map(|row| row.cells.get(at)?.as_ref()).map(of_cell).max().unwrap_or(0);
            let numbers = values().all(|value| matches!(value, Value::Int(_) | Value::Float(_)));
            Column { narrowest: widest.max(header.width()), numbers, header }
        });
        let columns = columns.collect();
        let empty = empty.iter().map(|column| text(&display.columns[*column])).collect();
        Self { columns, empty, rows, tree }
    }

    /// Whether a row has room for each of its values, long texts broken where they must be.
    fn fits(&self, screen: Screen) -> bool {
        let tree = if self.tree { self.tree_width() + BESIDE } else { 0 };
        let columns: usize = self.columns.iter().map(|column| column.narrowest + BESIDE).sum();
        tree + columns < usize::from(screen.columns.unwrap_or(USUAL))
    }

    fn tree_width(&self) -> usize {
        self.rows.iter().map(|row| row.tree().width()).max().unwrap_or(0).max(TREE.len())
    }

    /// A tree has a column of its own, in which nothing stands that came from records.
    fn table(&self, screen: Screen) -> String {
        let mut out = table(screen.columns);
        let first = self.tree.then(|| TREE.to_owned());
        out.set_header(first.into_iter().chain(self.columns.iter().map(|column| column.header.to_string())));
        for row in &self.rows {
            let first = self.tree.then(|| row.tree());
            out.add_row(first.into_iter().chain(row.cells.iter().map(|cell| cell.clone().unwrap_or_default())));
        }
        let before = usize::from(self.tree);
        if let Some(tree) = out.column_mut(0).filter(|_| self.tree) {
            tree.set_constraint(ColumnConstraint::ContentWidth);
        }
        for (at, column) in self.columns.iter().enumerate() {
            let Some(shown) = out.column_mut(at + before) else { continue };
            if column.numbers {
                shown.set_cell_alignment(CellAlignment::Right);
            }
            if screen.columns.is_some() {
                let width = u16::try_from(column.narrowest + BESIDE - 1).unwrap_or(u16::MAX);
                shown.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
            }
        }
        out.trim_fmt()
    }

    /// One attribute a line. In front of a row stands its number, or the lines of its tree, of
    /// which each begins behind an empty line.
    fn write_records(&self, screen: Screen, out: &mut String) {
        let headers = self.columns.iter().map(|column| column.header.width()).max().unwrap_or(0);
        let digits = self.rows.len().to_string().len();
        for (at, row) in self.rows.iter().enumerate() {
            if self.tree && row.mark.is_empty() && at > 0 {
                out.push('\n');
            }
            let (first, rest) = if self.tree {
                (row.mark.to_owned(), row.mark.replace("├─", "│ ").replace("└─", "  "))
            } else {
                (format!("{:>digits$}  ", at + 1), " ".repeat(digits + 2))
            };
            let room = screen.columns.map(|columns| columns.saturating_sub(u16::try_from(first.width()).unwrap_or(u16::MAX)));
            for (place, line) in self.record(row, headers, room).lines().enumerate() {
                let before = if place == 0 { &first } else { &rest };
                out.push_str(format!("{before}{line}").trim_end());
                out.push('\n');
            }
        }
    }

    /// The values of a row below each other, in `room` columns.
    fn record(&self, row: &Row<'_>, headers: usize, room: Option<u16>) -> String {
        let mut out = Table::new();
        out.load_preset(presets::NOTHING);
        match room {
            Some(room) => out.set_content_arrangement(ContentArrangement::Dynamic).set_width(room.max(LEAST)),
            None => out.set_content_arrangement(ContentArrangement::Disabled),
        };
        let values = self.columns.iter().zip(&row.cells).filter_map(|(column, cell)| Some((&column.header, cell.as_ref()?)));
        for (place, (header, value)) in values.enumerate() {
            let times = if place == 0 { row.times.as_str() } else { "" };
            out.add_row([Cell::new(header), Cell::new(format!("{value}{times}"))]);
        }
        if let Some(first) = out.column_mut(0) {
            first.set_padding((0, 2));
            let width = u16::try_from(headers + 2).unwrap_or(u16::MAX);
            first.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        }
        if let Some(second) = out.column_mut(1) {
            second.set_padding((0, 0));
        }
        out.to_string()
    }
}

/// Names behind a word, on as many lines as they need.
fn write_names(word: &str, names: &[Cow<'_, str>], columns: u16, out: &mut String) {
    let mut line = word.to_owned();
    for (at, name) in names.iter().enumerate() {
        let comma = if at + 1 < names.len() { "," } else { "" };
        if line.width() + name.width() + 2 > usize::from(columns) {
            let _ = writeln!(out, "{line}");
            " ".clone_into(&mut line);
        }
        let _ = write!(line, " {name}{comma}");
    }
    let _ = writeln!(out, "{line}");
}

/// The header of the column with the tree.
const TREE: &str = "tree";
/// The least columns for the values of a row, however deep it stands in a tree.
const LEAST: u16 = 30;

/// The columns of a text that must not be broken: of its longest word, within reason.
fn unbroken(text: &str) -> usize {
    text.split(' ').map(UnicodeWidthStr::width).max().unwrap_or(0).min(UNBROKEN)
}

fn row_count(display: &Display) -> String {
    let shown = display.rows.len() as u64;
    let mut line = if shown == display.total { count(shown, "row") } else { format!("{shown} of {}", count(display.total, "row")) };
    if let Some(entities) = display.entities_of_tree() {
        let _ = write!(line, " of {entities} entities");
    }
    if !display.complete {
        line.push_str(" (incomplete: more may exist)");
    }
    line
}

#[cfg(test)]
mod tests;
