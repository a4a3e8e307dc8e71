//! What SAVE may replace: a file of an earlier SAVE. A huntflow names the file, and must not destroy those of other programs.

use super::packing::{Packing, open};
use super::rows::{csv_beginning, json_beginning};
use super::tables;
use std::io::{ErrorKind, Read, Result};
use std::path::Path;

/// Bytes of a JSON file that are read to know its first row.
const MOST_READ: u64 = 1 << 20;
/// The most bytes of a Parquet file whose columns are looked at, which are named at its end.
const MOST_TABLE: u64 = 4 << 30;

/// Whether the file is there, holds something, and no SAVE wrote it. Each row of SAVE has a `type`, a table's header begins with it.
pub(super) fn is_foreign(path: &Path, format: &str, packing: Packing) -> Result<bool> {
    let file = match open(path, Packing::Plain) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(e),
    };
    if beginning(file)?.is_empty() {
        return Ok(false);
    }
    if format == tables::FORMAT {
        return Ok(!tables::is_own(path, MOST_TABLE));
    }
    // What cannot be unpacked was packed by nobody.
    let Ok(file) = open(path, packing) else { return Ok(true) };
    let own = match format {
        "json" => {
            let again = || open(path, packing);
            json_beginning(file, &again, MOST_READ).is_some_and(|table| table.first.contains_key("type")) || is_empty(path, packing)
        }
        _ => csv_beginning(file).is_some_and(|(header, _)| header.first().is_some_and(|name| name == "type")),
    };
    Ok(!own)
}

/// Whether a JSON file is a table without rows.
fn is_empty(path: &Path, packing: Packing) -> bool {
    open(path, packing).and_then(beginning).is_ok_and(|text| text.trim_end() == "[]")
}

fn beginning(file: Box<dyn Read>) -> Result<String> {
    let mut bytes = Vec::new();
    file.take(8).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_tables_of_save_are_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        assert!(!is_foreign(&file, "csv", Packing::Plain).unwrap(), "nothing is there");
        for (format, text, foreign) in [
            ("csv", "", false),
            ("csv", "type,name\nprocess,a\n", false),
            ("csv", "type\n", false),
            ("csv", "types,name\n", true),
            ("csv", "name\na\n", true),
            ("json", "[]\n", false),
            ("json", "[\n  {\n    \"type\": \"process\"\n  }\n]\n", false),
            ("json", "[{\"name\":\"a\"}]", true),
            ("json", "{\"type\": \"module\"}", true),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(is_foreign(&file, format, Packing::Plain).unwrap(), foreign, "{text}");
        }
        assert!(is_foreign(&file, "json", Packing::Gzip).unwrap(), "it is not packed");
    }
}
