//! The plan: a hash-consed DAG of operators, topological by construction (inputs have smaller ids).
//!
//! `program::lower` makes it from a [`crate::check::hir::Hunt`], each command with the help of `lowering`. [`demand`] fills in
//! which attributes each node must carry, `detail` what it must know of records; [`show`] and [`graph`] print it.

mod builder;
pub mod demand;
mod detail;
mod finding;
pub mod graph;
mod lowering;
mod output;
pub mod show;
mod statement;
#[cfg(test)]
mod tests;

pub use detail::Detail;
pub use finding::{FindingFacts, FindingOutput};
pub use output::OutputKind;
pub use statement::{Binding, Condition, StatementFacts};

// What a plan is made of: whoever runs one needs no other stage.
pub use crate::check::hir::{
    Aggregate, Attr, Birth, Column, ComputedColumn, DataSource, Depth, Function, GroupKey, Names, Observed, Operand, Predicate,
    Shape, SightingAttr, SourceRef, Test, TestOp, Unfollowed, Var, VarId, VarNames, shown_columns,
};
pub use crate::options::ProcessIdentity;
pub use crate::source::{SourceId, Span};
pub use crate::syntax::ast::Transformer;
// How a literal is written in a huntflow, for hints.
pub use crate::syntax::print::quoted;
// What comparisons mean, value by value.
pub use crate::{identifier, pattern, registry_hive};

pub(crate) use lowering::{Full, Lowering};

use crate::catalog::{EntityId, Way};
use crate::time::{TimeRange, Window};
use crate::value::Value;
use std::fmt;

/// Index of a node in its plan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

/// What a hunt computes, shows and writes: all that is needed to run it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Data sources, in order of first use; indexed by [`SourceRef`].
    pub sources: Vec<DataSource>,
    /// One for each binding of a name, and for each in-place update by APPLY; indexed by [`VarId`].
    pub vars: Vec<Variable>,
    /// The statements, in order.
    pub statements: Vec<StatementFacts>,
    /// Operators; the inputs of each have smaller ids. Indexed by [`NodeId`].
    pub nodes: Vec<Node>,
    /// What is shown or written, in the order of the statements.
    pub outputs: Vec<Output>,
    /// What a night reports; `None` where no night runs.
    pub finding: Option<FindingOutput>,
    /// How processes are told apart.
    pub identity: ProcessIdentity,
}

/// A variable with the node that computes it.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Variable {
    pub var: Var,
    /// The node of the table that its figures count; `None` where `--lean` leaves it out.
    pub node: Option<NodeId>,
    /// Whether process slots without identity are counted for it: it holds all that a GET from a source or a FIND found.
    pub counts_unidentified: bool,
}

impl Plan {
    /// The node with this id; ids come from this plan.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The variable with this id, if it is one of this plan.
    pub fn var(&self, id: VarId) -> Option<&Variable> {
        self.vars.get(id.0 as usize)
    }

    /// The data source with this number, if it is one of this plan.
    pub fn source(&self, source: SourceRef) -> Option<&DataSource> {
        self.sources.get(usize::from(source.0))
    }

    /// All nodes with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(i, n)| (NodeId(i as u32), n))
    }

    /// The nodes that something is shown, written or reported of.
    pub fn shown(&self) -> impl Iterator<Item = NodeId> {
        let of_finding = self.finding.iter().flat_map(FindingOutput::nodes);
        self.outputs.iter().filter_map(|o| o.node).chain(of_finding)
    }

    /// For each node, whether it is one of `roots` or needed by one.
    pub fn reachable_from(&self, roots: impl IntoIterator<Item = NodeId>) -> Vec<bool> {
        let mut reachable = vec![false; self.nodes.len()];
        for NodeId(root) in roots {
            reachable[root as usize] = true;
        }
        for (at, node) in self.nodes.iter().enumerate().rev() {
            if reachable[at] {
                node.inputs.iter().for_each(|input| reachable[input.0 as usize] = true);
            }
        }
        reachable
    }
}

impl VarNames for Plan {
    fn named(&self, id: VarId) -> Option<&Var> {
        Some(&self.vars.get(id.0 as usize)?.var)
    }
}

/// An operator with its inputs.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Node {
    pub op: Op,
    /// The tables that it works on, then the tables that fill its references.
    pub inputs: Vec<NodeId>,
    /// The variables to which it refers, each with the input that holds its rows.
    pub references: Vec<(VarId, NodeId)>,
    /// Type of its rows; of a GROUP result the grouped type. `None` for the answers of [`Op::Apply`].
    pub entity: Option<EntityId>,
    /// Attributes that its sightings carry, sorted: what anything downstream asks for.
    pub columns: Vec<Attr>,
    /// What anything downstream must know of the records behind it.
    pub detail: Detail,
    /// The statement that first asked for it.
    pub origin: Span,
    /// The number of that statement in the file, from 1.
    pub statement: u32,
}

impl Node {
    /// The entity types that it finds, starts from, or compares.
    pub fn types(&self) -> impl Iterator<Item = EntityId> {
        let (input, predicate) = match &self.op {
            Op::Scan(scan) => (None, Some(&scan.predicate)),
            Op::Pivot(pivot) => (Some(pivot.input), Some(&pivot.filter)),
            _ => (None, None),
        };
        let compared = predicate.map(Predicate::tests).into_iter().flatten().map(|test| test.entity);
        self.entity.into_iter().chain(input).chain(compared)
    }
}

/// What a node does. Those that ask a source say which; the rest is local work on tables.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the others are what they are called")]
pub enum Op {
    /// Sightings in a source that satisfy a pattern.
    Scan(Scan),
    /// Records of the input's entities in one slot, projected to another slot.
    Pivot(Pivot),
    /// FIND … DEPTH. The inputs are the table where it begins and one [`Pivot`] for each source; every step asks them all, so
    /// that what is found in one source is followed in the others too.
    Walk(Depth),
    /// The input, and the creation records of its processes.
    CreationRecords { source: SourceRef, window: Window },
    /// Combines the scans of single patterns: which records occur together (STIX observation expressions). The inputs are for
    /// each pattern the scans of all sources, pattern by pattern.
    Observe { shape: Observe, sources: usize },
    /// All inputs in one table.
    Union,
    /// Sightings that satisfy a condition.
    Filter {
        predicate: Predicate,
        /// An explicit time range.
        range: Option<TimeRange>,
    },
    /// This many entities: the first by (first counted sighting, key).
    First(u64),
    /// A row for each record.
    Transform(Transformer),
    /// Rows in another order.
    Sort { attr: Attr, ascending: bool },
    /// Some of the rows.
    Slice { offset: u64, limit: Option<u64> },
    /// Only these columns.
    Project(Vec<Column>),
    /// The input with further attributes of its entities, in order; each may be computed from those before it.
    Compute(Vec<ComputedColumn>),
    /// Rows counted and summed by keys.
    Group { keys: Vec<GroupKey>, aggregates: Vec<Aggregate> },
    /// Rows of two tables side by side.
    Join {
        /// Pairs of an attribute of the first table and one of the second; none: their keys.
        by: Vec<(Attr, Attr)>,
        /// How much later than the first row the second one may be, in nanoseconds; it is never earlier then.
        within: Option<i64>,
    },
    /// Rows written in the huntflow.
    New { columns: Vec<Column>, rows: Vec<Vec<Option<Value>>> },
    /// Rows of a file.
    Load { path: String },
    /// Rows of a file that this hunt saves: the saved table as the file's format keeps it.
    Reload {
        path: String,
        /// The columns that SAVE writes.
        columns: Vec<Column>,
    },
    /// The answers of an analytic about the tables among the inputs, one for each. They are no table: see [`Op::Pick`].
    Apply { analytic: String, arguments: Vec<(String, Vec<Operand>)> },
    /// The first input with the columns of one answer. The second input is an [`Op::Apply`]; the number is the index of its
    /// answer.
    Pick(usize),
}

/// GET from a source.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "fields are what they are called")]
pub struct Scan {
    pub source: SourceRef,
    pub window: Window,
    pub predicate: Predicate,
}

/// FIND in a source.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Pivot {
    pub source: SourceRef,
    pub window: Window,
    /// The words as messages and reports write them: `CREATED BY`.
    pub relation: String,
    pub input: EntityId,
    /// The ways across a record; an entity found by any of them counts.
    pub ways: Vec<Way>,
    /// Tested on the entities that are found.
    pub filter: Predicate,
    /// Whether an [`Op::Walk`] follows the relation again and again. The node of such a pivot has no table of its own.
    pub repeated: bool,
}

/// How the scans of single patterns combine. Patterns are numbered in the order of the text, from 0.
#[derive(Clone, Debug)]
pub enum Observe {
    /// The pattern of this number.
    One(usize),
    /// All parts, in different records.
    And(Vec<Observe>),
    /// One of the parts.
    Or(Vec<Observe>),
    /// All parts, one after the other in time.
    FollowedBy(Vec<Observe>),
    /// A part whose records lie within this many nanoseconds of each other.
    Within(Box<Observe>, i64),
    /// A part that occurs at least this many times.
    Repeats(Box<Observe>, u32),
    /// A part whose records have a value in common in each of these fields of the record.
    By(Box<Observe>, Vec<Attr>),
    /// Single observations that no record of another pattern follows.
    Without {
        /// The single observations.
        part: Box<Observe>,
        /// The number of the pattern that must not follow.
        absent: usize,
        /// How long it must not follow, in nanoseconds.
        nanos: i64,
        /// Fields of the record in which both have a value in common.
        by: Vec<Attr>,
    },
}

impl Observe {
    /// The fields of the record that decide which records belong together.
    pub fn fields(&self) -> Vec<&Attr> {
        match self {
            Self::One(_) => Vec::new(),
            Self::And(parts) | Self::Or(parts) | Self::FollowedBy(parts) => parts.iter().flat_map(Self::fields).collect(),
            Self::Within(part, _) | Self::Repeats(part, _) => part.fields(),
            Self::By(part, by) | Self::Without { part, by, .. } => part.fields().into_iter().chain(by).collect(),
        }
    }
}

/// Something that a statement shows or writes.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Output {
    /// Number of the statement in the file, from 1.
    pub statement: u32,
    pub span: Span,
    /// The variable it is about.
    pub var: VarId,
    /// The table that it shows. `None`: nothing is computed for it (EXPLAIN).
    pub node: Option<NodeId>,
    pub kind: OutputKind,
}
