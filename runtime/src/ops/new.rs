//! Tables made from written rows: NEW and LOAD.

use crate::matching::{as_type, normal};
use crate::table::{Collector, Key, Rung, Sighting, Table};
use huntc_compiler::catalog::{Catalog, EntityId};
use huntc_compiler::plan::{Attr, Column};
use huntc_compiler::value::Value;
use std::sync::Arc;

/// A table of entities without records. Rows with the same identity are one entity; a row without identity is an entity
/// of its own. Columns that the catalog lacks become added columns.
pub fn table(entity: EntityId, columns: &[Column], rows: &[Vec<Option<Value>>], catalog: &Catalog) -> Table {
    let known: Vec<(usize, Attr)> =
        columns.iter().enumerate().filter(|(_, c)| c.attr.is_read()).map(|(i, c)| (i, c.attr.clone())).collect();
    let extra: Vec<(usize, String)> = columns
        .iter()
        .enumerate()
        .filter_map(|(i, c)| match &c.attr {
            Attr::Catalog(_) | Attr::Record(_) => None,
            Attr::Sighting(_) => Some((i, c.header.clone())),
            Attr::Added(name) => Some((i, name.clone())),
        })
        .collect();
    let mut collector = Collector::default();
    // By the numbers of entities; the first value of an entity counts.
    let mut added: Vec<(String, Vec<Option<Value>>)> = extra.iter().map(|(_, name)| (name.clone(), Vec::new())).collect();
    for (number, row) in rows.iter().enumerate() {
        let value = |at: usize| row.get(at).cloned().flatten();
        // What is nobody's entity id is none here either, and MACs are written one way.
        let typed = |(at, attr): &(usize, Attr)| match attr.value_type(catalog, Some(entity)) {
            Some(ty) if ty.is_identifier() => value(*at).and_then(|v| as_type(&v, ty)),
            _ => value(*at),
        };
        let of = |attr: &Attr| known.iter().find(|(_, a)| a == attr).and_then(typed);
        let number = collector.number(key(entity, number as u32 + 1, &of, catalog));
        let values = collector.tuple(&known.iter().map(typed).collect::<Vec<_>>());
        collector.put(number, Sighting::new(None, None, 0, values), None);
        for ((_, column), (at, _)) in added.iter_mut().zip(&extra) {
            if column.len() <= number as usize {
                column.resize(number as usize + 1, None);
            }
            if let Some(slot @ None) = column.get_mut(number as usize) {
                *slot = value(*at);
            }
        }
    }
    let columns: Vec<Attr> = known.iter().map(|(_, attr)| attr.clone()).collect();
    collector.finish_with(Some(entity), &columns, added)
}

fn key(entity: EntityId, number: u32, of: &dyn Fn(&Attr) -> Option<Value>, catalog: &Catalog) -> Key {
    let kind = catalog.get(entity);
    let part = |attr: &huntc_compiler::catalog::AttrId| {
        let ty = kind.attributes[usize::from(attr.0)].ty;
        of(&Attr::Catalog(*attr)).map(|v| normal(&v, ty, false))
    };
    let parts = kind.identity.key.iter().map(part);
    let missing = kind.identity.per_record || kind.identity.required.iter().any(|a| part(a).is_none());
    let rung = if kind.identity.ladder { Rung::EntityId } else { Rung::Plain };
    // Of several names of the host the first counts, as in records.
    let host = catalog.record_field("host.name").filter(|_| kind.identity.per_host).map(Attr::Record);
    let host = host.and_then(|host| of(&host)?.each().first().map(ToString::to_string)).map(Arc::from);
    Key::new(rung, parts, host).numbered(if missing { number } else { 0 })
}

#[cfg(test)]
mod tests {
    use crate::ops::testing::run;
    use crate::table::Table;
    use crate::testing::{key, rows};

    fn keys(table: &Table) -> Vec<String> {
        table.entities().map(|entity| key(entity.key())).collect()
    }

    #[test]
    fn rows_with_one_identity_are_one_entity() {
        let x = run(r#"x = NEW ipv4-addr ["10.0.0.1", "10.0.0.2", "10.0.0.1"]"#, &[]);
        assert_eq!(keys(&x), ["10.0.0.1", "10.0.0.2"]);
    }

    /// semantics.md §2
    #[test]
    fn a_row_without_identity_is_an_entity_of_its_own() {
        let x = run(r#"x = NEW process [{"name": "a"}, {"name": "a"}]"#, &[]);
        assert_eq!((keys(&x), rows(&x, "name")), (vec!["-".to_owned(), "-".to_owned()], vec!["a".to_owned(), "a".to_owned()]));
    }

    #[test]
    fn a_flow_that_lacks_a_port_has_null_in_its_key() {
        let x = run(r#"x = NEW network-traffic [{"src_ref.value": "10.0.0.1", "dst_ref.value": "::1", "dst_port": 80}]"#, &[]);
        assert_eq!(keys(&x), ["10.0.0.1,-,::1,80,-"]);
    }

    #[test]
    fn written_guids_are_compared_without_case() {
        let id = "c1a6ae2c-3ff1-4f6e-8a9a-6b0f7e2d5c11";
        let x = run(&format!(r#"x = NEW process [{{"x_unique_id": "{id}"}}, {{"x_unique_id": "{}"}}]"#, id.to_uppercase()), &[]);
        assert_eq!(keys(&x), [id]);
    }

    #[test]
    fn what_no_record_has_stands_beside_the_sightings() {
        let x = run(r#"x = NEW ipv4-addr [{"value": "10.0.0.1", "note": "bad"}, {"value": "10.0.0.2", "note": null}]"#, &[]);
        assert_eq!((rows(&x, "value note"), x.record_count()), (vec!["10.0.0.1 | bad".to_owned(), "10.0.0.2 | -".to_owned()], 0));
    }
}
