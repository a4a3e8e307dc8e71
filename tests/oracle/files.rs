//! SAVE and LOAD: what a file of a hunt holds, and what comes back of it.

use super::identity::of_row;
use super::value::Val;
use super::variable::{At, Shape, Sighting, Var, View};
use super::{Hunt, attributes};
use huntc_compiler::commands::{load::Load, save::Save};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A saved table. The type is in it; null is an empty cell of CSV, a list is JSON in one.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    entity: String,
    rows: Vec<BTreeMap<String, Json>>,
}

impl Hunt<'_> {
    /// A row for each row of the variable: the attributes that DISP shows, and those of the identity.
    pub(crate) fn save(&mut self, save: &Save) -> Result<(), String> {
        let var = self.var(&save.variable.text)?;
        let mut columns = var.all_columns().ok_or("columns that the oracle does not know")?;
        if var.kept.is_none() && !matches!(var.shape, Shape::Table(..)) {
            for name in attributes::identity(&var.entity) {
                if !columns.iter().any(|(_, n)| n == name) {
                    columns.push(((*name).to_owned(), (*name).to_owned()));
                }
            }
        }
        let csv = save.path.text.contains(".csv");
        let view = View::of(&var, self.world);
        let cell = |value: Option<Val>| match value {
            None => Json::Null,
            Some(value) if csv => match value.text() {
                empty if empty.is_empty() => Json::Null,
                text => Json::from(text),
            },
            Some(value) => value.json(),
        };
        let row = |id| columns.iter().map(|(header, name)| (header.clone(), cell(view.value(&id, name)))).collect();
        let rows = var.rows(self.world).into_iter().map(row).collect();
        self.files.insert(save.path.text.clone(), Saved { entity: var.entity.clone(), rows });
        Ok(())
    }

    /// As NEW, but every value is read as its attribute's type; a value that is none is absent.
    pub(crate) fn load(&self, load: &Load) -> Result<Var, String> {
        let saved = self.files.get(&load.path.text).ok_or("a file that the hunt did not save")?;
        let mut var = Var::new(&saved.entity, self.world.default_window(), self.last.clone().unwrap_or_default());
        var.born = "load";
        for (number, cells) in saved.rows.iter().enumerate() {
            let mut row = BTreeMap::new();
            for (header, cell) in cells {
                let name = header.replace("[*]", "").replace('\'', "");
                let field = super::record_fields::record_field(&saved.entity, &name);
                let many = attributes::of(&saved.entity).iter().chain(field).any(|a| a.name == name && a.many);
                row.insert(name, read(cell, many));
            }
            let ident = of_row(&saved.entity, &row, number);
            var.sightings.push(Sighting { ident, counted: true, undecided: false, at: At::Given(Rc::new(row)) });
        }
        Ok(var)
    }
}

fn read(cell: &Json, many: bool) -> Option<Val> {
    match cell {
        Json::Null | Json::Object(_) => None,
        Json::Bool(b) => Some(Val::Bool(*b)),
        Json::Number(n) => n.as_i64().map(Val::Int).or_else(|| n.as_f64().map(Val::Float)),
        Json::String(text) if many && text.starts_with('[') => match serde_json::from_str(text) {
            Ok(Json::Array(items)) => read(&Json::Array(items), many),
            _ => Some(Val::Text(text.clone())),
        },
        Json::String(text) => Some(Val::Text(text.clone())),
        Json::Array(items) => Some(Val::List(items.iter().filter_map(|i| read(i, false)).collect())),
    }
}
