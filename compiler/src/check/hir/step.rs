//! What each statement of a checked hunt does. `out` is the variable that it binds, `input` the one that it reads.
#![allow(missing_docs, reason = "fields are what they are called; the others have a comment")]

use super::{Attr, Column, Observed, Operand, Predicate, SourceRef, VarId};
use crate::catalog::{EntityId, ValueFunction, Way};
use crate::source::Span;
use crate::syntax::ast::Transformer;
use crate::time::{TimeRange, Window};
use crate::value::Value;

/// One checked statement.
#[derive(Clone, Debug)]
pub struct Step {
    /// Number in the file, from 1.
    pub statement: u32,
    pub span: Span,
    pub kind: StepKind,
}

macro_rules! steps {
    (
        words { $($name:ident $step:ident $module:ident $word:literal $class:ident [$($others:tt)*] [$($clauses:tt)*],)* }
        wordless { $($wordless:ident $wordless_step:ident $wordless_module:ident,)* }
    ) => {
        /// What a statement does, as the struct of its command.
        #[derive(Clone, Debug)]
        pub enum StepKind {
            $($name($step),)*
            $($wordless($wordless_step),)*
        }

        $(impl From<$step> for StepKind {
            fn from(step: $step) -> Self {
                Self::$name(step)
            }
        })*

        $(impl From<$wordless_step> for StepKind {
            fn from(step: $wordless_step) -> Self {
                Self::$wordless(step)
            }
        })*

        /// The command that made a variable.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Birth {
            $($name,)*
            $($wordless,)*
        }

        impl Birth {
            /// The command as INFO shows it: `get`.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($module),)*
                    $(Self::$wordless => stringify!($wordless_module),)*
                }
            }
        }
    };
}

for_each_command! { steps }

/// GET: entities of one type, from data sources or a variable.
#[derive(Clone, Debug)]
pub struct GetStep {
    pub out: VarId,
    pub from: GetFrom,
    /// At most this many entities: the first by (first sighting, key).
    pub limit: Option<u64>,
}

/// Where GET takes its entities from.
#[derive(Clone, Debug)]
pub enum GetFrom {
    Sources {
        entity: EntityId,
        /// Each source, with the window that it is asked for.
        sources: Vec<(SourceRef, Window)>,
        pattern: Observed,
    },
    Variable {
        input: VarId,
        filter: Predicate,
        /// An explicit time range, which filters the sightings.
        range: Option<TimeRange>,
    },
}

/// FIND: entities of one type that a relation connects with those of a variable.
#[derive(Clone, PartialEq, Debug)]
pub struct FindStep {
    pub out: VarId,
    /// The type of the entities that are found.
    pub entity: EntityId,
    /// The words as messages and reports write them: `CREATED BY`.
    pub relation: String,
    pub input: VarId,
    /// The ways across a record; an entity found by any of them counts.
    pub ways: Vec<Way>,
    /// Each source, with the window that it is asked for.
    pub sources: Vec<(SourceRef, Window)>,
    /// Tested on the entities that are found.
    pub filter: Predicate,
    /// At most this many entities: the first by (first sighting, key).
    pub limit: Option<u64>,
    /// How often the relation is followed; `None`: once, without a column `depth`.
    pub depth: Option<Depth>,
}

/// How many steps FIND … DEPTH follows its relation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Depth {
    /// At most this many, from 1.
    Steps(u64),
    /// As many as find something new.
    Unlimited,
}

impl Depth {
    /// Whether another step follows after `done` steps.
    pub fn goes_on(self, done: u64) -> bool {
        match self {
            Self::Steps(most) => done < most,
            Self::Unlimited => true,
        }
    }
}

/// NEW: entities written in the hunt. Rows hold one optional value for each column.
#[derive(Clone, Debug)]
pub struct NewStep {
    pub out: VarId,
    pub entity: EntityId,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Option<Value>>>,
}

/// LOAD: entities from a file.
#[derive(Clone, Debug)]
pub struct LoadStep {
    pub out: VarId,
    pub path: String,
}

/// SAVE: a variable's rows into a file.
#[derive(Clone, Debug)]
pub struct SaveStep {
    pub input: VarId,
    pub path: String,
}

/// `a + b`: the union of variables of one type.
#[derive(Clone, Debug)]
pub struct MergeStep {
    pub out: VarId,
    pub inputs: Vec<VarId>,
}

/// `x = v WHERE …`: a variable with clauses.
#[derive(Clone, Debug)]
pub struct AssignStep {
    pub out: VarId,
    pub expression: Selection,
}

/// SORT: a variable's rows in another order.
#[derive(Clone, Debug)]
pub struct SortStep {
    pub out: VarId,
    pub input: VarId,
    pub attr: Attr,
    pub ascending: bool,
}

/// GROUP: a variable's rows counted and summed by keys.
#[derive(Clone, Debug)]
pub struct GroupStep {
    pub out: VarId,
    pub input: VarId,
    pub keys: Vec<GroupKey>,
    pub aggregates: Vec<Aggregate>,
}

/// JOIN: rows of two variables side by side.
#[derive(Clone, Debug)]
pub struct JoinStep {
    pub out: VarId,
    pub left: VarId,
    pub right: VarId,
    /// The attributes whose values must be equal, pair by pair; none: the entities' keys are.
    pub by: Vec<(Attr, Attr)>,
    /// How much later than the first row the second one may be, in nanoseconds; it is never earlier then.
    pub within: Option<i64>,
}

/// APPLY: an analytic over the rows of variables. The output at an index takes the place of the input there.
#[derive(Clone, Debug)]
pub struct ApplyStep {
    pub analytic: String,
    pub inputs: Vec<VarId>,
    pub outs: Vec<VarId>,
    pub arguments: Vec<(String, Vec<Operand>)>,
}

/// DISP: a table in the report.
#[derive(Clone, Debug)]
pub struct DispStep {
    pub expression: Selection,
    pub columns: Vec<Column>,
}

/// INFO: what is known about a variable.
#[derive(Clone, Debug)]
pub struct InfoStep {
    pub input: VarId,
}

/// DESCRIBE: statistics of one attribute.
#[derive(Clone, Debug)]
pub struct DescribeStep {
    pub input: VarId,
    pub column: Column,
}

/// EXPLAIN: the plan and the requests behind a variable.
#[derive(Clone, Debug)]
pub struct ExplainStep {
    pub input: VarId,
}

/// An attribute that WITH computes from the rows of entities.
#[derive(Clone, PartialEq, Debug)]
pub struct ComputedColumn {
    /// Name of the attribute.
    pub name: String,
    pub function: ValueFunction,
    /// The attribute that it is computed from.
    pub attr: Attr,
    /// The literals behind that.
    pub arguments: Vec<Value>,
}

/// A variable with its clauses, in the order of evaluation: WITH, filter, transformer, sort, offset, limit.
#[derive(Clone, PartialEq, Debug)]
pub struct Selection {
    pub input: VarId,
    pub computed: Vec<ComputedColumn>,
    pub filter: Predicate,
    pub transformer: Option<Transformer>,
    /// The attribute, and whether the order is ascending.
    pub sort: Option<(Attr, bool)>,
    pub offset: u64,
    pub limit: Option<u64>,
    /// What ATTR keeps; `None`: all.
    pub columns: Option<Vec<Column>>,
}

/// A grouping key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct GroupKey {
    /// Name of the column in the result.
    pub header: String,
    pub attr: Attr,
    /// The size of BIN, and whether it is in nanoseconds rather than a plain number.
    pub bin: Option<(i64, bool)>,
}

/// An aggregate column.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Aggregate {
    /// Name of the column in the result.
    pub header: String,
    pub function: Function,
    /// `None` is `*`: the rows themselves are counted.
    pub attr: Option<Attr>,
}

/// Aggregate functions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Function {
    Min,
    Max,
    Sum,
    Avg,
    Count,
    NUnique,
    /// The distinct values, in ascending order.
    List,
    /// The value of the earliest row that has one.
    First,
    /// The value of the latest row that has one.
    Last,
}

impl Function {
    pub const ALL: [Self; 9] =
        [Self::Min, Self::Max, Self::Sum, Self::Avg, Self::Count, Self::NUnique, Self::List, Self::First, Self::Last];

    /// Lower-case word, as in default column names (`count_pid`).
    pub fn word(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Count => "count",
            Self::NUnique => "nunique",
            Self::List => "list",
            Self::First => "first",
            Self::Last => "last",
        }
    }
}
