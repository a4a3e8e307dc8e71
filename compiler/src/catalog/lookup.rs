//! Finding things in the catalog by name.

use super::field_table::{known_field, known_fields};
use super::words::suitable;
use super::{Access, AttrId, Attribute, Catalog, Entity, EntityId, FieldType, OwnField, RecordField, Relation, Rule, SlotId, Way};
use std::sync::Arc;

impl Catalog {
    /// The entity type of this name or alias; names distinguish case.
    pub fn entity(&self, name: &str) -> Option<EntityId> {
        let named = self.entities.iter().position(|e| e.name == name);
        let aliased = || self.entities.iter().position(|e| e.aliases.iter().chain(&e.words).any(|a| a == name));
        named.or_else(aliased).map(|i| EntityId(i as u16))
    }

    /// The entity type that messages show where they cannot know which is meant: the first of the table.
    pub fn example_type(&self) -> &str {
        self.entities.first().map_or("", |entity| &entity.name)
    }

    /// The entity type with this id; ids come from this catalog.
    pub fn get(&self, id: EntityId) -> &Entity {
        &self.entities[usize::from(id.0)]
    }

    /// The attribute with this id of an entity type.
    pub fn attribute(&self, entity: EntityId, id: AttrId) -> &Attribute {
        &self.get(entity).attributes[usize::from(id.0)]
    }

    /// The index type of a field, as the user or the field table has it; keyword where nobody says it.
    pub fn field_type(&self, field: &str) -> FieldType {
        let own = self.own_field(field).map(|own| suitable(own.ty));
        own.or_else(|| known_field(field).map(|known| known.index)).unwrap_or(FieldType::Keyword)
    }

    /// What the user says of a field.
    pub fn own_field(&self, field: &str) -> Option<&OwnField> {
        let at = self.own_fields.binary_search_by(|own| own.name.as_str().cmp(field)).ok()?;
        self.own_fields.get(at)
    }

    /// Says something of a field, in the place of what was said before.
    pub(super) fn add_own_field(&mut self, field: OwnField) {
        match self.own_fields.binary_search_by(|own| own.name.cmp(&field.name)) {
            Ok(at) => {
                if let Some(own) = self.own_fields.get_mut(at) {
                    *own = field;
                }
            }
            Err(at) => self.own_fields.insert(at, field),
        }
    }

    /// Whether anything says that a field exists.
    pub(super) fn knows_field(&self, field: &str) -> bool {
        self.own_field(field).is_some() || known_field(field).is_some()
    }

    /// The field of the record of this name, whether or not a type has an attribute for it. A field under an older name has the
    /// newer one's values where a record lacks it.
    pub fn record_field(&self, name: &str) -> Option<Arc<RecordField>> {
        let own = self.own_field(name).filter(|own| own.declared).map(|own| (own.ty, None));
        let (ty, now) = own.or_else(|| {
            let known = known_field(name).filter(|known| known.name != name || !known.is_open())?;
            Some((known.ty, known.now))
        })?;
        let rule = if now.is_some() { Rule::First } else { Rule::Value };
        let fields = std::iter::once(name).chain(now).map(str::to_owned).collect();
        Some(Arc::new(RecordField { name: name.to_owned(), ty, access: Access { rule, fields, own: false } }))
    }

    /// The names of all fields of the record that are listed: the user's own, then those of the field table.
    pub fn record_field_names(&self) -> impl Iterator<Item = &str> {
        let own = self.own_fields.iter().filter(|own| own.declared).map(|own| own.name.as_str());
        own.chain(known_fields().filter(|known| !known.is_open()).map(|known| known.name))
    }

    /// The field of the record that a name means in a statement about a type; `None` where the name is that of an attribute.
    pub fn record_field_of(&self, entity: EntityId, name: &str) -> Option<Arc<RecordField>> {
        let kind = self.get(entity);
        let attribute = kind.attribute(name).or_else(|| kind.attribute_of_field(name));
        if attribute.is_some() { None } else { self.record_field(name) }
    }

    /// Whether a record may hold several values in a field.
    pub fn is_list(&self, field: &str) -> bool {
        let own = || self.own_field(field).is_some_and(|own| own.declared);
        self.lists.contains(field) || own() || known_field(field).is_some_and(|known| known.many)
    }

    /// The row of the relation table for a FIND.
    pub fn relation(&self, output: EntityId, name: &str, by: bool, input: EntityId) -> Option<&Relation> {
        self.relations.iter().find(|r| r.output == output && r.name == name && r.by == by && r.input == input)
    }

    /// The ways of `FIND output LINKED input`: every slot of one type with every slot of the other, in the same record. If one
    /// type is [`linked_self_only`](Entity::linked_self_only), the other takes part with its slot `self` alone, where it has
    /// one (semantics.md §5).
    pub fn linked(&self, output: EntityId, input: EntityId) -> Vec<Way> {
        let slots = |id: EntityId, other: EntityId| -> Vec<SlotId> {
            let entity = self.get(id);
            let only_self = self.get(other).linked_self_only && entity.slot("self").is_some();
            (0u8..)
                .map(SlotId)
                .zip(&entity.slots)
                .filter(|(_, s)| s.linked && (!only_self || s.name == "self"))
                .map(|(i, _)| i)
                .collect()
        };
        let outputs = slots(output, input);
        let pivot = |input, output| Way { input, output, guard: Vec::new() };
        slots(input, output).into_iter().flat_map(|i| outputs.iter().map(move |o| pivot(i, *o))).collect()
    }
}

impl Entity {
    /// The attribute of this canonical name (`protocols`, not `protocols[*]`).
    pub fn attribute(&self, name: &str) -> Option<AttrId> {
        self.attributes.iter().position(|a| a.name == name).map(|i| AttrId(i as u16))
    }

    /// The attribute that is exactly the value of an ECS field in the type's first slot. The field is written in full
    /// (`process.command_line`) or without the type's ECS name (`command_line`, `parent.pid`).
    pub fn attribute_of_field(&self, field: &str) -> Option<AttrId> {
        // Of a type whose slots are equals, no slot is the one that a field's name could mean.
        if self.equal_slots {
            return None;
        }
        let whole = |a: &Attribute, wanted: &dyn Fn(&str) -> bool| {
            let access = a.access.first().and_then(Option::as_ref);
            access.is_some_and(|a| a.rule.whole_value() && matches!(&a.fields[..], [only] if wanted(only)))
        };
        let find = |wanted: &dyn Fn(&str) -> bool| self.attributes.iter().position(|a| whole(a, wanted));
        let below = |f: &str| {
            let rest = |name: &String| f.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('.'));
            std::iter::once(&self.name).chain(&self.aliases).any(|name| rest(name) == Some(field))
        };
        find(&|f| f == field).or_else(|| find(&below)).map(|i| AttrId(i as u16))
    }

    /// The slot of this name.
    pub fn slot(&self, name: &str) -> Option<SlotId> {
        self.slots.iter().position(|s| s.name == name).map(|i| SlotId(i as u8))
    }

    /// The slots that GET looks at.
    pub fn get_slots(&self) -> impl Iterator<Item = SlotId> {
        self.slots.iter().enumerate().filter(|(_, s)| s.get).map(|(i, _)| SlotId(i as u8))
    }

    /// The attribute each of whose values in a slot is an entity of its own (`dns.resolved_ip`); `None` where a slot holds one entity.
    pub fn each_value(&self) -> Option<AttrId> {
        let [only] = self.identity.key.as_slice() else { return None };
        self.attributes.get(usize::from(only.0)).filter(|attribute| attribute.many).map(|_| *only)
    }

    /// How an attribute is read in a slot; `None`: the slot lacks it.
    pub fn access(&self, attr: AttrId, slot: SlotId) -> Option<&Access> {
        self.attributes.get(usize::from(attr.0))?.access.get(usize::from(slot.0))?.as_ref()
    }
}

impl super::Rule {
    /// Whether the attribute's value is the field's value unchanged.
    pub fn whole_value(self) -> bool {
        matches!(self, Self::Value | Self::First | Self::ProcessHash | Self::RegistryKey | Self::Created)
    }
}
