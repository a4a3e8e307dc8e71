//! The table of functions (`data/functions.csv`): what the reference says of them.

use super::table::read;
use super::{Catalog, Problem};

/// A function, as the reference shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionRow {
    /// `COUNT`.
    pub name: String,
    /// Where it is called: `aggregate` (GROUP … WITH) or `computed` (an assignment's WITH).
    pub kind: String,
    /// What it takes, in words.
    pub takes: String,
    /// What it gives, in words.
    pub gives: String,
    /// What it does.
    pub about: String,
    /// A statement about processes `x` that calls it.
    pub example: String,
}

impl Catalog {
    /// All functions, in the order of the table.
    pub fn functions() -> Vec<FunctionRow> {
        functions().0
    }
}

/// The functions, and the mistakes in their table; a test asserts that there are none.
fn functions() -> (Vec<FunctionRow>, Vec<Problem>) {
    let mut problems = Vec::new();
    let columns = ["function", "kind", "takes", "gives", "about", "example"];
    let rows = read("functions.csv", include_str!("data/functions.csv"), columns, &mut problems);
    let row = |cells: [super::table::CsvCell<'_>; 6]| {
        let [name, kind, takes, gives, about, example] = cells.map(|cell| cell.text.into_owned());
        FunctionRow { name, kind, takes, gives, about, example }
    };
    (rows.into_iter().map(row).collect(), problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::hir::Function;

    #[test]
    fn every_aggregate_is_listed_and_the_table_has_no_mistake() {
        let (rows, problems) = functions();
        assert!(problems.is_empty(), "{problems:?}");
        let mut listed: Vec<String> =
            rows.iter().filter(|row| row.kind == "aggregate").map(|row| row.name.to_ascii_lowercase()).collect();
        let mut known = Function::ALL.map(Function::word);
        listed.sort();
        known.sort_unstable();
        assert_eq!(listed, known);
        assert!(rows.iter().all(|row| row.example.contains(&format!("{}(", row.name))));
    }
}
