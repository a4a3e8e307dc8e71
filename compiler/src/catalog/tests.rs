//! What must hold of the built-in tables.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

#[test]
fn the_built_in_tables_have_no_mistake() {
    let (catalog, problems) = load::builtin();
    assert!(problems.is_empty(), "{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    assert!(catalog.entities.len() > 30);
}
