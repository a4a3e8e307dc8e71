//! The plan: a hash-consed DAG of operators, topological by construction (inputs have smaller ids).
//!
//! `program::lower` makes it from a [`crate::check::hir::Hunt`] over what `lowering` gives to all commands, [`demand`] fills
//! in which attributes each node must carry, [`show`] and [`graph`] print it.

mod builder;
pub mod demand;
pub mod graph;
mod lowering;
mod output;
pub mod show;
mod statement;
#[cfg(test)]
mod tests;

pub use output::OutputKind;
pub use statement::{Binding, Condition, StatementFacts};

// What a plan is made of: whoever runs one needs no other stage.
pub use crate::check::hir::{
    Aggregate, Attr, Birth, Column, DataSource, Depth, Function, GroupKey, Names, Observed, Operand, Predicate, Shape,
    SightingAttr, SourceRef, Test, TestOp, Var, VarId, VarNames,
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
    /// Data sources, in order of first use; [`SourceRef`] indexes.
    pub sources: Vec<DataSource>,
    /// One for each binding of a name; [`VarId`] indexes.
    pub vars: Vec<Variable>,
    /// The statements, in order.
    pub statements: Vec<StatementFacts>,
    /// Operators; the inputs of each have smaller ids.
    pub nodes: Vec<Node>,
    /// What is shown or written, in the order of the statements.
    pub outputs: Vec<Output>,
    /// How processes are told apart.
    pub identity: ProcessIdentity,
}

/// A variable with the node that computes it.
#[derive(Clone, Debug)]
pub struct Variable {
    /// As checked.
    pub var: Var,
    /// The node of its figures. `None` where `--lean` needs no figure of it.
    pub node: Option<NodeId>,
    /// Whether process slots without identity are counted for it: it is all that a GET from a source or a FIND found.
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

    /// For each node, whether one of `roots` is it or needs it.
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
pub struct Node {
    /// What it does.
    pub op: Op,
    /// What it works on. The first is the table it changes or pivots from; the others fill references.
    pub inputs: Vec<NodeId>,
    /// The variables that references name, with their input.
    pub references: Vec<(VarId, NodeId)>,
    /// Type of its rows; of a GROUP result the grouped type.
    pub entity: Option<EntityId>,
    /// Attributes that its sightings carry, sorted: what anything downstream asks for.
    pub columns: Vec<Attr>,
    /// StatementFacts that first asked for it.
    pub origin: Span,
    /// Its number in the file.
    pub statement: u32,
}

/// What a node does. Those that ask a source say which; the rest is local work on tables.
#[derive(Clone, Debug)]
pub enum Op {
    /// Sightings in a source that satisfy a pattern.
    Scan(Scan),
    /// Records of the input's entities in one slot, projected to another slot.
    Pivot(Pivot),
    /// The input, and the creation records of its processes.
    CreationRecords {
        /// Where.
        source: SourceRef,
        /// When.
        window: Window,
    },
    /// Which slices of several record patterns occur together (STIX observation expressions).
    Observe(Observe),
    /// All inputs in one table.
    Union,
    /// Sightings that pass.
    Filter {
        /// WHERE.
        predicate: Predicate,
        /// An explicit time range.
        range: Option<TimeRange>,
    },
    /// The first entities by (first counted sighting, key).
    First(u64),
    /// A row for each record.
    Transform(Transformer),
    /// Rows in another order.
    Sort {
        /// By what.
        attr: Attr,
        /// Direction.
        ascending: bool,
    },
    /// Some of the rows.
    Slice {
        /// Rows left out at the front.
        offset: u64,
        /// Rows kept.
        limit: Option<u64>,
    },
    /// Only these columns.
    Project(Vec<Column>),
    /// Rows counted by keys.
    Group {
        /// BY.
        keys: Vec<GroupKey>,
        /// WITH.
        aggregates: Vec<Aggregate>,
    },
    /// Rows of two tables side by side.
    Join {
        /// Attribute of the first and of the second; `None`: their keys.
        by: Option<(Attr, Attr)>,
    },
    /// Rows written in the huntflow.
    New {
        /// Headers.
        columns: Vec<Column>,
        /// Values.
        rows: Vec<Vec<Option<Value>>>,
    },
    /// Rows of a file.
    Load {
        /// The file.
        path: String,
    },
    /// Rows of a file that this hunt saves: the saved table as the file's format keeps it.
    Reload {
        /// The file.
        path: String,
        /// What is saved.
        columns: Vec<Column>,
    },
    /// The answers of an analytic about all inputs but references, one for each. They are no table: see [`Op::Pick`].
    Apply {
        /// URI.
        analytic: String,
        /// WITH.
        arguments: Vec<(String, Vec<Operand>)>,
    },
    /// The first input with the columns of its answer, the one with this number, of the second input, which is an
    /// [`Op::Apply`].
    Pick(usize),
}

/// GET from a source.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Where.
    pub source: SourceRef,
    /// When.
    pub window: Window,
    /// What.
    pub predicate: Predicate,
}

/// FIND in a source.
#[derive(Clone, Debug)]
pub struct Pivot {
    /// Where.
    pub source: SourceRef,
    /// When.
    pub window: Window,
    /// The words, for people.
    pub relation: String,
    /// Type of the input.
    pub input: EntityId,
    /// The ways across a record.
    pub ways: Vec<Way>,
    /// Tested on the projected slot.
    pub filter: Predicate,
    /// Repeats the relation; `None`: one step, without a column `depth`.
    pub depth: Option<Depth>,
}

/// How scans of single patterns combine. Numbers index the node's inputs.
#[derive(Clone, Debug)]
pub enum Observe {
    /// An input.
    One(usize),
    /// All, in different records.
    And(Vec<Observe>),
    /// Any.
    Or(Vec<Observe>),
    /// One after the other.
    FollowedBy(Vec<Observe>),
    /// Within nanoseconds.
    Within(Box<Observe>, i64),
    /// At least so often.
    Repeats(Box<Observe>, u32),
}

/// Something that a statement shows or writes.
#[derive(Clone, Debug)]
pub struct Output {
    /// Number of the statement.
    pub statement: u32,
    /// The statement.
    pub span: Span,
    /// The variable it is about.
    pub var: VarId,
    /// Its table. `None`: nothing is computed for it (EXPLAIN).
    pub node: Option<NodeId>,
    /// What to do with it.
    pub kind: OutputKind,
}
