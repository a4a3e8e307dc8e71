//! `report.html`: one page without scripts, images and external links, with a policy that forbids them.

use super::model::{Display, HuntReport, RequestReport, RunReport, SourceReport};
use super::page::begin;
use super::sanitize::{html as escape, unlike_marks};
use super::text::{count, parameters, seconds, unread};
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::hints::is_hint;
use huntc_compiler::source::SourceSet;
use huntc_compiler::value::Value;
use std::io::{Result, Write};

/// The most rows of a table on the page; the CSV file has all.
const ROWS: usize = 2_000;

const STYLE: &str = "\
:root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}\
body{margin:2rem auto;max-width:90rem;padding:0 1rem}\
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2.5rem}h3{font-size:1rem;margin-bottom:.3rem}\
table{border-collapse:collapse;margin:.5rem 0;display:block;overflow-x:auto}\
th,td{border:1px solid #8886;padding:.2rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
th{background:#8882}td.n{text-align:right;font-variant-numeric:tabular-nums}td.z{color:#888}\
code,pre,td{font-family:ui-monospace,monospace;font-size:.9em}pre{white-space:pre-wrap}\
.ok{color:#1a7f37}.failed,.error,.interrupted{color:#cf222e}.partial,.note{color:#9a6700}";

/// Writes the page.
pub fn write(run: &RunReport, out: &mut dyn Write) -> Result<()> {
    begin("huntc report", STYLE, "Hunt report", out)?;
    let hunts = count(run.hunts.len() as u64, "huntflow");
    writeln!(out, "<p>{hunts}, now = <code>{}</code>, {}, huntc {}</p>", run.now, seconds(run.elapsed), env!("CARGO_PKG_VERSION"))?;
    for hunt in &run.hunts {
        write_hunt(hunt, &run.sources, out)?;
    }
    Ok(())
}

fn write_hunt(hunt: &HuntReport, sources: &SourceSet, out: &mut dyn Write) -> Result<()> {
    let status = hunt.status.word();
    writeln!(out, "<h2>{} <span class=\"{status}\">{status}</span></h2>", escape(&hunt.file))?;
    if !hunt.complete {
        writeln!(out, "<p class=\"note\">Incomplete: figures are lower bounds.</p>")?;
    }
    if !hunt.parameters.is_empty() {
        writeln!(out, "<p>Parameters: {}</p>", escape(&parameters(hunt)))?;
    }
    for source in &hunt.sources {
        write_unread(source, out)?;
        write_indices(source, out)?;
    }
    for diagnostic in &hunt.diagnostics {
        let span = diagnostic.primary.span;
        let at = sources.position(span.source, span.start);
        let cell = at.cell.map_or_else(String::new, |c| format!("cell {c}, "));
        writeln!(
            out,
            "<p class=\"{}\"><code>{}</code> {} <small>{}, {cell}line {}</small></p>",
            if diagnostic.severity == huntc_compiler::diag::Severity::Error { "error" } else { "note" },
            diagnostic.code.id,
            escape(&diagnostic.message),
            escape(&sources.get(span.source).name),
            at.line
        )?;
        write_ways(diagnostic, out)?;
    }
    write_summary(hunt, out)?;
    for display in &hunt.displays {
        write_display(display, out)?;
    }
    write_requests(&hunt.requests, out)
}

/// The skipped lines and the left out files of a source.
fn write_unread(source: &SourceReport, out: &mut dyn Write) -> Result<()> {
    let Some(unread) = unread(source) else { return Ok(()) };
    writeln!(out, "<p class=\"note\">{}</p>\n<ul>", escape(&unread))?;
    for line in source.skipped_lines.iter().chain(&source.mended_lines) {
        writeln!(out, "<li>{}", escape(line))?;
    }
    for (file, looks_like) in source.left_out.iter().take(ROWS) {
        writeln!(out, "<li>{}: {}", escape(file), escape(looks_like))?;
    }
    writeln!(out, "</ul>")
}

/// The indices of a cluster that requests went to.
fn write_indices(source: &SourceReport, out: &mut dyn Write) -> Result<()> {
    if source.indices.is_empty() {
        return Ok(());
    }
    let total = source.indices.len();
    writeln!(out, "<details><summary>indices of {}: {total}</summary>", escape(&source.name))?;
    for index in &source.indices {
        writeln!(out, "{}<br>", escape(index))?;
    }
    writeln!(out, "</details>")
}

/// The notes and helps of a hint. Those of errors are only for the author of the hunt.
fn write_ways(diagnostic: &Diagnostic, out: &mut dyn Write) -> Result<()> {
    if !is_hint(diagnostic.code) {
        return Ok(());
    }
    writeln!(out, "<ul>")?;
    for note in &diagnostic.notes {
        writeln!(out, "<li>{}", escape(note))?;
    }
    for help in &diagnostic.helps {
        match &help.replace {
            Some((_, with)) => writeln!(out, "<li>{}: <code>{}</code>", escape(&help.text), escape(with))?,
            None => writeln!(out, "<li>{}", escape(&help.text))?,
        }
    }
    writeln!(out, "</ul>")
}

fn write_summary(hunt: &HuntReport, out: &mut dyn Write) -> Result<()> {
    if hunt.variables.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<table><tr><th>variable<th>type<th>entities<th>records<th>unidentified<th>undecided<th>window<th>sources<th>time</tr>"
    )?;
    for v in &hunt.variables {
        let figure = |n: Option<u64>| n.map_or_else(|| "failed".to_owned(), |n| n.to_string());
        let window = v.window.map_or_else(|| "everything".to_owned(), |w| format!("{} – {}", w.start, w.stop));
        writeln!(
            out,
            "<tr><td>{}{}<td>{}<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{}<td>{window}<td>{}<td class=\"n\">{}</tr>",
            escape(&v.name),
            if v.version > 1 { format!(" #{}", v.version) } else { String::new() },
            escape(&v.entity),
            figure(v.entities),
            figure(v.records),
            figure(v.unidentified),
            figure(v.undecided),
            escape(&v.sources.join(", ")),
            seconds(v.elapsed)
        )?;
    }
    writeln!(out, "</table>")
}

fn write_display(display: &Display, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "<h3>{} {} <small>statement {}</small></h3>", display.command, escape(&display.variable), display.statement)?;
    if let Some(reason) = &display.missing {
        return writeln!(out, "<p class=\"failed\">No table: {}</p>", escape(reason));
    }
    write!(out, "<table><tr>")?;
    for column in &display.columns {
        write!(out, "<th>{}", escape(column))?;
    }
    writeln!(out, "</tr>")?;
    let tree = !display.tree.is_empty();
    for line in display.lines().into_iter().take(ROWS) {
        write!(out, "<tr>")?;
        for (column, value) in line.row.iter().enumerate() {
            match value {
                value if tree && column == 0 => {
                    let text = value.as_ref().map_or_else(String::new, ToString::to_string);
                    // Browsers join blanks.
                    write!(out, "<td>{}{}{}", line.mark.replace(' ', "\u{a0}"), escape(&unlike_marks(&text)), line.times())?;
                }
                None => write!(out, "<td class=\"z\">")?,
                Some(value @ (Value::Int(_) | Value::Float(_))) => write!(out, "<td class=\"n\">{value}")?,
                Some(value) => write!(out, "<td>{}", escape(&value.to_string()))?,
            }
        }
        writeln!(out, "</tr>")?;
    }
    let shown = display.rows.len().min(ROWS) as u64;
    let rows = if shown == display.total { count(shown, "row") } else { format!("{shown} of {}", count(display.total, "row")) };
    let more = if display.complete { "" } else { ", incomplete" };
    let of = display.entities_of_tree().map_or_else(String::new, |n| format!(" of {n} entities"));
    writeln!(out, "</table>\n<p>{rows}{of}{more}</p>")
}

fn write_requests(requests: &[RequestReport], out: &mut dyn Write) -> Result<()> {
    if requests.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>{}</summary>", count(requests.len() as u64, "request"))?;
    for r in requests {
        let query = serde_json::to_string(&r.query)?;
        writeln!(
            out,
            "<h3>{} {} <span class=\"{}\">{}</span></h3>\n<p>{}: {}, {}, {}{}</p>\n<pre>{}</pre>",
            escape(&r.id),
            escape(&r.source),
            r.status.word(),
            r.status.word(),
            escape(&r.purpose),
            count(r.records, "record"),
            count(r.pages, "page"),
            seconds(r.elapsed),
            if r.complete { "" } else { ", incomplete" },
            escape(&query)
        )?;
    }
    writeln!(out, "</details>")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::sanitize::is_unsafe;
    use crate::report::tests::run;

    fn page(run: &RunReport) -> String {
        let mut out = Vec::new();
        write(run, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn hostile_values_are_text_and_nothing_can_load() {
        let mut run = run(&["<img src=x onerror=alert(1)>.hf"]);
        let hunt = &mut run.hunts[0];
        hunt.variables[0].name = "\"><script>".to_owned();
        hunt.displays[0].columns[0] = "<b>".to_owned();
        hunt.requests[0].query = serde_json::json!({ "x": "</pre><script>\u{202e}" });
        let page = page(&run);
        for tag in ["<script", "<img", "<b>", "</pre><s", "onerror=alert(1)>"] {
            assert!(!page.contains(tag), "{tag}");
        }
        assert!(!page.chars().any(|c| is_unsafe(c) && c != '\n'));
        assert!(page.contains("default-src &#39;none&#39;"));
        assert!(page.contains("&lt;script&gt;\\u{202e}exe.gpj\\u{1b}[2J"));
    }

    #[test]
    fn long_tables_end_with_their_count() {
        let mut run = run(&["x.hf"]);
        let display = &mut run.hunts[0].displays[0];
        display.rows = vec![vec![None, None]; ROWS + 5];
        display.total = display.rows.len() as u64;
        let page = page(&run);
        assert!(page.contains("2000 of 2005 rows"));
        assert_eq!(page.matches("<td class=\"z\">").count(), ROWS * 2);
    }
}
