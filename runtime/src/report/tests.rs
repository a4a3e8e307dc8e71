//! The report that the tests of all report formats use.

use super::RunReport;
use super::model::{Display, HuntReport, RequestReport, RequestStatus, SourceReport, Status, VariableReport};
use super::sightings::SightingsReport;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::{Instant, TimeRange};
use huntc_compiler::value::Value;
use std::time::Duration;

pub(crate) fn display(variable: &str, columns: &[&str], rows: Vec<Vec<Option<Value>>>) -> Display {
    Display {
        statement: 2,
        command: "DISP",
        variable: variable.to_owned(),
        columns: columns.iter().map(|c| (*c).to_owned()).collect(),
        total: rows.len() as u64,
        rows,
        missing: None,
        complete: true,
        tree: Vec::new(),
        evidence: Vec::new(),
    }
}

pub(crate) fn variable(name: &str, entities: u64) -> VariableReport {
    let at = |text| Instant::parse(text).unwrap_or(Instant(0));
    VariableReport {
        name: name.to_owned(),
        statement: 1,
        version: 1,
        entity: "process".to_owned(),
        grouped: false,
        entities: Some(entities),
        records: Some(entities * 2),
        unidentified: Some(1),
        undecided: Some(0),
        rungs: vec![("entity_id".to_owned(), entities)],
        window: Some(TimeRange::new(at("2020-10-22T06:55:00Z"), at("2020-10-22T07:00:00Z"))),
        sources: vec!["stixshifter://host101".to_owned()],
        keys: Some(vec![vec![Some(Value::text("{39e4a257}")), None]]),
        complete: true,
        elapsed: Duration::from_millis(12),
    }
}

pub(crate) fn request() -> RequestReport {
    RequestReport {
        id: "n3.0".to_owned(),
        statement: 1,
        source: "stixshifter://host101".to_owned(),
        purpose: "line 1: GET process".to_owned(),
        window: None,
        place: None,
        sent: Vec::new(),
        query: serde_json::json!({ "term": { "process.name": "svchost.exe" } }),
        fields: vec!["@timestamp".to_owned(), "process.name".to_owned()],
        exact: true,
        status: RequestStatus::Ok,
        records: 4,
        pages: 1,
        tuples: None,
        uncounted: None,
        retries: 0,
        elapsed: Duration::from_millis(7),
        complete: true,
    }
}

/// A run of these files. Each has one table with rows as attackers write them.
pub(crate) fn run(files: &[&str]) -> RunReport {
    let hunt = |file: &&str| HuntReport {
        file: (*file).to_owned(),
        text: None,
        status: Status::Ok,
        complete: true,
        parameters: Vec::new(),
        variables: vec![variable("tasks", 2)],
        displays: vec![display(
            "tasks",
            &["name", "pid"],
            vec![
                vec![Some(Value::text("<script>\u{202e}exe.gpj\u{1b}[2J")), Some(Value::Int(4824))],
                vec![Some(Value::text("=cmd|' /C calc'!A0")), None],
            ],
        )],
        attachments: Vec::new(),
        nodes: Vec::new(),
        sightings: SightingsReport::default(),
        requests: vec![request()],
        sources: vec![SourceReport {
            name: "host101".to_owned(),
            records: Some(8),
            skipped: 1,
            skipped_lines: vec!["logs/\u{1b}[2J.log:3: not valid JSON".to_owned()],
            left_out: vec![("logs/<b>.zip".to_owned(), "a zip archive".to_owned())],
            mended: 1,
            mended_lines: vec!["logs/\u{1b}[2J.log:9: what is no character is U+FFFD".to_owned()],
            part: None,
            clocks: vec!["logs/\u{1b}<i>.json: 2 of 2 Sysmon events were logged 4h before their own UtcTime".to_owned()],
            indices: vec!["logs-<b>".to_owned()],
            passed_over: vec![("logs-\u{1b}<c>".to_owned(), "closed")],
        }],
        diagnostics: Vec::new(),
        elapsed: Duration::from_millis(20),
    };
    RunReport {
        now: Instant::from_millis(1_603_350_000_000),
        hunts: files.iter().map(hunt).collect(),
        sources: SourceSet::default(),
        elapsed: Duration::from_millis(21),
    }
}
