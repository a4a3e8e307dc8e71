//! Tables out of written rows: NEW and LOAD.

use crate::sight::compare::normal;
use crate::table::{Entity, Key, Rung, Sighting, Table};
use huntc_compiler::catalog::{Catalog, EntityId};
use huntc_compiler::plan::{Attr, Column};
use huntc_compiler::value::Value;
use rustc_hash::FxHashMap;

/// A table of rows without records. Rows with the same identity are one entity; a row without identity is an entity of
/// its own. Attributes that the catalog lacks become added columns.
pub fn table(entity: EntityId, columns: &[Column], rows: &[Vec<Option<Value>>], catalog: &Catalog) -> Table {
    let known: Vec<(usize, Attr)> =
        columns.iter().enumerate().filter(|(_, c)| matches!(c.attr, Attr::Catalog(_))).map(|(i, c)| (i, c.attr.clone())).collect();
    let extra: Vec<(usize, String)> = columns
        .iter()
        .enumerate()
        .filter_map(|(i, c)| match &c.attr {
            Attr::Catalog(_) => None,
            Attr::Sighting(_) => Some((i, c.header.clone())),
            Attr::Added(name) => Some((i, name.clone())),
        })
        .collect();
    let mut out = Table::empty(Some(entity), &known.iter().map(|(_, a)| a.clone()).collect::<Vec<_>>());
    out.added = extra.iter().map(|(_, n)| n.clone()).collect();
    let mut index: FxHashMap<Key, usize> = FxHashMap::default();
    for (number, row) in rows.iter().enumerate() {
        let value = |at: usize| row.get(at).cloned().flatten();
        let of = |attr: &Attr| known.iter().find(|(_, a)| a == attr).and_then(|(at, _)| value(*at));
        let key = key(entity, number as u64 + 1, &of, catalog);
        let sighting = Sighting {
            record: None,
            slot: 0,
            time: None,
            counted: true,
            creation: false,
            observation: None,
            values: known.iter().map(|(at, _)| value(*at)).collect(),
        };
        let added: Vec<Option<Value>> = extra.iter().map(|(at, _)| value(*at)).collect();
        if let Some(one) = index.get(&key).and_then(|at| out.entities.get_mut(*at)) {
            one.sightings.push(sighting);
            for (slot, value) in one.added.iter_mut().zip(added) {
                *slot = slot.take().or(value);
            }
        } else {
            index.insert(key.clone(), out.entities.len());
            out.entities.push(Entity { key, sightings: vec![sighting], added });
        }
    }
    out.sort_by_time();
    out
}

fn key(entity: EntityId, number: u64, of: &dyn Fn(&Attr) -> Option<Value>, catalog: &Catalog) -> Key {
    let kind = catalog.get(entity);
    let part = |attr: &huntc_compiler::catalog::AttrId| {
        let ty = kind.attributes[usize::from(attr.0)].ty;
        of(&Attr::Catalog(*attr)).map(|v| normal(&v, ty, false))
    };
    let parts = kind.identity.key.iter().map(part).collect();
    let missing = kind.identity.per_record || kind.identity.required.iter().any(|a| part(a).is_none());
    let rung = if kind.identity.ladder { Rung::EntityId } else { Rung::Plain };
    Key { rung, parts, host: None, unique: if missing { number } else { 0 } }
}
