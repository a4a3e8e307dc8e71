//! What the reference says of functions: of aggregates the table `data/functions.csv`, of those of WITH their own facts.

use super::table::read;
use super::{Catalog, Problem, ValueFunction};

/// A function, as the reference shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionRow {
    /// `COUNT`.
    pub name: String,
    /// Where it is called: `aggregate` (WITH of GROUP) or `computed` (WITH of an assignment).
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
    /// All functions: the aggregates, then those of WITH.
    pub fn functions() -> Vec<FunctionRow> {
        let computed = ValueFunction::ALL.iter().map(|function| {
            let facts = function.facts();
            FunctionRow {
                name: facts.word.to_owned(),
                kind: "computed".to_owned(),
                takes: facts.signature(),
                gives: facts.gives().to_owned(),
                about: facts.doc.to_owned(),
                example: format!("y = x WITH {}", facts.example),
            }
        });
        aggregates().0.into_iter().chain(computed).collect()
    }
}

/// The aggregates, and the mistakes in their table; a test asserts that there are none.
fn aggregates() -> (Vec<FunctionRow>, Vec<Problem>) {
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
        let (rows, problems) = aggregates();
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
