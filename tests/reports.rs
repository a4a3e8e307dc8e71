//! The page of a run: its structure as text, and the records behind its rows, from every kind of source.

use crate::support::cli::Huntc;
use crate::support::servers::running;
use flate2::Compression;
use flate2::write::GzEncoder;
use regex::Regex;
use std::io::Write;

const LOG: &str = r#"{"@timestamp":"2026-01-01T12:00:00.500Z","event":{"category":["process"],"code":"1","type":["start"]},"host":{"name":"ws1"},"process":{"entity_id":"a","name":"cmd.exe","pid":10,"command_line":"cmd /c whoami"},"own":{"big":1234567890123456789}}
{"@timestamp":"2026-01-01T12:00:01Z","event":{"category":["process"],"code":"1","type":["start"]},"host":{"name":"ws2"},"process":{"entity_id":"b","name":"net.exe","pid":11,"command_line":"net user"}}
{"@timestamp":"2026-01-01T12:00:02Z","event":{"category":["network"]},"host":{"name":"ws1"},"process":{"entity_id":"a","name":"cmd.exe","pid":10}}
"#;

const HUNT: &str = "\
# title: Shells and accounts
# severity: high
# attack: T1059

# All programs of the day.
p = GET process FROM stixshifter://lab WHERE pid > 0   # any pid

q = GET process FROM stixshifter://lab WHERE name = 'nothing.exe'
DISP p ATTR name, pid, command_line
DISP q
INFO p
";

fn page(huntc: &Huntc, folder: &str) -> String {
    std::fs::read_to_string(huntc.path(folder).join("report.html")).unwrap()
}

/// What a page says, without its pictures: a line for each block, `#` before headings, `|` before cells.
fn outline(page: &str) -> String {
    let (_, body) = page.split_once("</style>").unwrap();
    let (body, _) = body.split_once("<script>").unwrap();
    // Of requests the headings.
    let (body, requests) = body.split_once("<h3>Requests</h3>").unwrap();
    let summaries = Regex::new("(?s)<details class=\"request\".*?</summary>").unwrap();
    let requests = summaries.find_iter(requests).map(|found| found.as_str()).collect::<String>();
    let body = format!("{body}<h3>Requests</h3>{requests}");
    let text = [
        (r"(?s)<svg.*?</svg>", "[picture]"),
        (r"(?s)<form.*?</form>", ""),
        (r"<h([1-4])[^>]*>", "\n# "),
        (r"<t[dh][^>]*>", " | "),
        (r"<(tr|p|li|section|pre|div|summary|dt)\b[^>]*>", "\n"),
        (r"<[^>]*>", ""),
        (r"\d+\.\d{3} s", "T s"),
        // Which of two that run side by side was waited for changes.
        (r" \(waited for\)", ""),
        (r"now = .*", "now"),
    ];
    let text = text.iter().fold(body, |text, (from, to)| Regex::new(from).unwrap().replace_all(&text, *to).into_owned());
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").replace("&quot;", "\"").replace("&amp;", "&");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.fold(String::new(), |all, line| all + line + "\n")
}

#[test]
fn the_page_of_a_run_as_text() {
    let huntc = Huntc::new().file("log.ndjson", LOG).file("h.hf", HUNT);
    let ran = huntc.run("run h.hf --source lab=log.ndjson --out r");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let shown = format!("== h.hf\n{HUNT}\n== log.ndjson\n{LOG}\n== report.html, as text\n{}", outline(&page(&huntc, "r")));
    insta::with_settings!({ snapshot_path => "../snapshots/report", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("the-page-of-a-run", shown);
    });
    // The same run gives the same page, but for its times.
    let again = Huntc::new().file("log.ndjson", LOG).file("h.hf", HUNT);
    again.run("run h.hf --source lab=log.ndjson --out r");
    assert_eq!(outline(&page(&again, "r")), outline(&page(&huntc, "r")));
}

/// The names and the documents behind the rows of a page.
fn evidence(page: &str) -> Vec<(String, String)> {
    let record = Regex::new(r"<p>[^<]*<code>([^<]*)</code><pre data-json>([^<]*)</pre>").unwrap();
    let text = |text: &str| text.replace("&quot;", "\"");
    record.captures_iter(page).map(|found| (found[1].to_owned(), text(&found[2]))).collect()
}

#[test]
fn rows_show_the_lines_of_logs_as_they_are() {
    let hunt = "p = GET process FROM stixshifter://lab WHERE pid > 0\nDISP p ATTR name\n";
    let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
    zipped.write_all(LOG.as_bytes()).unwrap();
    let lines: Vec<&str> = LOG.lines().collect();
    let bulk = lines.iter().fold(String::new(), |all, line| all + "{\"create\":{}}\n" + line + "\n");
    let array = format!("[{}]", lines.join(",\n"));
    let inputs: [(&str, Vec<u8>, [usize; 2]); 4] = [
        ("log.ndjson", LOG.into(), [1, 2]),
        ("log.ndjson.gz", zipped.finish().unwrap(), [1, 2]),
        ("bulk.ndjson", bulk.into(), [2, 4]),
        ("array.json", array.into(), [1, 2]),
    ];
    for (name, bytes, [first, second]) in inputs {
        let huntc = Huntc::new().file(name, bytes).file("h.hf", hunt);
        assert_eq!(huntc.run(&format!("run h.hf --source lab={name} --out r")).code, Some(0));
        let found = evidence(&page(&huntc, "r"));
        let wanted = [(first, lines[0]), (second, lines[1])].map(|(line, text)| (format!("{name}:{line}"), text.to_owned()));
        assert!(wanted.iter().all(|record| found.contains(record)), "{name}: {found:?}");
    }
    // A file that changed meanwhile is no reason to fail, and without --out nothing is read again.
    let huntc = Huntc::new().file("log.ndjson", LOG).file("h.hf", hunt);
    assert!(!huntc.run("run h.hf --source lab=log.ndjson --format json").stdout.contains("whoami"));
}

#[test]
fn rows_show_what_a_store_keeps() {
    let hunt = "p = GET process FROM stixshifter://lab WHERE pid = 10\nDISP p ATTR name\n";
    let huntc = Huntc::new().file("log.ndjson", LOG).file("h.hf", hunt);
    assert_eq!(huntc.run("ingest log.ndjson --store s").code, Some(0));
    assert_eq!(huntc.run("run h.hf --source lab=s --out r").code, Some(0));
    let found = evidence(&page(&huntc, "r"));
    assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["log.ndjson:1", "log.ndjson:3"]);
    let document: serde_json::Value = serde_json::from_str(&found[0].1).unwrap();
    assert_eq!((&document["process.command_line"], &document["process.pid"]), (&"cmd /c whoami".into(), &10.into()));
}

#[test]
fn rows_show_the_documents_of_a_cluster() {
    let hunt = "p = GET process FROM stixshifter://lab WHERE pid = 10 START 2026-01-01T00:00:00Z STOP 2026-01-02T00:00:00Z\nDISP p ATTR name\n";
    for server in running(&["elasticsearch-9", "opensearch-3"]) {
        server.put_template();
        let index = "winlogbeat-evidence";
        server.create(index, r#"{"settings":{"number_of_shards":1,"number_of_replicas":0}}"#);
        assert_eq!(server.load(index, LOG.lines()), 3);
        let huntc = Huntc::new().file("h.hf", hunt);
        let ran = huntc.run(&format!("run h.hf --source lab={}/{index} --out r", server.url.trim_end_matches('/')));
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        let found = evidence(&page(&huntc, "r"));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].0.starts_with("winlogbeat-evidence/") && found[0].1 == LOG.lines().next().unwrap(), "{found:?}");
        server.delete(index);
    }
}

#[test]
fn prose_of_a_huntbook_stands_between_its_statements() {
    let cell = |kind: &str, text: &str| serde_json::json!({"cell_type": kind, "metadata": {}, "source": text, "outputs": []});
    let cells = [
        cell("markdown", "# Why\n\nShells are *loud*. <script>alert(1)</script> [more](javascript:alert(1))"),
        cell("code", "p = GET process FROM stixshifter://lab WHERE pid > 0"),
        cell("markdown", "Then we look."),
        cell("code", "DISP p ATTR name"),
    ];
    let kernel = serde_json::json!({"kernelspec": {"name": "kestrel", "display_name": "k", "language": "kestrel"}});
    let book = serde_json::json!({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells});
    let huntc = Huntc::new().file("log.ndjson", LOG).file("b.ipynb", book.to_string());
    let ran = huntc.run("run b.ipynb --source lab=log.ndjson --out r");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let page = page(&huntc, "r");
    let place = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part}: {page}"));
    let parts = [
        "<h3>Why</h3>",
        "Shells are <em>loud</em>",
        "&lt;script&gt;alert(1)",
        "<i class=\"k\">GET</i>",
        "Then we look.",
        "<i class=\"k\">DISP</i>",
    ];
    assert!(parts.map(place).is_sorted());
    assert!(!page.contains("href=\"javascript") && page.contains("more (javascript:alert(1))"));
}
