//! Findings of a night as tables of its page: when, where, as whom, and the columns that any of them has.

use super::text::by_time;
use crate::nightly::face;
use crate::nightly::record::KeyRecord;
use crate::report::page::counted;
use crate::report::page::table::{PageRow, TableRows, TableView};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use serde_json::Value as Json;

/// The most rows of a table on the page; the CSV file has all.
const ROWS: usize = 5_000;

/// A column that findings may have: its header, whether it is shown, and its cells.
type FaceColumn<'a> = (&'a str, bool, &'a dyn Fn(&KeyRecord) -> Option<Value>);

/// A table of findings. The caller adds its heading and its file.
pub(super) fn findings_table<'a>(id: String, findings: impl Iterator<Item = &'a (String, KeyRecord)>) -> TableView {
    let findings = by_time(findings);
    let headers = face::headers(findings.iter().copied());
    let any = |has: &dyn Fn(&KeyRecord) -> bool| findings.iter().any(|finding| has(finding));
    let time = |nanos: Option<i64>| nanos.map(|nanos| Value::Time(Instant(nanos)));
    let number = |n: u64| Some(Value::Int(i64::try_from(n).unwrap_or(i64::MAX)));
    let names = |names: &[String]| (!names.is_empty()).then(|| Value::text(face::names(names)));
    let columns: [FaceColumn<'_>; 7] = [
        ("host", any(&|f| !f.hosts.is_empty()), &|f| names(&f.hosts)),
        ("first seen", any(&|f| f.first_event.is_some()), &|f| time(f.first_event)),
        ("last seen", any(&|f| f.nights > 1), &|f| time(f.last_event.or(f.until))),
        ("before that until", any(&|f| f.again.is_some()), &|f| time(f.again)),
        ("nights", any(&|f| f.nights > 1), &|f| number(f.nights)),
        ("user", any(&|f| !f.users.is_empty()), &|f| names(&f.users)),
        ("times", any(&|f| f.entities > 1), &|f| number(f.entities)),
    ];
    let columns: Vec<_> = columns.iter().filter(|(_, wanted, _)| *wanted).collect();
    // What has no columns to show, such as a finding of an older night, is told by its key.
    let keyed = any(&|f| f.face.iter().all(|(_, value)| value.is_null()));
    let cells = |finding: &KeyRecord| -> Vec<Option<Value>> {
        let own = columns.iter().map(|(.., of)| of(finding));
        let shown = headers.iter().map(|header| face::value(finding, header).and_then(cell));
        own.chain(shown).chain(keyed.then(|| Some(Value::text(face::key(finding))))).collect()
    };
    let values: Vec<Vec<Option<Value>>> = findings.iter().take(ROWS).map(|finding| cells(finding)).collect();
    let names = columns.iter().map(|(name, ..)| *name).chain(headers.iter().copied()).chain(keyed.then_some("key"));
    let rows = TableRows { headers: names.collect(), rows: values.iter().map(|cells| row(cells)).collect(), tree: false };
    let mut table = TableView::of(id, &rows);
    table.count = counted(findings.len() as u64, "finding");
    let more = findings.len().saturating_sub(ROWS);
    if more > 0 {
        table.cut = counted(more as u64, "finding");
        table.note = format!("The first {ROWS} of {}.", findings.len());
    }
    table
}

fn row(cells: &[Option<Value>]) -> PageRow<'_> {
    PageRow { cells: cells.iter().map(Option::as_ref).collect(), mark: "", times: String::new(), evidence: None }
}

/// A table of findings that are not told, which have no file of their own.
pub(super) fn folded(id: String, list: &[(String, KeyRecord)], word: &str) -> TableView {
    let mut table = findings_table(id, list.iter());
    word.clone_into(&mut table.heading);
    word.clone_into(&mut table.variable);
    if !table.cut.is_empty() {
        table.note.push_str(" nightly.json has all.");
    }
    table
}

fn cell(value: &Json) -> Option<Value> {
    match value {
        Json::Null => None,
        Json::Number(number) => number.as_i64().map(Value::Int).or_else(|| number.as_f64().map(Value::Float)),
        value => Some(Value::text(face::cell(value))),
    }
}
