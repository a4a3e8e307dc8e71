//! How much of each everyday entity type the records of a source have: the attributes that DISP shows, and those that none has.

use huntc_compiler::catalog::{Catalog, Entity};
use std::collections::{BTreeMap, BTreeSet};

/// How much of an entity type is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct EntityCoverage {
    pub entity: String,
    /// The attributes that DISP shows.
    pub attributes: usize,
    /// Those among them that no record has.
    pub absent: Vec<String>,
}

/// The attributes that DISP shows of a type, each with the fields that it is read from where GET looks.
fn shown(entity: &Entity) -> impl Iterator<Item = (&str, BTreeSet<&str>)> {
    let slots: Vec<usize> = entity.get_slots().map(|slot| usize::from(slot.0)).collect();
    entity.attributes.iter().filter(|attribute| attribute.shown).map(move |attribute| {
        let access = slots.iter().filter_map(|slot| attribute.access.get(*slot)?.as_ref());
        (attribute.name.as_str(), access.flat_map(|access| access.fields.iter().map(String::as_str)).collect())
    })
}

fn everyday(catalog: &Catalog) -> impl Iterator<Item = &Entity> {
    catalog.entities.iter().filter(|entity| entity.everyday)
}

/// The fields whose records must be counted.
pub(super) fn fields(catalog: &Catalog) -> BTreeSet<String> {
    everyday(catalog).flat_map(shown).flat_map(|(_, fields)| fields.into_iter().map(str::to_owned)).collect()
}

/// The coverage of each everyday type, where so many records have each field.
pub(super) fn coverage(catalog: &Catalog, records: &BTreeMap<String, u64>) -> Vec<EntityCoverage> {
    let has = |field: &&str| records.get(*field).is_some_and(|records| *records > 0);
    let of = |entity: &Entity| {
        let all: Vec<_> = shown(entity).filter(|(_, fields)| !fields.is_empty()).collect();
        let absent = all.iter().filter(|(_, fields)| !fields.iter().any(&has)).map(|(name, _)| (*name).to_owned());
        EntityCoverage { entity: entity.name.clone(), attributes: all.len(), absent: absent.collect() }
    };
    everyday(catalog).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_there_when_a_record_has_one_of_its_fields() {
        let catalog = Catalog::builtin();
        let all: BTreeMap<String, u64> = fields(catalog).into_iter().map(|field| (field, 1)).collect();
        assert!(all.contains_key("process.command_line") && all.contains_key("destination.ip"));
        assert!(coverage(catalog, &all).iter().all(|c| c.absent.is_empty() && c.attributes > 0));
        let mut some = all;
        some.insert("user.name".to_owned(), 0);
        some.remove("destination.port");
        let found = coverage(catalog, &some);
        let absent = |entity: &str| found.iter().find(|c| c.entity == entity).map(|c| c.absent.clone());
        assert_eq!(absent("process"), Some(vec!["creator_user_ref.user_id".to_owned()]));
        assert_eq!(absent("network-traffic"), Some(vec!["dst_port".to_owned()]));
    }
}
