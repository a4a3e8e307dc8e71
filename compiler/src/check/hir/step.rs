//! What each statement of a checked hunt does. `out` is the variable that it binds, `input` the one that it reads.
#![allow(missing_docs)] // A field's name says what it is; where it does not, there is a comment.

use super::{Attr, Column, Observed, Operand, Predicate, SourceRef, VarId};
use crate::catalog::{EntityId, Way};
use crate::source::Span;
use crate::syntax::ast::Transformer;
use crate::time::{TimeRange, Window};
use crate::value::Value;

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

macro_rules! steps {
    (
        words { $($name:ident $step:ident $module:ident $word:literal $class:ident [$($others:tt)*] [$($clauses:tt)*],)* }
        wordless { $($wordless:ident $wordless_step:ident $wordless_module:ident,)* }
    ) => {
        /// What a statement does: the struct of its command.
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
            /// For people: `get`.
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

/// GET.
#[derive(Clone, Debug)]
pub struct GetStep {
    pub out: VarId,
    pub from: GetFrom,
    /// First entities by (first sighting, key).
    pub limit: Option<u64>,
}

/// Where GET takes its entities from.
#[derive(Clone, Debug)]
pub enum GetFrom {
    /// Data sources.
    Sources {
        entity: EntityId,
        /// Which, and in which window each is asked.
        sources: Vec<(SourceRef, Window)>,
        pattern: Observed,
    },
    /// The rows of a variable.
    Variable {
        input: VarId,
        filter: Predicate,
        /// An explicit time range, which filters the sightings.
        range: Option<TimeRange>,
    },
}

/// FIND.
#[derive(Clone, PartialEq, Debug)]
pub struct FindStep {
    pub out: VarId,
    /// Projected type.
    pub entity: EntityId,
    /// The words, for people: `CREATED BY`.
    pub relation: String,
    pub input: VarId,
    /// The ways across a record.
    pub ways: Vec<Way>,
    /// Where to ask, and in which window.
    pub sources: Vec<(SourceRef, Window)>,
    /// Tested on the projected slot.
    pub filter: Predicate,
    /// First entities by (first sighting, key).
    pub limit: Option<u64>,
    /// Repeats the relation; `None`: one step, without a column `depth`.
    pub depth: Option<Depth>,
}

/// How many steps FIND … DEPTH follows its relation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Depth {
    /// At most so many.
    Steps(u64),
    /// As far as it goes.
    Unlimited,
}

impl Depth {
    /// Whether another step follows after so many.
    pub fn goes_on(self, done: u64) -> bool {
        match self {
            Self::Steps(most) => done < most,
            Self::Unlimited => true,
        }
    }
}

/// NEW. Rows hold one optional value for each column.
#[derive(Clone, Debug)]
pub struct NewStep {
    pub out: VarId,
    pub entity: EntityId,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Option<Value>>>,
}

/// LOAD.
#[derive(Clone, Debug)]
pub struct LoadStep {
    pub out: VarId,
    pub path: String,
}

/// SAVE.
#[derive(Clone, Debug)]
pub struct SaveStep {
    pub input: VarId,
    pub path: String,
}

/// `a + b`
#[derive(Clone, Debug)]
pub struct MergeStep {
    pub out: VarId,
    pub inputs: Vec<VarId>,
}

/// `x = v WHERE …`
#[derive(Clone, Debug)]
pub struct AssignStep {
    pub out: VarId,
    pub expression: Selection,
}

/// SORT.
#[derive(Clone, Debug)]
pub struct SortStep {
    pub out: VarId,
    pub input: VarId,
    pub attr: Attr,
    pub ascending: bool,
}

/// GROUP.
#[derive(Clone, Debug)]
pub struct GroupStep {
    pub out: VarId,
    pub input: VarId,
    pub keys: Vec<GroupKey>,
    pub aggregates: Vec<Aggregate>,
}

/// JOIN.
#[derive(Clone, Debug)]
pub struct JoinStep {
    pub out: VarId,
    pub left: VarId,
    pub right: VarId,
    /// Attributes that are equal; `None`: the entities' keys are.
    pub by: Option<(Attr, Attr)>,
}

/// APPLY. Each input becomes the output at the same place.
#[derive(Clone, Debug)]
pub struct ApplyStep {
    pub analytic: String,
    pub inputs: Vec<VarId>,
    pub outs: Vec<VarId>,
    pub arguments: Vec<(String, Vec<Operand>)>,
}

/// DISP.
#[derive(Clone, Debug)]
pub struct DispStep {
    pub expression: Selection,
    pub columns: Vec<Column>,
}

/// INFO.
#[derive(Clone, Debug)]
pub struct InfoStep {
    pub input: VarId,
}

/// DESCRIBE.
#[derive(Clone, Debug)]
pub struct DescribeStep {
    pub input: VarId,
    pub column: Column,
}

/// EXPLAIN.
#[derive(Clone, Debug)]
pub struct ExplainStep {
    pub input: VarId,
}

/// A variable with its clauses, in the order of evaluation: filter, transformer, sort, offset, limit.
#[derive(Clone, PartialEq, Debug)]
pub struct Selection {
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

/// Aggregate functions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Function {
    Min,
    Max,
    Sum,
    Avg,
    Count,
    NUnique,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Min, Self::Max, Self::Sum, Self::Avg, Self::Count, Self::NUnique];

    /// Lower-case word, as in default column names (`count_pid`).
    pub fn word(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Count => "count",
            Self::NUnique => "nunique",
        }
    }
}
