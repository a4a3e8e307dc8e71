//! Tables on pages. Templates lay the page out; the rows themselves, which may be many, are written here.

use super::column::{ColumnKind, PageColumn};
use super::{Html, PictureView, counted};
use crate::report::evidence::RowEvidence;
use crate::report::sanitize::{html as escape, unlike_marks};
use huntc_compiler::value::Value;
use serde::Serialize;
use std::fmt::Write as _;

/// Rows that are laid out together, as one part that a browser may leave for later.
const CHUNK: usize = 100;

/// A table as a template gets it.
#[derive(Debug, Serialize)]
pub(crate) struct TableView {
    /// Unique in the page.
    pub id: String,
    pub heading: String,
    /// Beside the heading, smaller.
    pub aside: String,
    pub variable: String,
    pub columns: Vec<PageColumn>,
    pub rows: Html,
    /// How many rows there are, in words.
    pub count: String,
    /// The rows that are only in the CSV file, in words; empty where all are here.
    pub cut: String,
    /// The CSV file beside the page; empty where there is none.
    pub csv: String,
    /// Columns without any value, which are left out.
    pub folded: Vec<String>,
    pub tree: bool,
    /// The tree as a list that folds.
    pub picture: Option<PictureView>,
    /// What is missing, in words.
    pub note: String,
    /// How wide the columns are.
    #[serde(skip)]
    pub rules: String,
}

/// What a table shows.
pub(crate) struct TableRows<'a> {
    pub headers: Vec<&'a str>,
    pub rows: Vec<PageRow<'a>>,
    /// Whether the first column is that of a tree.
    pub tree: bool,
}

/// A row.
pub(crate) struct PageRow<'a> {
    pub cells: Vec<Option<&'a Value>>,
    /// In front of the first cell, and behind it.
    pub mark: &'a str,
    pub times: String,
    pub evidence: Option<&'a RowEvidence>,
}

/// Columns that stand in front where they are present.
const HOSTS: [&str; 6] = ["host", "host.name", "hostname", "host.hostname", "device.hostname", "x_host_ref.hostname"];

impl TableView {
    /// Lays a table out. The caller adds headings and what is said of it.
    pub(crate) fn of(id: String, table: &TableRows<'_>) -> Self {
        let all = (0..table.headers.len()).map(|at| {
            let header = table.headers.get(at).copied().unwrap_or_default();
            let mut column = PageColumn::of(header, table.rows.iter().map(|row| row.cells.get(at).copied().flatten()));
            if table.tree && at == 0 {
                let marks = table.rows.iter().map(|row| row.mark.chars().count() + row.times.chars().count()).max();
                column.width += marks.unwrap_or(0);
            }
            (at, column)
        });
        let (mut shown, folded): (Vec<_>, Vec<_>) = all.partition(|(_, column)| column.used || table.rows.is_empty());
        let first_time = shown.iter().find(|(_, column)| column.kind == ColumnKind::Time).map(|(at, _)| *at);
        // The first column of a tree has its lines. Whoever reads a row asks where and when first.
        shown.sort_by_key(|(at, column)| match () {
            () if table.tree && *at == 0 => 0,
            () if HOSTS.contains(&column.header.as_str()) => 1,
            () if Some(*at) == first_time => 2,
            () => 3,
        });
        let order: Vec<usize> = shown.iter().map(|(at, _)| *at).collect();
        for (at, column) in &mut shown {
            column.says = match () {
                () if HOSTS.contains(&column.header.as_str()) => "host",
                () if Some(*at) == first_time => "time",
                () => "",
            };
        }
        let mut columns: Vec<PageColumn> = shown.into_iter().map(|(_, column)| column).collect();
        let evidence = table.rows.iter().any(|row| row.evidence.is_some());
        if evidence {
            let header = "evidence".to_owned();
            columns.push(PageColumn { header, kind: ColumnKind::Evidence, says: "", width: 16, used: true });
        }
        let mut rows = String::new();
        for (number, row) in table.rows.iter().enumerate() {
            if number % CHUNK == 0 {
                let left = (table.rows.len() - number).min(CHUNK);
                let _ = if left == CHUNK { write!(rows, "<tbody>") } else { write!(rows, "<tbody style=\"--n:{left}\">") };
            }
            write_row(row, &order, first_time, table.tree, &mut rows);
        }
        let rules = rules(&id, &columns);
        let folded = folded.into_iter().map(|(_, column)| column.header).collect();
        Self {
            id,
            heading: String::new(),
            aside: String::new(),
            variable: String::new(),
            columns,
            rows: Html(rows),
            count: counted(table.rows.len() as u64, "row"),
            cut: String::new(),
            csv: String::new(),
            folded,
            tree: table.tree,
            picture: None,
            note: String::new(),
            rules,
        }
    }
}

/// Writes a row. Its time is in its column, or that of its first record.
fn write_row(row: &PageRow<'_>, order: &[usize], time: Option<usize>, tree: bool, out: &mut String) {
    // A line end behind the last cell would be one in it.
    out.push_str("<tr\n");
    let told = time.is_some_and(|at| row.cells.get(at).is_some_and(Option::is_some));
    let seen = row.evidence.and_then(|evidence| evidence.shown.first()?.time);
    if let (false, Some(time)) = (told, seen) {
        let _ = write!(out, "data-time={}", time.millis_floor());
    }
    out.push('>');
    for (place, at) in order.iter().enumerate() {
        out.push_str("<td>");
        let Some(value) = row.cells.get(*at).copied().flatten() else {
            out.push_str(&row.mark.replace(' ', "\u{a0}"));
            continue;
        };
        let text = value.to_string();
        if tree && place == 0 {
            // Browsers join blanks.
            let _ = write!(out, "{}{}{}", row.mark.replace(' ', "\u{a0}"), escape(&unlike_marks(&text)), row.times);
        } else {
            out.push_str(&escape(&text));
        }
    }
    if let Some(evidence) = row.evidence {
        write_evidence(evidence, out);
    }
}

/// The records behind a row, folded away.
fn write_evidence(evidence: &RowEvidence, out: &mut String) {
    out.push_str("<td>");
    if evidence.records == 0 {
        return;
    }
    let what = if evidence.sightings { "sighting" } else { "record" };
    let _ = write!(out, "<details class=evidence><summary>{}</summary>", counted(evidence.records, what));
    for record in &evidence.shown {
        let time = record.time.map_or_else(String::new, |time| format!("{time} "));
        match (&record.name, &record.document) {
            (Some(name), Some(document)) => {
                let _ = write!(out, "<p>{time}<code>{}</code><pre data-json>{}</pre>", escape(name), escape(document));
            }
            (Some(name), None) => {
                let _ = write!(out, "<p>{time}<code>{}</code>", escape(name));
            }
            (None, _) => {
                let _ = write!(out, "<p>{time}its source did not give the record again");
            }
        }
    }
    let named = evidence.shown.len() as u64;
    if evidence.records > named {
        let _ = write!(out, "<p class=soft>and {}", counted(evidence.records - named, &format!("further {what}")));
    }
    out.push_str("</details>");
}

/// The style of a table: its columns, those that are numbers, those that fold.
fn rules(id: &str, columns: &[PageColumn]) -> String {
    let last_long = columns.iter().rposition(|column| column.kind == ColumnKind::Long);
    let (mut grid, mut print, mut all) = (String::new(), String::new(), 0);
    for (at, column) in columns.iter().enumerate() {
        let width = column.width + 2;
        all += width;
        let _ = if Some(at) == last_long { write!(grid, "minmax({width}ch,1fr) ") } else { write!(grid, "{width}ch ") };
        let _ = write!(print, "minmax(0,{}fr) ", width.min(40));
    }
    let mut out = format!("#{id}{{--c:{};--p:{};--w:{all}ch}}", grid.trim_end(), print.trim_end());
    for (column, number) in columns.iter().zip(1..) {
        let _ = match column.kind {
            ColumnKind::Number => write!(out, "#{id} td:nth-child({number}){{text-align:right;font-variant-numeric:tabular-nums}}"),
            ColumnKind::Long => write!(
                out,
                "@media screen{{.js #{id}:not(.unfolded) td:nth-child({number}):not(.open){{display:-webkit-box;-webkit-box-orient:vertical;\
                 -webkit-line-clamp:3;overflow:hidden}}.js #{id} td:nth-child({number}){{cursor:pointer}}}}"
            ),
            _ => Ok(()),
        };
    }
    out
}
