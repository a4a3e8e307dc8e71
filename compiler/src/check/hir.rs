//! The typed form of a hunt: names are [`VarId`]s (one for each binding), attributes are looked up, literals are
//! typed, windows are absolute. Nothing in here needs looking up again.

use crate::catalog::{AttrId, EntityId, Pivot};
use crate::commands::group::Function;
use crate::source::Span;
use crate::syntax::ast::Transformer;
use crate::time::{TimeRange, Window};
use crate::value::Value;
use ipnet::IpNet;

/// A checked huntflow without errors.
#[derive(Debug, Default)]
pub struct Hunt {
    /// Data sources, in order of first use.
    pub sources: Vec<DataSource>,
    /// One for each binding (and each in-place update by APPLY).
    pub vars: Vec<Var>,
    /// The statements, in order.
    pub steps: Vec<Step>,
}

/// Index into [`Hunt::sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceRef(pub u16);

/// Index into [`Hunt::vars`]: one binding of a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct VarId(pub u32);

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
pub struct Var {
    /// As written.
    pub name: String,
    /// Counts bindings of the name from 1.
    pub version: u32,
    /// Whether this is a binding of its own in reports; APPLY's in-place updates are not.
    pub binding: bool,
    /// What its rows are.
    pub shape: Shape,
    /// The search window that later statements inherit (semantics.md §6).
    pub window: Window,
    /// Where FIND from it asks.
    pub sources: Vec<SourceRef>,
    /// Where it was written.
    pub span: Span,
    /// Birth command, lower case (`get`, `find`, `new`, ...), for INFO.
    pub born: &'static str,
    /// Variables it was made from, for INFO.
    pub parents: Vec<VarId>,
}

/// What a variable's rows are.
#[derive(Clone, PartialEq, Debug)]
pub enum Shape {
    /// Entities of a type.
    Entities {
        /// The type.
        entity: EntityId,
        /// A row for each record, with these columns first.
        per_record: Option<Transformer>,
        /// The columns left by ATTR; `None`: all.
        kept: Option<Vec<Column>>,
        /// Columns that are not in the catalog: from NEW, LOAD, JOIN and analytics.
        added: Vec<String>,
        /// An analytic of unknown outputs was applied: any further attribute may exist.
        open: bool,
    },
    /// A GROUP result: these columns and nothing else.
    Groups {
        /// Type of the grouped variable.
        of: EntityId,
        /// Keys, then aggregates.
        columns: Vec<String>,
    },
}

/// A column of a table: how it is headed and where its values come from.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Column {
    /// As written.
    pub header: String,
    /// The attribute.
    pub attr: Attr,
}

/// An attribute of a variable's rows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Attr {
    /// Of the catalog, for the variable's type.
    Catalog(AttrId),
    /// Of the sighting: `first_observed`, `last_observed`, `number_observed`, `observation_id`.
    Sighting(SightingAttr),
    /// `depth` of FIND … DEPTH, added columns, group columns: by name.
    Added(String),
}

impl Attr {
    /// Its name, for rows of a type.
    pub fn name(&self, catalog: &crate::catalog::Catalog, entity: Option<EntityId>) -> String {
        match (self, entity) {
            (Self::Catalog(id), Some(entity)) => catalog.attribute(entity, *id).name.clone(),
            (Self::Catalog(id), None) => format!("attribute {}", id.0),
            (Self::Sighting(which), _) => which.name().to_owned(),
            (Self::Added(name), _) => name.clone(),
        }
    }
}

/// Attributes that every sighting has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SightingAttr {
    /// `@timestamp` of the record.
    FirstObserved,
    /// The same.
    LastObserved,
    /// 1.
    NumberObserved,
    /// Index and id of the record.
    ObservationId,
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

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::FirstObserved => "first_observed",
            Self::LastObserved => "last_observed",
            Self::NumberObserved => "number_observed",
            Self::ObservationId => "observation_id",
        }
    }
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Step {
    /// Number in the file, from 1.
    pub statement: u32,
    /// The whole statement.
    pub span: Span,
    /// What it does.
    pub kind: StepKind,
}

/// What a statement does. `out` is the variable it binds.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum StepKind {
    GetSource {
        out: VarId,
        entity: EntityId,
        sources: Vec<(SourceRef, Window)>,
        pattern: Observed,
        limit: Option<u64>,
    },
    /// `range` is an explicit time range, which filters the sightings.
    GetVariable {
        out: VarId,
        input: VarId,
        filter: Predicate,
        range: Option<TimeRange>,
        limit: Option<u64>,
    },
    Find {
        out: VarId,
        find: Find,
    },
    /// Rows hold one optional value for each column.
    New {
        out: VarId,
        entity: EntityId,
        columns: Vec<Column>,
        rows: Vec<Vec<Option<Value>>>,
    },
    Load {
        out: VarId,
        path: String,
        entity: Option<EntityId>,
    },
    Save {
        input: VarId,
        path: String,
    },
    Merge {
        out: VarId,
        inputs: Vec<VarId>,
    },
    /// Assignment and SORT: `expression` without columns keeps all.
    Assign {
        out: VarId,
        expression: Expression,
    },
    Group {
        out: VarId,
        input: VarId,
        keys: Vec<GroupKey>,
        aggregates: Vec<Aggregate>,
    },
    /// `by` is empty where the entities' keys are compared.
    Join {
        out: VarId,
        left: VarId,
        right: VarId,
        by: Option<(Attr, Attr)>,
    },
    /// Each input becomes the output at the same place.
    Apply {
        analytic: String,
        inputs: Vec<VarId>,
        outs: Vec<VarId>,
        arguments: Vec<(String, Vec<Operand>)>,
    },
    Disp {
        expression: Expression,
        columns: Vec<Column>,
    },
    Info {
        input: VarId,
    },
    Describe {
        input: VarId,
        column: Column,
    },
    Explain {
        input: VarId,
    },
}

/// FIND.
#[derive(Clone, PartialEq, Debug)]
pub struct Find {
    /// Projected type.
    pub entity: EntityId,
    /// The words, for people: `CREATED BY`.
    pub relation: String,
    /// The input.
    pub input: VarId,
    /// The ways across a record.
    pub pivots: Vec<Pivot>,
    /// Where to ask, and in which window.
    pub sources: Vec<(SourceRef, Window)>,
    /// Tested on the projected slot.
    pub filter: Predicate,
    /// First entities by (first sighting, key).
    pub limit: Option<u64>,
    /// Steps along the relation; `Some(None)`: as far as it goes.
    pub depth: Option<Option<u64>>,
}

/// A variable with its clauses, in the order of evaluation: filter, transformer, sort, offset, limit.
#[derive(Clone, PartialEq, Debug)]
pub struct Expression {
    /// The variable.
    pub input: VarId,
    /// WHERE.
    pub filter: Predicate,
    /// Around the variable.
    pub transformer: Option<Transformer>,
    /// SORT BY: attribute and whether ascending.
    pub sort: Option<(Attr, bool)>,
    /// OFFSET.
    pub offset: u64,
    /// LIMIT.
    pub limit: Option<u64>,
    /// ATTR: what stays. `None`: all.
    pub columns: Option<Vec<Column>>,
}

/// A grouping key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct GroupKey {
    /// Column of the result.
    pub header: String,
    /// What it is made of.
    pub attr: Attr,
    /// Bin size and whether it is nanoseconds.
    pub bin: Option<(i64, bool)>,
}

/// An aggregate column.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Aggregate {
    /// Column of the result.
    pub header: String,
    /// The function.
    pub function: Function,
    /// Its argument.
    pub attr: Attr,
}

/// A pattern over one record, or a STIX observation expression over several.
#[derive(Clone, PartialEq, Debug)]
pub enum Observed {
    /// One record.
    One(Predicate),
    /// Different records, all.
    And(Vec<Observed>),
    /// One of them.
    Or(Vec<Observed>),
    /// One after the other.
    FollowedBy(Vec<Observed>),
    /// Within nanoseconds of each other.
    Within(Box<Observed>, i64),
    /// At least so often.
    Repeats(Box<Observed>, u32),
    /// Inside a range.
    Between(Box<Observed>, TimeRange),
}

/// A condition on one slot of one record. `And(vec![])` is true, `Or(vec![])` is false.
#[derive(Clone, PartialEq, Debug)]
pub enum Predicate {
    /// All hold.
    And(Vec<Predicate>),
    /// One holds.
    Or(Vec<Predicate>),
    /// One comparison.
    Test(Box<Test>),
}

impl Predicate {
    /// The condition that always holds.
    pub const TRUE: Self = Self::And(Vec::new());

    /// Every comparison in it.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::tests).collect(),
            Self::Test(test) => vec![test],
        }
    }
}

/// One comparison.
#[derive(Clone, PartialEq, Debug)]
pub struct Test {
    /// Type whose slot is looked at: the centre's, or another type's in the same record.
    pub entity: EntityId,
    /// The attribute.
    pub attr: Attr,
    /// How its values compare.
    pub ty: crate::catalog::ValueType,
    /// `!=`, `NOT …`, `IS NOT NULL`.
    pub negated: bool,
    /// What is asked.
    pub op: TestOp,
    /// Whether ASCII letters are folded (LIKE by default; everything with `--ignore-case`).
    pub fold: bool,
    /// The comparison.
    pub span: Span,
}

/// What a comparison asks of the attribute's value. Literals have the attribute's type.
#[derive(Clone, PartialEq, Debug)]
pub enum TestOp {
    /// The slot lacks the attribute.
    Null,
    /// Equal to one of these.
    OneOf(Vec<Operand>),
    /// `<`
    Less(Value),
    /// `<=`
    LessEqual(Value),
    /// `>`
    Greater(Value),
    /// `>=`
    GreaterEqual(Value),
    /// LIKE: `%` any run, `_` one character.
    Like(String),
    /// MATCHES: the PCRE as written, known to compile.
    Matches(String),
    /// Inside one of these networks.
    Subset(Vec<IpNet>),
    /// The address is all of this network.
    Superset(IpNet),
}

/// A value to be equal to.
#[derive(Clone, PartialEq, Debug)]
pub enum Operand {
    /// A literal.
    Value(Value),
    /// The set of an attribute's values over a variable's rows.
    Reference(VarId, Attr),
}

/// The columns of a variable where a statement names none.
pub fn all_columns(hunt: &Hunt, catalog: &crate::catalog::Catalog, var: VarId) -> Vec<Column> {
    hunt.vars[var.0 as usize].shape.columns(catalog)
}

impl Shape {
    /// The columns where a statement names none: those left by ATTR, else the transformer's, what the catalog shows for the
    /// type, and what was added.
    pub fn columns(&self, catalog: &crate::catalog::Catalog) -> Vec<Column> {
        match self {
            Self::Groups { columns, .. } => {
                columns.iter().map(|c| Column { header: c.clone(), attr: Attr::Added(c.clone()) }).collect()
            }
            Self::Entities { entity, per_record, kept, added, .. } => {
                let names = per_record.map_or(&[][..], Transformer::columns);
                let own = names
                    .iter()
                    .filter_map(|n| Some(Column { header: (*n).to_owned(), attr: Attr::Sighting(SightingAttr::from_name(n)?) }));
                let mut columns: Vec<Column> = own.collect();
                if let Some(kept) = kept {
                    columns.extend(kept.iter().filter(|k| !columns.contains(k)).cloned().collect::<Vec<_>>());
                    return columns;
                }
                let attributes = (0u16..).map(AttrId).zip(&catalog.get(*entity).attributes);
                columns.extend(
                    attributes.filter(|(_, a)| a.shown).map(|(id, a)| Column { header: a.name.clone(), attr: Attr::Catalog(id) }),
                );
                columns.extend(added.iter().map(|n| Column { header: n.clone(), attr: Attr::Added(n.clone()) }));
                columns
            }
        }
    }
}
