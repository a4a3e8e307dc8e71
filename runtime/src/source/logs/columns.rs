//! Which ECS field each column of a table, or each value of other JSON, becomes: `[sources.NAME.columns]` of `huntc.toml`.

use super::flat_record::{FlatRecord, flat};
use super::piece::{Block, Layout, Piece};
use super::read_value::{iso, text};
use super::spare::Spare;
use crate::source::document_time;
use foldhash::HashMap;
use huntc_compiler::time::Instant;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

/// The columns of a source.
#[derive(Clone, Debug, Default)]
pub struct ColumnTable {
    /// Where the time of a record stands; `None`: in `@timestamp`.
    pub time: Option<TimeColumn>,
    /// For each column, or dotted path, the fields that get its value.
    pub fields: HashMap<String, Vec<String>>,
    /// Fields that have one value in all records.
    pub constants: Vec<(String, String)>,
}

/// The time of a record.
#[derive(Clone, Debug)]
pub struct TimeColumn {
    /// The columns whose texts, with blanks between them, are the time.
    pub columns: Vec<String>,
    /// How it is written.
    pub form: TimeForm,
    /// The zone of texts that name none.
    pub zone: TimeZone,
}

/// How a time is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TimeForm {
    /// A date as in ISO 8601.
    Iso,
    /// A number of so many nanoseconds each since 1970.
    Since1970(i64),
    /// A number of 100 nanoseconds since 1601, as Windows counts.
    Windows,
    /// As `strftime` describes it.
    Pattern(String),
}

impl TimeColumn {
    /// The time that a text means.
    pub fn read(&self, text: &str) -> Option<Instant> {
        let text = text.trim();
        match &self.form {
            TimeForm::Iso => self.iso(text),
            TimeForm::Since1970(unit) => number(text, *unit),
            TimeForm::Windows => {
                const FROM_1601: i64 = 11_644_473_600 * 10_000_000;
                text.parse::<i64>().ok()?.checked_sub(FROM_1601)?.checked_mul(100).map(Instant)
            }
            TimeForm::Pattern(pattern) => {
                let parts = strtime::BrokenDownTime::parse(pattern, text).ok()?;
                let stamp = match parts.to_timestamp() {
                    Ok(stamp) => stamp,
                    // Without a zone of its own; at the end of summer time the first of two is meant.
                    Err(_) => parts.to_datetime().ok()?.to_zoned(self.zone.clone()).ok()?.timestamp(),
                };
                Some(Instant(i64::try_from(stamp.as_nanosecond()).ok()?))
            }
        }
    }

    fn iso(&self, text: &str) -> Option<Instant> {
        if let Ok(local) = text.parse::<DateTime>()
            && !names_a_zone(text)
        {
            let stamp = local.to_zoned(self.zone.clone()).ok()?.timestamp();
            return Some(Instant(i64::try_from(stamp.as_nanosecond()).ok()?));
        }
        document_time::of_text(text)
    }
}

/// Names that stand in paths, for tables that have no column of them.
const NAMES: [(&str, &str); 4] = [
    ("process.executable", "process.name"),
    ("process.parent.executable", "process.parent.name"),
    ("file.path", "file.name"),
    ("dll.path", "dll.name"),
];

/// Whether a date ends with a zone.
fn names_a_zone(text: &str) -> bool {
    let clock = text.get(10..).unwrap_or_default();
    clock.ends_with(['Z', 'z']) || clock.contains(['+', '-', '['])
}

/// A number with a fraction in nanoseconds.
fn number(text: &str, unit: i64) -> Option<Instant> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    let digits = fraction.get(..fraction.len().min(9))?;
    let part: i64 = if digits.is_empty() { 0 } else { digits.parse().ok().filter(|part| *part >= 0)? };
    let part = i128::from(part) * i128::from(unit) / 10_i128.pow(u32::try_from(digits.len()).ok()?);
    let nanos = i128::from(whole) * i128::from(unit) + if text.starts_with('-') { -part } else { part };
    Some(Instant(i64::try_from(nanos).ok()?))
}

impl ColumnTable {
    /// The record of a row. What has no field keeps the name of its column.
    pub(super) fn record<'v>(&self, row: impl Iterator<Item = (&'v str, Value)>) -> FlatRecord {
        let mut record = FlatRecord::default();
        let mut time: Vec<Option<String>> = self.time.iter().flat_map(|time| &time.columns).map(|_| None).collect();
        for (column, value) in row {
            let part = self.time.as_ref().and_then(|time| time.columns.iter().position(|own| own == column));
            let of_time = part.is_some();
            if let Some(part) = part.and_then(|at| time.get_mut(at)) {
                part.get_or_insert_with(|| text(&value).unwrap_or_default());
            }
            match self.fields.get(column) {
                Some(fields) => fields.iter().for_each(|field| record.put(field, value.clone())),
                None if of_time || column.is_empty() => {}
                None => record.put(column, value),
            }
        }
        for (field, value) in &self.constants {
            record.put(field, value.as_str());
        }
        for (path, name) in NAMES {
            let last =
                record.first(path).and_then(Value::as_str).and_then(|path| path.rsplit(['\\', '/']).next()).map(str::to_owned);
            record.put_unless_there(name, &last.unwrap_or_default());
        }
        if let Some(column) = &self.time {
            let said = time.into_iter().flatten().collect::<Vec<_>>().join(" ");
            // A text that is no time is told as that.
            record.put_first("@timestamp", &column.read(&said).map_or(said, iso));
        }
        record
    }

    /// Whether it names this column.
    pub(super) fn names(&self, column: &str) -> bool {
        self.fields.contains_key(column) || self.time.iter().flat_map(|time| &time.columns).any(|own| own == column)
    }

    /// A piece of a log in JSON, in which each document without `@timestamp` has its fields.
    pub(super) fn piece(&self, piece: Piece, spare: &Spare) -> Piece {
        match piece {
            Piece::Block(Block { layout: layout @ (Layout::Lines | Layout::Elements), first, bytes }) => {
                let mut out = spare.take(bytes.len());
                for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                    match self.document(line) {
                        Some(record) => {
                            record.write(&mut out);
                            out.push(b'\n');
                        }
                        None => out.extend_from_slice(line),
                    }
                }
                spare.give(bytes);
                Piece::Block(Block { layout, first, bytes: out })
            }
            piece => piece,
        }
    }

    fn document(&self, line: &[u8]) -> Option<FlatRecord> {
        let mut object: Map<String, Value> = serde_json::from_slice(line).ok()?;
        if let Some(Value::Object(source)) = object.remove("_source") {
            object.retain(|key, _| matches!(key.as_str(), "_id" | "_index" | "_version"));
            object.extend(source);
        }
        let mut values = Vec::new();
        // What has too many names is left to the parser, which tells it.
        flat(&object, &mut |path, value| values.push((path.to_owned(), value))).ok()?;
        if object.contains_key("@timestamp") || !values.iter().any(|(path, _)| self.names(path)) {
            return None;
        }
        Some(self.record(values.iter().map(|(path, value)| (path.as_str(), value.clone()))))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn time(form: TimeForm, zone: &str) -> TimeColumn {
        TimeColumn { columns: vec!["t".into(), "u".into()], form, zone: TimeZone::get(zone).unwrap() }
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        let pattern = |text: &str| TimeForm::Pattern(text.to_owned());
        for (form, zone, text, wanted) in [
            (TimeForm::Iso, "UTC", "2020-10-22T06:58:00Z", Some("2020-10-22T06:58:00Z")),
            (TimeForm::Iso, "Europe/Berlin", "2020-10-22 08:58:00.5", Some("2020-10-22T06:58:00.5Z")),
            (TimeForm::Iso, "Europe/Berlin", "2020-10-22T06:58:00+00:00", Some("2020-10-22T06:58:00Z")),
            (TimeForm::Iso, "UTC", "yesterday", None),
            (pattern("%d/%m/%Y %H:%M:%S"), "Europe/Berlin", "22/10/2020 08:58:00", Some("2020-10-22T06:58:00Z")),
            (pattern("%d/%m/%Y %H:%M:%S %z"), "Europe/Berlin", "22/10/2020 08:58:00 +0000", Some("2020-10-22T08:58:00Z")),
            (pattern("%m/%d/%Y %I:%M:%S %p"), "UTC", "10/22/2020 6:58:00 AM", Some("2020-10-22T06:58:00Z")),
            // An hour that is twice there is the first, one that is not there the next.
            (pattern("%Y-%m-%d %H:%M"), "Europe/Berlin", "2020-10-25 02:30", Some("2020-10-25T00:30:00Z")),
            (pattern("%Y-%m-%d %H:%M"), "Europe/Berlin", "2020-03-29 02:30", Some("2020-03-29T01:30:00Z")),
            (pattern("%d/%m/%Y"), "UTC", "31/02/2020", None),
            (TimeForm::Since1970(1_000_000_000), "UTC", "1603349880.25", Some("2020-10-22T06:58:00.25Z")),
            (TimeForm::Since1970(1_000_000), "UTC", "1603349880462", Some("2020-10-22T06:58:00.462Z")),
            (TimeForm::Since1970(1_000), "UTC", "99999999999999999999", None),
            (TimeForm::Windows, "UTC", "132478234800000000", Some("2020-10-22T06:58:00Z")),
        ] {
            let read = time(form.clone(), zone).read(text).map(iso);
            assert_eq!(read.as_deref(), wanted, "{form:?} {text}");
        }
    }

    #[test]
    fn rows_become_records() {
        let columns = ColumnTable {
            time: Some(time(TimeForm::Iso, "UTC")),
            fields: [
                ("Name".to_owned(), vec!["process.name".to_owned(), "file.name".to_owned()]),
                ("Image".to_owned(), vec!["process.executable".to_owned()]),
            ]
            .into_iter()
            .collect(),
            constants: vec![("event.category".to_owned(), "process".to_owned())],
        };
        let row = [("u", "06:58:00"), ("t", "2020-10-22"), ("Name", "a.exe"), ("Other", "x"), ("Empty", ""), ("", "y")];
        let mut out = Vec::new();
        columns.record(row.into_iter().map(|(column, text)| (column, text.into()))).write(&mut out);
        let wanted = json!({"@timestamp": "2020-10-22T06:58:00Z", "process.name": "a.exe", "file.name": "a.exe", "Other": "x",
            "event.category": "process"});
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), wanted);
        // A name that no column has is that of the path.
        for (row, name) in [(&[("Image", "C:\\a.b\\c.exe")][..], "c.exe"), (&[("Image", "/bin/sh"), ("Name", "ash")], "ash")] {
            let mut out = Vec::new();
            columns.record(row.iter().map(|(column, text)| (*column, (*text).into()))).write(&mut out);
            assert_eq!(serde_json::from_slice::<Value>(&out).unwrap()["process.name"], name);
        }
        let json = |text: &str| {
            columns.document(text.as_bytes()).map(|record| {
                let mut out = Vec::new();
                record.write(&mut out);
                serde_json::from_slice::<Value>(&out).unwrap()
            })
        };
        let found = json(r#"{"t":"2020-10-22","u":"06:58:00","a":{"b":[1,2]}}"#);
        assert_eq!(found, Some(json!({"@timestamp": "2020-10-22T06:58:00Z", "a.b": [1, 2], "event.category": "process"})));
        assert_eq!(json(r#"{"@timestamp":1,"Name":"a"}"#), None);
        assert_eq!(json(r#"{"odd":1}"#), None);
    }
}
