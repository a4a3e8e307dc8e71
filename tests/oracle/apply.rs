//! APPLY with look-up tables: the tables of the tests, and what they add.

use super::Hunt;
use super::value::Val;
use super::variable::{RowId, Shape, Var, View};
use huntc_compiler::commands::apply::Apply;
use std::fmt::Write as _;

/// A look-up table: the attribute whose text is looked up, the columns that it adds, and its rows. The first row of a key
/// counts, and an empty cell is null.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) uri: &'static str,
    key: &'static str,
    pub(crate) outputs: &'static [&'static str],
    rows: &'static [&'static [&'static str]],
}

/// The tables that every random and written hunt can apply.
pub(crate) const LOOKUPS: &[Lookup] = &[
    Lookup {
        uri: "lookup://names",
        key: "name",
        outputs: &["x_note", "x_rank"],
        rows: &[
            &["cmd.exe", "shell", "1"],
            &["cmd.exe", "never read", "9"],
            &["powershell.exe", "shell", ""],
            &["lsass.exe", "secrets, \"all\" of them", "3"],
            &["svchost.exe", "", "2"],
            &["pröc.exe", "ä", "4"],
        ],
    },
    Lookup {
        uri: "lookup://values",
        key: "value",
        outputs: &["x_owner"],
        rows: &[&["10.0.0.1", "us"], &["::1", "us"], &["fe80::1", "link"], &["evil.com", "them"], &["a.b", ""]],
    },
];

impl Lookup {
    /// The table as CSV.
    pub(crate) fn csv(&self) -> String {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record([self.key].iter().chain(self.outputs)).expect("memory takes it");
        for row in self.rows {
            out.write_record(*row).expect("memory takes it");
        }
        String::from_utf8(out.into_inner().expect("memory takes it")).expect("UTF-8")
    }

    /// Its binding in `huntc.toml`; the table lies in `file`.
    pub(crate) fn binding(&self, file: &str) -> String {
        let mut out = String::new();
        let outputs: Vec<String> = self.outputs.iter().map(|o| format!("{o:?}")).collect();
        let (uri, key) = (self.uri, self.key);
        let _ = writeln!(out, "[analytics.{uri:?}]\nlookup = {file:?}\nkey = {key:?}\noutputs = [{}]", outputs.join(", "));
        out
    }
}

impl Hunt<'_> {
    /// The variables with more attributes, in place: no new version.
    pub(crate) fn apply(&mut self, apply: &Apply) -> Result<(), String> {
        let lookup = LOOKUPS.iter().find(|l| l.uri == apply.analytic.text).ok_or("an analytic that the oracle does not know")?;
        for name in &apply.variables {
            let mut var = Var::clone(&*self.var(&name.text)?);
            let entities = Var { shape: Shape::Entities, order: None, ..var.clone() };
            let view = View::of(&entities, self.world);
            for row in entities.default_rows(self.world) {
                let RowId::Entity(ident) = &row else { continue };
                let text = view.value(&row, lookup.key).map(|v| v.text());
                let hit = text.and_then(|t| lookup.rows.iter().find(|r| r[0] == t));
                for (at, output) in lookup.outputs.iter().enumerate() {
                    let cell = hit.map(|r| r[at + 1]).filter(|t| !t.is_empty());
                    let value = cell.map(|t| Val::Text(t.to_owned()));
                    var.added.entry(ident.clone()).or_default().insert((*output).to_owned(), value);
                }
            }
            for output in lookup.outputs {
                if !var.added_names.iter().any(|n| n == output) {
                    var.added_names.push((*output).to_owned());
                }
            }
            self.vars.insert(name.text.clone(), std::rc::Rc::new(var));
        }
        Ok(())
    }
}
