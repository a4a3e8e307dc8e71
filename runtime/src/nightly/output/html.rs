//! `summary.html`: one page without scripts and external links, with a policy that forbids them.

use super::health;
use super::names::csv_name;
use super::text::{all_looked, by_time, counts, newsworthy, nothing_new, short, told, traffic, windows};
use crate::nightly::face;
use crate::nightly::model::{HuntOutcome, Night};
use crate::nightly::record::KeyRecord;
use crate::report::page::begin;
use crate::report::sanitize::html as escape;
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
details{margin:.3rem 0}.bad{border-left:.3rem solid #cf222e;padding-left:.8rem}.good{color:#1a7f37}\
.s{font-size:.8rem;font-weight:600;padding:.05rem .4rem;border-radius:.3rem;border:1px solid #8886}\
.critical,.high{background:#cf222e;color:#fff}.medium{background:#9a6700;color:#fff}";

/// Writes the page.
pub(super) fn write(night: &Night, out: &mut dyn Write) -> Result<()> {
    let title = format!("Nightly hunts, {}", night.at.to_seconds_text());
    begin(&title, STYLE, &title, out)?;
    if let Some(part) = &night.part {
        writeln!(out, "<p>A part: {}</p>", escape(part))?;
    }
    health::write_html(night, &write_title, &write_remarks, out)?;
    for notice in night.notices.iter().chain(&night.suppressions) {
        writeln!(out, "<p class=\"bad\">{}</p>", escape(notice))?;
    }
    if health::troubled(night) == 0 {
        writeln!(out, "<p class=\"good\">{}</p>", all_looked(night))?;
    }
    write_news(night, out)?;
    write_rest(night, out)
}

fn write_title(hunt: &HuntOutcome, out: &mut dyn Write) -> Result<()> {
    let word = hunt.severity().word();
    write!(out, "<span class=\"s {word}\">{word}</span> {} <small>{}", escape(&hunt.title), escape(&hunt.file))?;
    for id in &hunt.front_matter.attack {
        write!(out, " {}", escape(id))?;
    }
    write!(out, "</small>")
}

/// What the hunt looks for and why, as its author wrote it.
fn write_remarks(hunt: &HuntOutcome, out: &mut dyn Write) -> Result<()> {
    let remarks = &hunt.front_matter.remarks;
    if remarks.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>what it looks for, and why</summary>")?;
    for line in remarks.lines() {
        writeln!(out, "{}<br>", escape(line))?;
    }
    writeln!(out, "</details>")
}

fn write_news(night: &Night, out: &mut dyn Write) -> Result<()> {
    let hunts = newsworthy(night);
    if hunts.is_empty() {
        return writeln!(out, "<h2>{}</h2>", nothing_new(night));
    }
    writeln!(out, "<h2>New: {}</h2>", told(&hunts))?;
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
        write_remarks(hunt, out)?;
        write_table(&by_time(hunt.news.told()), out)?;
        let at = night.hunts.iter().position(|h| h.name == hunt.name).unwrap_or(0);
        let csv = csv_name(at, &hunt.name);
        let (all, csv) = (hunt.news.told_count(), escape(&csv));
        writeln!(out, "<p>{} of {all}, all in <a href=\"{csv}\">{csv}</a></p>", all.min(ROWS))?;
    }
    Ok(())
}

/// A column that findings may have: its header, whether it is shown, and its cells.
type FaceColumn<'a> = (&'a str, bool, &'a dyn Fn(&KeyRecord) -> String);

/// A table of findings: when, where, as whom, and the columns that any of them has.
fn write_table(findings: &[&KeyRecord], out: &mut dyn Write) -> Result<()> {
    let headers = face::headers(findings.iter().copied());
    let any = |has: &dyn Fn(&KeyRecord) -> bool| findings.iter().any(|finding| has(finding));
    let columns: [FaceColumn<'_>; 7] = [
        ("first seen", any(&|f| f.first_event.is_some()), &|f| f.first_event.map_or_else(String::new, short)),
        ("last seen", any(&|f| f.nights > 1), &|f| f.last_event.or(f.until).map_or_else(String::new, short)),
        ("before that until", any(&|f| f.again.is_some()), &|f| f.again.map_or_else(String::new, short)),
        ("nights", any(&|f| f.nights > 1), &|f| f.nights.to_string()),
        ("host", any(&|f| !f.hosts.is_empty()), &|f| face::names(&f.hosts)),
        ("user", any(&|f| !f.users.is_empty()), &|f| face::names(&f.users)),
        ("times", any(&|f| f.entities > 1), &|f| f.entities.to_string()),
    ];
    let columns: Vec<_> = columns.iter().filter(|(_, wanted, _)| *wanted).collect();
    // What has no columns to show, such as a finding of an older night, is told by its key.
    let keyed = any(&|f| f.face.iter().all(|(_, value)| value.is_null()));
    write!(out, "<table><tr>")?;
    for name in columns.iter().map(|(name, ..)| *name).chain(headers.iter().copied()).chain(keyed.then_some("key")) {
        write!(out, "<th>{}", escape(name))?;
    }
    writeln!(out, "</tr>")?;
    for finding in findings.iter().take(ROWS) {
        write!(out, "<tr>")?;
        for (.., text) in &columns {
            write!(out, "<td class=\"t\">{}", escape(&text(finding)))?;
        }
        for header in &headers {
            write!(out, "<td>{}", escape(&face::value(finding, header).map_or_else(String::new, face::cell)))?;
        }
        if keyed {
            write!(out, "<td>{}", escape(&face::key(finding)))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</table>")
}

/// The findings of a list, folded away.
fn write_folded(list: &[(String, KeyRecord)], what: &str, out: &mut dyn Write) -> Result<()> {
    if list.is_empty() {
        return Ok(());
    }
    let more = list.len().saturating_sub(ROWS);
    let more = if more > 0 { format!("; {more} more in nightly.json") } else { String::new() };
    writeln!(out, "<details><summary>{} {what}{more}</summary>", list.len())?;
    write_table(&by_time(list.iter()), out)?;
    writeln!(out, "</details>")
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
    writeln!(out, "</table>")?;
    let rest = |h: &&HuntOutcome| !(h.news.continuing.is_empty() && h.news.gone.is_empty() && h.news.suppressed.is_empty());
    for hunt in night.hunts.iter().filter(rest) {
        writeln!(out, "<h3>{} <small>{}</small></h3>", escape(&hunt.title), escape(&hunt.file))?;
        write_folded(&hunt.news.continuing, "continuing", out)?;
        write_folded(&hunt.news.gone, "gone", out)?;
        write_folded(&hunt.news.suppressed, "suppressed", out)?;
    }
    writeln!(out, "<p>{}</p>", traffic(night))
}
