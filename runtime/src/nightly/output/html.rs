//! `summary.html`: one page without scripts and external links, with a policy that forbids them.

use super::names::csv_name;
use super::text::{all_looked, counts, newsworthy, short, traffic, trouble, troubled, windows};
use crate::nightly::model::{HuntOutcome, Night};
use crate::nightly::record::KeyRecord;
use crate::report::page::begin;
use crate::report::sanitize::html as escape;
use crate::report::text::count;
use serde_json::Value as Json;
use std::io::{Result, Write};

/// The most rows of a table on the page; the CSV file has all.
const ROWS: usize = 200;

const STYLE: &str = "\
:root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}\
body{margin:2rem auto;max-width:80rem;padding:0 1rem}\
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}h3{font-size:1rem;margin-bottom:.3rem}\
table{border-collapse:collapse;margin:.5rem 0;display:block;overflow-x:auto}\
th,td{border:1px solid #8886;padding:.2rem .5rem;text-align:left;vertical-align:top}\
th{background:#8882;white-space:nowrap}.t{white-space:nowrap}td{max-width:36rem;overflow-wrap:break-word;font-family:ui-monospace,monospace;font-size:.9em}\
.bad{border-left:.3rem solid #cf222e;padding-left:.8rem}.good{color:#1a7f37}\
.s{font-size:.8rem;font-weight:600;padding:.05rem .4rem;border-radius:.3rem;border:1px solid #8886}\
.critical,.high{background:#cf222e;color:#fff}.medium{background:#9a6700;color:#fff}";

/// Writes the page.
pub(super) fn write(night: &Night, out: &mut dyn Write) -> Result<()> {
    let title = format!("Nightly hunts, {}", night.at.to_seconds_text());
    begin(&title, STYLE, &title, out)?;
    if let Some(part) = &night.part {
        writeln!(out, "<p>A part: {}</p>", escape(part))?;
    }
    for notice in &night.notices {
        writeln!(out, "<p class=\"bad\">{}</p>", escape(notice))?;
    }
    write_troubled(night, out)?;
    write_news(night, out)?;
    write_rest(night, out)
}

fn write_troubled(night: &Night, out: &mut dyn Write) -> Result<()> {
    let hunts = troubled(night);
    if hunts.is_empty() {
        return writeln!(out, "<p class=\"good\">{}</p>", all_looked(night));
    }
    writeln!(out, "<h2>Not looked at: {}</h2>", count(hunts.len() as u64, "hunt"))?;
    for hunt in hunts {
        write!(out, "<div class=\"bad\"><h3>")?;
        write_title(hunt, out)?;
        writeln!(out, "</h3>\n<p>{}</p></div>", escape(&trouble(hunt)))?;
    }
    Ok(())
}

fn write_title(hunt: &HuntOutcome, out: &mut dyn Write) -> Result<()> {
    let word = hunt.severity().word();
    write!(out, "<span class=\"s {word}\">{word}</span> {} <small>{}", escape(&hunt.title), escape(&hunt.file))?;
    for id in &hunt.front_matter.attack {
        write!(out, " {}", escape(id))?;
    }
    write!(out, "</small>")
}

fn write_news(night: &Night, out: &mut dyn Write) -> Result<()> {
    let hunts = newsworthy(night);
    if hunts.is_empty() {
        return writeln!(out, "<h2>Nothing is new</h2>");
    }
    let total: usize = hunts.iter().map(|h| h.news.new.len()).sum();
    writeln!(out, "<h2>New: {}</h2>", count(total as u64, "finding"))?;
    for hunt in hunts {
        write!(out, "<h3>")?;
        write_title(hunt, out)?;
        writeln!(
            out,
            "</h3>\n<p>{} {}: {}; {}</p>",
            escape(&hunt.entity),
            escape(&hunt.variable),
            counts(hunt),
            windows(&hunt.windows)
        )?;
        write_table(hunt, out)?;
        let at = night.hunts.iter().position(|h| h.name == hunt.name).unwrap_or(0);
        let shown = hunt.news.new.len().min(ROWS);
        writeln!(out, "<p>{shown} of {}, all in <code>{}</code></p>", hunt.news.new.len(), escape(&csv_name(at, &hunt.name)))?;
    }
    Ok(())
}

fn write_table(hunt: &HuntOutcome, out: &mut dyn Write) -> Result<()> {
    let new = &hunt.news.new;
    // Columns that are empty in every row would only take space.
    let filled = |i: usize| new.iter().any(|(_, k)| k.row.as_ref().and_then(|r| r.get(i)).is_some_and(|v| !v.is_null()));
    let columns: Vec<usize> = (0..hunt.columns.len()).filter(|i| filled(*i)).collect();
    // Groups have no time, and their key is in their columns.
    let timed = new.iter().any(|(_, k)| k.first_event.is_some());
    let keyed = new.iter().any(|(_, k)| !row_shows_key(k));
    write!(out, "<table><tr>{}", if timed { "<th>first seen" } else { "" })?;
    for name in columns.iter().filter_map(|i| hunt.columns.get(*i)) {
        write!(out, "<th>{}", escape(name))?;
    }
    writeln!(out, "{}</tr>", if keyed { "<th>key" } else { "" })?;
    for (_, finding) in new.iter().take(ROWS) {
        write!(out, "<tr>")?;
        if timed {
            write!(out, "<td class=\"t\">{}", finding.first_event.map_or_else(String::new, short))?;
        }
        for i in &columns {
            write!(out, "<td>{}", escape(&cell(finding.row.as_ref().and_then(|r| r.get(*i)))))?;
        }
        if keyed {
            let parts = finding.key.as_array().into_iter().flatten().map(|part| cell(Some(part))).collect::<Vec<_>>();
            write!(out, "<td>{}", escape(&parts.join(", ")))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</table>")
}

/// Whether the row contains every part of the key.
fn row_shows_key(finding: &KeyRecord) -> bool {
    let row = finding.row.as_deref().unwrap_or_default();
    finding.key.as_array().is_some_and(|parts| parts.iter().all(|part| row.contains(part)))
}

fn cell(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn write_rest(night: &Night, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "<h2>All hunts</h2>\n<table><tr><th>hunt<th>title<th>status<th>findings<th>looked at</tr>")?;
    for hunt in &night.hunts {
        writeln!(
            out,
            "<tr><td>{}<td>{}<td>{}<td>{}<td>{}</tr>",
            escape(&hunt.file),
            escape(&hunt.title),
            hunt.status.word(),
            counts(hunt),
            windows(&hunt.windows)
        )?;
    }
    writeln!(out, "</table>\n<p>{}</p>", traffic(night))
}
