//! What can be hunted: entity types, their slots in ECS records, attributes, relations, identities.
//!
//! All of it is data (`data/*.csv`, read by [`load`]); users may lay their own rows over it (`--mapping FILE`,
//! [`Catalog::with_overlay`]). No code knows an entity type by its name: what is special about one is a flag of its row.
//! Sources: semantics.md §1 and §2, the STIX 2.1 cyber observables, and the ECS field reference.

mod field_table;
mod functions;
pub mod load;
mod lookup;
mod own;
mod table;
#[cfg(test)]
mod tests;
mod value_function;
mod words;

pub use crate::attribute_name::canonical;
pub use field_table::{KnownField, known_field, known_fields, may_be_retyped};
pub use functions::FunctionRow;
pub use own::{FIELD_TYPES, FieldFault, own_field};
pub use table::Problem;
pub use value_function::{FunctionFacts, FunctionInput, FunctionOutput, FunctionParameter, ValueFunction};

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// An entity type of the catalog: index into [`Catalog::entities`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(pub u16);

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}", self.0)
    }
}

/// An attribute of one entity type: index into [`Entity::attributes`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttrId(pub u16);

impl fmt::Debug for AttrId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a{}", self.0)
    }
}

/// A slot of one entity type: index into [`Entity::slots`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u8);

impl fmt::Debug for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot{}", self.0)
    }
}

/// Everything that can be hunted.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Indexed by [`EntityId`].
    pub entities: Vec<Entity>,
    /// Named relations; LINKED is not listed, it holds between any two types.
    pub relations: Vec<Relation>,
    /// Fields of the user's own, and fields of groups to which the user gave a type, sorted by name.
    pub own_fields: Vec<OwnField>,
    /// Fields in which an attribute has several values. Not among them is one of several fields that have a value each.
    pub lists: BTreeSet<String>,
    /// Fields of the record that DISP without ATTR shows.
    pub shown_fields: Vec<ShownField>,
}

/// A field that the field table lacks, or to which it gives another type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OwnField {
    /// Its name in records.
    pub name: String,
    /// How values are read and compared.
    pub ty: ValueType,
    /// Whether hunts may name it; else only rows of a mapping read it.
    pub declared: bool,
}

/// A field of the record that DISP without ATTR shows.
#[derive(Clone, Debug)]
pub struct ShownField {
    /// The field.
    pub field: Arc<RecordField>,
    /// The types of which it is shown.
    pub of: Vec<EntityId>,
}

/// An entity type.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the type's row")]
pub struct Entity {
    /// As hunts write it: `process`.
    pub name: String,
    /// Its names in ECS and OCSF terms: `user` for `user-account`. Fields of ECS may be written below them.
    pub aliases: Vec<String>,
    /// Further words for it: `dns` for `domain-name`.
    pub words: Vec<String>,
    /// What makes two sightings the same entity.
    pub identity: Identity,
    /// The attribute that a plain string in NEW fills.
    pub primary: AttrId,
    /// A condition that every such entity meets, as a hunt writes it.
    pub everything: Option<String>,
    /// Whether an entity that lacks a part of its key pivots nowhere (flows without a port).
    pub whole_key: bool,
    /// Whether LINKED with this type looks only at the slot `self` of the other type, if that has one.
    pub linked_self_only: bool,
    /// Whether its slots are equals (addresses), so that no field's name stands for its attribute.
    pub equal_slots: bool,
    /// Whether a source without such entities is worth a remark.
    pub everyday: bool,
    /// What makes two findings of a night the same: names of attributes and of fields of the record. Empty: the identity.
    pub finding_key: Vec<String>,
    /// Places in a record where such an entity may stand; indexed by [`SlotId`].
    pub slots: Vec<Slot>,
    /// Indexed by [`AttrId`].
    pub attributes: Vec<Attribute>,
}

/// What makes two sightings the same entity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The attributes of the key, in the order in which reports print them.
    pub key: Vec<AttrId>,
    /// The attributes without which no entity stands in a slot.
    pub required: Vec<AttrId>,
    /// Whether the same key on another `host.name` is another entity (files, registry keys).
    pub per_host: bool,
    /// Whether the identity ladder of processes applies (entity id, else host and pid).
    pub ladder: bool,
    /// Whether each record is an entity of its own (x-oca-event).
    pub per_record: bool,
}

/// A place in a record where an entity may stand.
#[derive(Clone, Debug)]
pub struct Slot {
    /// `self`, `parent`, `source`, ...
    pub name: String,
    /// Whether GET looks at it; other slots exist only for relations that name them.
    pub get: bool,
    /// Whether LINKED looks at it.
    pub linked: bool,
}

/// An attribute of an entity type.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// `binary_ref.name`; list markers and quotes removed (`protocols`, `hashes.SHA-256`).
    pub name: String,
    /// How values are read and compared.
    pub ty: ValueType,
    /// Whether a record may hold several values in one slot.
    pub many: bool,
    /// Whether DISP without ATTR shows it.
    pub shown: bool,
    /// How to read it in each slot of the type; `None`: the slot lacks it.
    pub access: Vec<Option<Access>>,
}

/// A field of the record: it says the same of every entity in a record, and may stand wherever an attribute may
/// (semantics.md §1).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecordField {
    /// Its ECS name: `host.name`.
    pub name: String,
    /// How values are read and compared.
    pub ty: ValueType,
    /// How to read it, whatever the slot.
    pub access: Access,
}

/// How an attribute is read from a record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Access {
    /// How the values of the fields become the attribute's value.
    pub rule: Rule,
    /// ECS fields, in the order of the table.
    pub fields: Vec<String>,
    /// Whether a value here means that something stands in the slot, though it may lack its identity
    /// (processes without entity id are counted as unidentified).
    pub own: bool,
}

/// How the fields of an [`Access`] make the attribute's value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// All values of all fields.
    Value,
    /// All values of the first field that has any.
    First,
    /// The part after the last `\` or `/`; a path without separator whole.
    Basename,
    /// The part before the last `\` or `/`; absent where there is none.
    Dirname,
    /// As `Value`, but only of a path with a separator (`System` is no file).
    PathWithSeparator,
    /// `Basename` of a path with a separator.
    BasenameOfPath,
    /// `registry.key` as stored; a literal that begins with a hive name is compared with `registry.path`.
    /// `fields` are these two, in this order.
    RegistryKey,
    /// As `Value`, absent where `event.code` is 23, 24, 25 or 26: a deleted file's hash, not the process's.
    ProcessHash,
    /// The first field, else `@timestamp` of a creation record.
    Created,
}

/// How values of an attribute are read and compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ValueType {
    /// Text, byte for byte.
    Text,
    /// GUIDs and hashes: without case (GUIDs print in lower case).
    Id,
    /// As `Id`; the null GUID and `-` are none.
    EntityId,
    /// A MAC address, however it is spelt; in lower case with colons.
    Mac,
    /// Whole number.
    Integer,
    /// Number that may have a fraction.
    Float,
    /// `true` or `false`.
    Boolean,
    /// Instant, in nanoseconds.
    Time,
    /// Address of either family.
    Address,
    /// IPv4 address; a value of the other family does not count.
    Ipv4,
    /// IPv6 address; a value of the other family does not count.
    Ipv6,
}

impl ValueType {
    /// Whether values are addresses.
    pub fn is_address(self) -> bool {
        matches!(self, Self::Address | Self::Ipv4 | Self::Ipv6)
    }

    /// Whether values are identifiers, whose spelling says nothing.
    pub fn is_identifier(self) -> bool {
        matches!(self, Self::Id | Self::EntityId | Self::Mac)
    }

    /// Whether values are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float)
    }

    /// What messages call a value of this type.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Id => "identifier",
            Self::EntityId => "entity id",
            Self::Mac => "MAC address",
            Self::Integer => "whole number",
            Self::Float => "number",
            Self::Boolean => "boolean",
            Self::Time => "time",
            Self::Address => "address",
            Self::Ipv4 => "IPv4 address",
            Self::Ipv6 => "IPv6 address",
        }
    }
}

/// Index type of an ECS field, under its name in Elasticsearch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the others are what they are called")]
pub enum FieldType {
    /// `keyword`, whole value.
    Keyword,
    /// `wildcard`, whole value without length limit.
    Wildcard,
    /// Analysed text: no exact query exists.
    Text,
    Ip,
    /// `long` and its kin.
    Long,
    /// `float` and its kin.
    Float,
    Date,
    Boolean,
}

impl FieldType {
    /// Whether an index of this type takes every value of an attribute of type `ty`.
    pub fn holds(self, ty: ValueType) -> bool {
        match self {
            Self::Keyword | Self::Wildcard | Self::Text => true,
            Self::Long | Self::Float => ty.is_number(),
            Self::Ip => ty.is_address(),
            Self::Date => ty == ValueType::Time,
            Self::Boolean => ty == ValueType::Boolean,
        }
    }

    /// Whether an index of this type takes the values of an attribute of type `ty`, and no others.
    pub fn fits(self, ty: ValueType) -> bool {
        match ty {
            ValueType::Text | ValueType::Id | ValueType::Mac => matches!(self, Self::Keyword | Self::Wildcard | Self::Text),
            ValueType::Integer | ValueType::Float => matches!(self, Self::Long | Self::Float),
            ValueType::Boolean => self == Self::Boolean,
            ValueType::Time => self == Self::Date,
            ValueType::Address => self == Self::Ip,
            // The index takes addresses of the other family too, and the null GUID.
            ValueType::EntityId | ValueType::Ipv4 | ValueType::Ipv6 => false,
        }
    }
}

/// One direction of a named relation: a row of `relations.csv`.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Projected entity type (the first word after FIND).
    pub output: EntityId,
    /// Lower-case relation word.
    pub name: String,
    /// Whether BY follows the relation word.
    pub by: bool,
    /// Type of the input variable.
    pub input: EntityId,
    /// The ways across a record; an entity found by any of them counts.
    pub ways: Vec<Way>,
    /// The reason why ECS cannot express the relation, if it cannot. Such a FIND is a compile error.
    pub inexpressible: Option<String>,
}

/// One way of a relation across a record: the input stands in one slot, the projected entity in the other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Way {
    /// A slot of the relation's input type.
    pub input: SlotId,
    /// A slot of the relation's output type.
    pub output: SlotId,
    /// Conditions on the record, all of which must hold.
    pub guard: Vec<Guard>,
}

/// A condition on a record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Guard {
    /// The ECS field, always of type keyword.
    pub field: String,
    /// The values of which the field must have one; empty: the record must lack the field.
    pub values: Vec<String>,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name.to_uppercase(), if self.by { " BY" } else { "" })
    }
}
