//! Tables that say which ECS field each value of another format becomes: rows of `data/*.csv`.
//!
//! A row has the kind of records that it is about (`*`: all), the field's name there, its ECS name, and how the value is read
//! ([`ReadAs`]). A row without a field gives each record the value in its last column. A field may have several rows. One that has none
//! keeps its name below the format's own: `zeek.http.tags`.

use super::flat_record::FlatRecord;
use super::read_value::ReadAs;
use foldhash::HashMap;
use serde_json::Value;
use std::str::FromStr;

/// The rows of a format.
pub(super) struct FieldTable {
    /// Of each field, by the kind of records, where its values go.
    fields: HashMap<&'static str, Vec<(&'static str, &'static str, ReadAs)>>,
    constants: Vec<(&'static str, &'static str, &'static str)>,
}

impl FieldTable {
    /// Reads a table of `data/`. A row that cannot be read is left out; a test reads all.
    pub(super) fn read(text: &'static str) -> Self {
        let mut table = Self { fields: HashMap::default(), constants: Vec::new() };
        for row in text.lines().skip(1) {
            let mut cells = row.splitn(4, ',');
            let (Some(kind), Some(field), Some(to), Some(how)) = (cells.next(), cells.next(), cells.next(), cells.next()) else {
                continue;
            };
            if field.is_empty() {
                table.constants.push((kind, to, how));
            } else if let Ok(how) = ReadAs::from_str(how) {
                table.fields.entry(field).or_default().push((kind, to, how));
            }
        }
        table
    }

    /// Puts a value where the table says, and says whether it does.
    pub(super) fn put(&self, kind: &str, field: &str, value: &Value, record: &mut FlatRecord) -> bool {
        let Some(rows) = self.fields.get(field) else { return false };
        // What is said of the kind of records is all of it.
        let kind = if rows.iter().any(|(of, _, _)| *of == kind) { kind } else { "*" };
        let mut rows = rows.iter().filter(|(of, _, _)| *of == kind).peekable();
        let known = rows.peek().is_some();
        for (_, to, how) in rows {
            how.read(value, &mut |value| record.put(to, value));
        }
        known
    }

    /// Puts the values that all records of a kind have.
    pub(super) fn put_constants(&self, kind: &str, record: &mut FlatRecord) {
        let of_kind = |to: &str| self.constants.iter().any(|(of, own, _)| *of == kind && *own == to);
        for (of, to, value) in self.constants.iter().filter(|(of, _, _)| *of == kind || *of == "*") {
            // What the record or its kind says comes before what is said of all.
            if *of == kind || !of_kind(to) {
                record.put_unless_there(to, value);
            }
        }
    }

    /// Its rows, for the test that reads each.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.constants.len() + self.fields.values().map(Vec::len).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        for (name, text) in [
            ("zeek", include_str!("data/zeek.csv")),
            ("suricata", include_str!("data/suricata.csv")),
            ("journald", include_str!("data/journald.csv")),
        ] {
            assert_eq!(FieldTable::read(text).len(), text.lines().count() - 1, "{name}");
        }
    }
}
