//! The page of a run: hostile values, and tables with more rows than it shows.

use super::*;
use crate::report::sanitize::is_unsafe;
use crate::report::tests::run;
use hunt::ROWS;

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
    let body = page.split("</style>").nth(1).unwrap().split("<script>").next().unwrap();
    for tag in ["<script", "<img", "<b>", "</pre><s", "onerror=alert(1)>"] {
        assert!(!body.contains(tag), "{tag}");
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.chars().any(|c| is_unsafe(c) && c != '\n'));
    assert!(page.contains("default-src &#39;none&#39;"));
    assert!(page.contains("&lt;script&gt;\\u{202e}exe.gpj\\u{1b}[2J"));
}

#[test]
fn long_tables_say_what_is_only_in_the_file() {
    let mut run = run(&["x.hf"]);
    let display = &mut run.hunts[0].displays[0];
    display.rows = vec![vec![Some(huntc_compiler::value::Value::Int(1)), None]; ROWS + 5];
    display.total = display.rows.len() as u64;
    let page = page(&run);
    assert!(page.contains("<a href=\"01-tasks.csv\">01-tasks.csv</a> has the 5 rows that are not here"));
    assert_eq!(page.matches("<tr\n><td>1").count(), ROWS);
    assert!(page.contains("Without values: pid"));
}
