//! The typed form of a hunt: names are [`VarId`]s (one for each binding), attributes are looked up, literals are
//! typed, windows are absolute. Nothing in here needs looking up again.

mod display;
mod predicate;
mod step;

pub use display::{Names, VarNames};
pub use predicate::{Observed, Operand, Predicate, Test, TestOp, Unfollowed};
pub use step::*;

use crate::catalog::{Access, AttrId, Catalog, EntityId, RecordField, SlotId, ValueType};
use crate::source::Span;
use crate::syntax::ast::Transformer;
use crate::time::Window;
use std::fmt;
use std::sync::Arc;

/// A checked huntflow without errors.
#[derive(Debug, Default)]
pub struct Hunt {
    /// Data sources, in order of first use.
    pub sources: Vec<DataSource>,
    /// One for each binding of a name, and for each in-place update by APPLY; indexed by [`VarId`].
    pub vars: Vec<Var>,
    /// The statements, in order.
    pub steps: Vec<Step>,
}

/// Index into [`Hunt::sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceRef(pub u16);

impl fmt::Debug for SourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

/// Index into [`Hunt::vars`]: one binding of a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VarId(pub u32);

impl fmt::Debug for VarId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// A data source named by the hunt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataSource {
    /// Scheme and name: `stixshifter://host101`.
    pub uri: String,
    /// The name alone, lower case: `host101`.
    pub name: String,
}

/// One binding of a name.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Var {
    pub name: String,
    /// Counts bindings of the name from 1.
    pub version: u32,
    /// Whether this is a binding of its own in reports; APPLY's in-place updates are not.
    pub binding: bool,
    pub shape: Shape,
    /// The search window that later statements inherit (semantics.md §6).
    pub window: Window,
    /// The sources that a FIND from it asks.
    pub sources: Vec<SourceRef>,
    /// The target of its statement, or the whole statement where that has none.
    pub span: Span,
    /// The command that made it, for INFO.
    pub born: Birth,
    /// Variables it was made from, for INFO.
    pub parents: Vec<VarId>,
}

/// What a variable's rows are.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the others are what they are called")]
pub enum Shape {
    /// Entities of a type.
    Entities {
        entity: EntityId,
        /// Set where there is a row for each record: the transformer, whose columns come first.
        per_record: Option<Transformer>,
        /// The columns left by ATTR; `None`: all.
        kept: Option<Vec<Column>>,
        /// Columns that are not in the catalog: from NEW, LOAD, JOIN and analytics.
        added: Vec<String>,
        /// Whether any further attribute may exist: the rows are from a file, or an analytic of unknown outputs was applied.
        open: bool,
    },
    /// A GROUP result: these columns and nothing else.
    Groups {
        /// Type of the grouped variable.
        of: EntityId,
        /// Keys, then aggregates.
        columns: Vec<String>,
        /// How many of the columns are keys; all of them where ATTR chose.
        keys: usize,
        /// Whether any further column may exist: an analytic of unknown outputs was applied.
        open: bool,
    },
}

/// A column of a table: how it is headed and where its values come from.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Column {
    /// As written in ATTR, else the attribute's name.
    pub header: String,
    pub attr: Attr,
}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {:?}", self.header, self.attr)
    }
}

/// An attribute of a variable's rows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attr {
    /// An attribute of the catalog, for the variable's type.
    Catalog(AttrId),
    /// A field of the record in which the sighting stands: `host.name`.
    Record(Arc<RecordField>),
    /// An attribute of the sighting: `first_observed`, `last_observed`, `number_observed`, `observation_id`.
    Sighting(SightingAttr),
    /// Anything else, by name: `depth` of FIND … DEPTH, added columns, columns of groups.
    Added(String),
}

/// Attributes that every sighting has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SightingAttr {
    /// `@timestamp` of the record.
    FirstObserved,
    /// `@timestamp` of the record, too.
    LastObserved,
    /// 1 for each record.
    NumberObserved,
    /// Index and id of the record.
    ObservationId,
}

impl fmt::Debug for Attr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Catalog(id) => write!(f, "{id:?}"),
            Self::Record(field) => f.write_str(&field.name),
            Self::Sighting(sighting) => f.write_str(sighting.name()),
            Self::Added(name) => write!(f, "{name:?}"),
        }
    }
}

impl Attr {
    /// The name that requests and reports use for it in a table of this entity type.
    pub fn name(&self, catalog: &Catalog, entity: Option<EntityId>) -> String {
        match (self, entity) {
            (Self::Catalog(id), Some(entity)) => catalog.attribute(entity, *id).name.clone(),
            (Self::Catalog(id), None) => format!("attribute {}", id.0),
            (Self::Record(field), _) => field.name.clone(),
            (Self::Sighting(sighting), _) => sighting.name().to_owned(),
            (Self::Added(name), _) => name.clone(),
        }
    }

    /// How its values compare in a table of this entity type; `None` where nothing says it.
    pub fn value_type(&self, catalog: &Catalog, entity: Option<EntityId>) -> Option<ValueType> {
        match self {
            Self::Catalog(id) => Some(catalog.attribute(entity?, *id).ty),
            Self::Record(field) => Some(field.ty),
            Self::Sighting(sighting) => Some(sighting.value_type()),
            Self::Added(_) => None,
        }
    }

    /// Whether its values are read from records: they stand in each sighting.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Catalog(_) | Self::Record(_))
    }

    /// How it is read in a slot of an entity type; `None`: the slot lacks it, or nothing reads it.
    pub fn access<'a>(&'a self, catalog: &'a Catalog, entity: EntityId, slot: SlotId) -> Option<&'a Access> {
        match self {
            Self::Catalog(id) => catalog.get(entity).access(*id, slot),
            Self::Record(field) => Some(&field.access),
            Self::Sighting(_) | Self::Added(_) => None,
        }
    }
}

impl SightingAttr {
    /// The attribute of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "first_observed" => Self::FirstObserved,
            "last_observed" => Self::LastObserved,
            "number_observed" => Self::NumberObserved,
            "observation_id" => Self::ObservationId,
            _ => return None,
        })
    }

    /// How its values compare.
    pub fn value_type(self) -> ValueType {
        match self {
            Self::FirstObserved | Self::LastObserved => ValueType::Time,
            Self::NumberObserved => ValueType::Integer,
            Self::ObservationId => ValueType::Text,
        }
    }

    /// The name as hunts and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::FirstObserved => "first_observed",
            Self::LastObserved => "last_observed",
            Self::NumberObserved => "number_observed",
            Self::ObservationId => "observation_id",
        }
    }
}

/// The columns of a variable where a statement names none.
pub fn all_columns(hunt: &Hunt, catalog: &Catalog, var: VarId) -> Vec<Column> {
    hunt.vars[var.0 as usize].shape.columns(catalog)
}

/// The columns that the catalog shows of a type: fields of the record, then attributes.
pub fn shown_columns(catalog: &Catalog, entity: EntityId) -> Vec<Column> {
    let fields = catalog.shown_fields.iter().filter(|shown| shown.of.contains(&entity));
    let fields = fields.filter_map(|shown| catalog.record_field_of(entity, &shown.field.name)).map(Attr::Record);
    let attributes = (0u16..).map(AttrId).zip(&catalog.get(entity).attributes);
    let attributes = attributes.filter(|(_, attribute)| attribute.shown).map(|(id, _)| Attr::Catalog(id));
    fields.chain(attributes).map(|attr| Column { header: attr.name(catalog, Some(entity)), attr }).collect()
}

impl Shape {
    /// The columns where a statement names none: the transformer's, then those left by ATTR, or else what the catalog shows for
    /// the type and what was added.
    pub fn columns(&self, catalog: &Catalog) -> Vec<Column> {
        match self {
            Self::Groups { columns, .. } => {
                columns.iter().map(|c| Column { header: c.clone(), attr: Attr::Added(c.clone()) }).collect()
            }
            Self::Entities { entity, per_record, kept, added, .. } => {
                let mut columns = transformer_columns(*per_record);
                if let Some(kept) = kept {
                    columns.extend(kept.iter().filter(|k| !columns.contains(k)).cloned().collect::<Vec<_>>());
                    return columns;
                }
                columns.extend(shown_columns(catalog, *entity));
                columns.extend(added.iter().map(|n| Column { header: n.clone(), attr: Attr::Added(n.clone()) }));
                columns
            }
        }
    }
}

/// The columns that a transformer adds.
pub(crate) fn transformer_columns(transformer: Option<Transformer>) -> Vec<Column> {
    let names = transformer.map_or(&[][..], Transformer::columns);
    let column = |n: &&str| Some(Column { header: (*n).to_owned(), attr: Attr::Sighting(SightingAttr::from_name(n)?) });
    names.iter().filter_map(column).collect()
}
