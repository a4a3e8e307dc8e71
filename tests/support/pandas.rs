//! A Python with pandas: `HUNTC_PANDAS_PYTHON`, else the one that `.ci/run` makes. Where there is none a test says so loudly.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python that has pandas and pyarrow, which `HUNTC_REQUIRE_PANDAS` demands.
pub(crate) fn python(test: &str) -> Option<PathBuf> {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pandas/bin/python");
    let named = std::env::var_os("HUNTC_PANDAS_PYTHON").map_or(made, PathBuf::from);
    let has = Command::new(&named).args(["-c", "import pandas, pyarrow"]).output().is_ok_and(|done| done.status.success());
    assert!(has || std::env::var_os("HUNTC_REQUIRE_PANDAS").is_none(), "no Python with pandas, and HUNTC_REQUIRE_PANDAS is set");
    if !has {
        eprintln!("SKIPPED: {test}: no pandas: `python3 -m venv target/pandas && target/pandas/bin/pip install pandas pyarrow`");
    }
    has.then_some(named)
}
