//! The table of fields that records are known to have: the Elastic Common Schema and the modules that ship records
//! (`data/record_fields.csv`, made by `data/make-record-fields.py`).
//!
//! It has thousands of rows, of which a hunt names a few: it stays text, sorted by name, and is searched where it lies.

use super::words::{field_type, value_type};
use super::{FieldType, ValueType};

static TEXT: &str = include_str!("data/record_fields.csv");

/// A row of the field table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnownField {
    /// The field, or a group whose keys nobody lists: `winlog.event_data.*`.
    pub name: &'static str,
    /// The index type that its definition gives it.
    pub index: FieldType,
    /// How its values are read and compared.
    pub ty: ValueType,
    /// Whether a record may have several values.
    pub many: bool,
    /// Who defines it: `ecs`, or a shipper and its module, `filebeat/zeek`.
    pub source: &'static str,
    /// The newer name, under which records have it today.
    pub now: Option<&'static str>,
}

impl KnownField {
    /// Whether it is a group whose keys nobody lists.
    pub fn is_open(&self) -> bool {
        self.name.ends_with(".*")
    }
}

/// All rows, sorted by name.
pub fn known_fields() -> impl Iterator<Item = KnownField> {
    rows().lines().filter_map(row)
}

/// The row of a field: its own, else that of the innermost open group that it stands in.
pub fn known_field(name: &str) -> Option<KnownField> {
    listed(name).or_else(|| open_group(name))
}

/// Whether a user may say which type a field has: one that the table lacks, or a key of an open group.
pub fn may_be_retyped(name: &str) -> bool {
    listed(name).is_none() || open_group(name).is_some()
}

/// The row of the innermost open group that a field stands in.
fn open_group(name: &str) -> Option<KnownField> {
    let dots = name.char_indices().rev().filter(|(_, c)| *c == '.').map(|(at, _)| at);
    dots.filter(|at| at + 1 < name.len()).find_map(|at| listed(&format!("{}.*", name.get(..at)?)))
}

/// The row of exactly this name.
fn listed(name: &str) -> Option<KnownField> {
    let text = rows();
    // The row lies in `text[low..high]`, and both are beginnings of lines.
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = text.get(..middle)?.rfind('\n').map_or(0, |at| at + 1).max(low);
        let line = text.get(start..)?.lines().next()?;
        match line.split(',').next()?.cmp(name) {
            std::cmp::Ordering::Equal => return row(line),
            std::cmp::Ordering::Less => low = start + line.len() + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

/// The rows below comments and header.
fn rows() -> &'static str {
    let header = "field,type,flags,source,now\n";
    TEXT.find(header).and_then(|at| TEXT.get(at + header.len()..)).unwrap_or_default()
}

fn row(line: &'static str) -> Option<KnownField> {
    let mut cells = line.split(',');
    let (name, index, flags) = (cells.next()?, field_type(cells.next()?)?, cells.next()?);
    let (source, now) = (cells.next()?, cells.next().filter(|now| !now.is_empty()));
    let identifier = flags.split(' ').find_map(value_type);
    let many = flags.split(' ').any(|flag| flag == "many");
    Some(KnownField { name, index, ty: identifier.unwrap_or_else(|| usual(index)), many, source, now })
}

/// How the values of a field compare, by its index type.
fn usual(index: FieldType) -> ValueType {
    match index {
        FieldType::Keyword | FieldType::Wildcard | FieldType::Text => ValueType::Text,
        FieldType::Ip => ValueType::Address,
        FieldType::Long => ValueType::Integer,
        FieldType::Float => ValueType::Float,
        FieldType::Date => ValueType::Time,
        FieldType::Boolean => ValueType::Boolean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_row_and_they_are_sorted() {
        let all: Vec<KnownField> = known_fields().collect();
        assert_eq!(all.len(), rows().lines().count());
        assert!(all.len() > 6_000);
        assert!(all.windows(2).all(|pair| matches!(pair, [a, b] if a.name < b.name)));
        for field in &all {
            assert_eq!(listed(field.name), Some(*field));
            assert!(field.now.is_none_or(|now| listed(now).is_some_and(|row| row.now.is_none())), "{field:?}");
        }
    }

    #[test]
    fn a_name_that_is_not_listed_is_not_found() {
        for name in ["", "a", "host", "host.nam", "host.namee", "zzz", ".", "host..name", "~", "é.a", "labels", "labels."] {
            assert_eq!(known_field(name), None, "{name}");
        }
    }

    #[test]
    fn keys_of_open_groups_are_found_by_their_group() {
        let name = |field: &str| known_field(field).map(|row| row.name);
        assert_eq!(name("winlog.event_data.Unlisted"), Some("winlog.event_data.*"));
        assert_eq!(name("winlog.event_data.LogonType"), Some("winlog.event_data.LogonType"));
        assert_eq!(name("labels.a.b.c"), Some("labels.*"));
        assert_eq!(known_field("winlog.event_data.é"), known_field("winlog.event_data.x"));
    }
}
