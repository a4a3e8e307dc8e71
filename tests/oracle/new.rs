//! NEW: entities written in the hunt.

use super::identity::of_row;
use super::value::Val;
use super::variable::{At, Sighting, Var};
use super::{Hunt, attributes};
use huntc_compiler::commands::new::{New, Rows};
use huntc_compiler::syntax::ast::{Literal, LiteralKind};
use std::collections::BTreeMap;
use std::rc::Rc;

fn plain(literal: &Literal) -> Result<Val, String> {
    Ok(match &literal.kind {
        LiteralKind::Text(t) => Val::Text(t.clone()),
        LiteralKind::Word(w) => w.parse().map_or_else(|_| Val::Text(w.clone()), Val::Bool),
        LiteralKind::Int(i) => Val::Int(*i),
        LiteralKind::Float(f) => Val::Float(*f),
        LiteralKind::Time(t) => Val::Time(t.0),
        LiteralKind::Reference(_) | LiteralKind::Parameter(_) | LiteralKind::Error => return Err("not a plain value".to_owned()),
    })
}

/// The attribute that a plain string fills.
fn primary(entity: &str) -> &'static str {
    match entity {
        "process" | "file" => "name",
        "user-account" => "user_id",
        "windows-registry-key" => "key",
        "directory" => "path",
        "x-oca-asset" => "hostname",
        "x-oca-event" => "action",
        _ => "value",
    }
}

impl Hunt<'_> {
    pub(crate) fn new_rows(&self, new: &New) -> Result<Var, String> {
        let mut entity = new.entity.as_ref().map(|e| e.text.clone());
        let mut rows: Vec<BTreeMap<String, Option<Val>>> = Vec::new();
        match &new.rows {
            Rows::Names(names) => {
                let attribute = primary(entity.as_deref().ok_or("NEW needs a type")?);
                for name in names {
                    rows.push(BTreeMap::from([(attribute.to_owned(), Some(plain(name)?))]));
                }
            }
            Rows::Objects(objects) => {
                for object in objects {
                    let mut row = BTreeMap::new();
                    for field in object {
                        let value = field.value.as_ref().map(plain).transpose()?;
                        match (field.key.text.as_str(), value) {
                            ("type", Some(Val::Text(name))) => entity = Some(name),
                            (key, value) => drop(row.insert(key.replace("[*]", "").replace('\'', ""), value)),
                        }
                    }
                    rows.push(row);
                }
            }
            Rows::Error => return Err("unreadable rows".to_owned()),
        }
        let entity = entity.ok_or("NEW needs a type")?;
        if attributes::of(&entity).is_empty() {
            return Err(format!("no type {entity}"));
        }
        let mut var = Var::new(&entity, self.world.default_window(), self.last.clone().unwrap_or_default());
        var.born = "new";
        for (number, row) in rows.into_iter().enumerate() {
            let ident = of_row(&entity, &row, number);
            var.sightings.push(Sighting { ident, counted: true, undecided: false, at: At::Given(Rc::new(row)) });
        }
        Ok(var)
    }
}
