//! A file of LOAD: rows or a coded error, and what is loaded is saved and loaded again alike.
//!
//! The first byte tells the format, and whether the hunt says the type.

use super::stored::Folder;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::value::Value;
use huntc_runtime::allowance::Allowance;
use huntc_runtime::load_save::{Loaded, Place, facts, load, reload};

/// Bytes that a file of a few kilobytes may take.
const MEMORY: u64 = 256 << 20;

/// A file.
pub fn check(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let (name, entity) = match kind {
        b'c' => ("x.csv", None),
        b'C' => ("x.csv", Some("process")),
        b'j' => ("x.json", None),
        b'J' => ("x.json", Some("process")),
        b'g' => ("x.json.gz", Some("file")),
        b'z' => ("x.csv.zst", Some("network-traffic")),
        b'p' => ("x.parquet", None),
        b'P' => ("x.parquet.gz", Some("process")),
        _ => return,
    };
    let folder = Folder::new();
    folder.file(name, rest);
    let place = Place { folder: &folder.0, roots: &[] };
    let catalog = Catalog::builtin();
    let known = facts(name, &place);
    let entity = entity.map(|name| catalog.entity(name).unwrap());
    let allowance = Allowance::new(std::sync::Arc::default(), None, Some(MEMORY));
    let loaded = match load(name, &place, entity, catalog, &allowance) {
        Ok(loaded) => loaded,
        Err(error) => {
            assert!(error.code.id.starts_with('K') && !error.message.is_empty());
            return;
        }
    };
    assert!(loaded.rows.iter().all(|row| row.len() == loaded.columns.len()));
    // What a hunt is checked against before it runs.
    let known = known.expect("a file that is loaded could be looked into");
    if let Some(columns) = known.columns {
        assert_eq!(columns, headers(&loaded), "the columns are those that were told before");
    }
    again(name, &loaded, catalog);
}

fn headers<'l>(loaded: &'l Loaded<'_>) -> Vec<&'l str> {
    loaded.columns.iter().map(|column| column.header.as_str()).collect()
}

/// Values of these rows after SAVE and LOAD: a second time they stay what they became the first time.
fn again(name: &str, loaded: &Loaded<'_>, catalog: &Catalog) {
    let allowance = Allowance::default();
    let names = headers(loaded);
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    if unique.len() < names.len() || names.contains(&"type") {
        return;
    }
    let round = |rows: &[Vec<Option<Value>>]| reload(name, loaded.entity, &names, rows, catalog, &allowance);
    let once = round(&loaded.rows).expect("what was loaded can be saved and loaded");
    let by_name = |loaded: &Loaded<'_>| -> Vec<Vec<Option<Value>>> {
        let at = |name: &&str| loaded.columns.iter().position(|column| column.header == **name);
        let places: Vec<Option<usize>> = names.iter().map(at).collect();
        loaded.rows.iter().map(|row| places.iter().map(|at| at.and_then(|at| row.get(at).cloned().flatten())).collect()).collect()
    };
    let first = by_name(&once);
    let twice = round(&first).expect("it can be saved and loaded again");
    assert_eq!(format!("{first:?}"), format!("{:?}", by_name(&twice)), "{name}");
}
