//! Tests of `report.json` and of the other JSON files.

use super::*;
use crate::report::tests::{display, run};

fn text(run: &RunReport, files: bool) -> String {
    let mut out = Vec::new();
    write(run, files, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn report_json_has_the_documented_shape_and_key_order() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../../snapshots/report");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("report-json", text(&run(&["hunts/flow.hf"]), true)));
}

#[test]
fn hostile_text_is_the_same_value_but_harmless_in_a_terminal() {
    let text = text(&run(&["x.hf"]), false);
    assert!(!text.chars().any(|c| sanitize::is_unsafe(c) && c != '\n'));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["hunts"][0]["displays"][0]["rows"][0][0], "<script>\u{202e}exe.gpj\u{1b}[2J");
    assert_eq!(value["hunts"][0]["displays"][0]["rows"][1][1], serde_json::Value::Null);
    assert_eq!(value["hunts"][0]["displays"][0]["rows"][0][1], 4824);
}

#[test]
fn keys_are_there_only_when_asked_for() {
    let mut run = run(&["x.hf"]);
    run.hunts[0].variables[0].keys = None;
    let value: serde_json::Value = serde_json::from_str(&text(&run, false)).unwrap();
    assert!(value["hunts"][0]["variables"][0].get("keys").is_none());
    assert_eq!(value["hunts"][0]["variables"][0]["window"][1], "2020-10-22T07:00:00.000Z");
}

#[test]
fn requests_are_one_a_line_with_their_file() {
    let mut out = Vec::new();
    write_requests(&run(&["a.hf", "b.hf"]), &mut out).unwrap();
    let lines: Vec<serde_json::Value> = String::from_utf8(out).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["file"], "b.hf");
    assert_eq!(lines[1]["query"]["term"]["process.name"], "svchost.exe");
}

#[test]
fn a_display_is_an_array_of_objects_in_column_order() {
    let rows = vec![vec![Some(Value::text("b")), None], vec![Some(Value::Bool(true)), Some(Value::Int(1))]];
    let mut out = Vec::new();
    write_display(&display("x", &["z", "a"], rows), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "[\n{\"z\":\"b\",\"a\":null},\n{\"z\":true,\"a\":1}\n]\n");
    let mut empty = Vec::new();
    write_display(&display("x", &["z"], Vec::new()), &mut empty).unwrap();
    assert_eq!(empty, b"[]\n");
}

/// A value of an attribute.
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum AnyValue {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<AnyValue>),
}

/// The cells of a row in the order of the columns; null is none.
pub(super) type RowSchema = Vec<Option<AnyValue>>;

/// A diagnostic, whose schema is a file of its own.
pub(super) struct DiagnosticSchema;

impl schemars::JsonSchema for DiagnosticSchema {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Diagnostic".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "$ref": "diagnostic.schema.json" })
    }
}

#[test]
fn the_schema_in_the_documentation_is_that_of_the_types() {
    crate::testing::assert_schema::<Document<'_>>("report", "report.json of huntc run");
}
