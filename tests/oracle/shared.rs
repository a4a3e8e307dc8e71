//! The telemetry and worked examples that stand beside the repository, where they do.

use super::document::{Record, open, read};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The folder `shared`: `HUNTC_SHARED`, or beside the repository. `None` where there is none, which is a failure with
/// `HUNTC_REQUIRE_SHARED=1`.
pub(crate) fn folder() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("HUNTC_SHARED").map(PathBuf::from);
    let beside = ["../shared", "../../shared"].map(|p| root.join(p));
    let found = named.into_iter().chain(beside).find(|p| p.join("examples-2.json").is_file());
    let required = std::env::var_os("HUNTC_REQUIRE_SHARED").is_some_and(|v| v == "1");
    assert!(found.is_some() || !required, "no folder `shared` beside the repository, and HUNTC_REQUIRE_SHARED is set");
    found.map(|p| p.canonicalize().expect("a readable folder"))
}

/// The text of a file, gzipped by its name.
pub(crate) fn text(path: &Path) -> String {
    let mut text = String::new();
    open(path).read_to_string(&mut text).expect("UTF-8");
    text
}

type Loaded = BTreeMap<PathBuf, Arc<Vec<Record>>>;

static LOADED: Mutex<Loaded> = Mutex::new(Loaded::new());

/// The records of a file, read once for all tests.
pub(crate) fn records(path: &Path) -> Arc<Vec<Record>> {
    let mut loaded = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    loaded.entry(path.to_owned()).or_insert_with(|| Arc::new(read(path))).clone()
}
