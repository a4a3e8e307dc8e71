//! Templates: requests whose holes earlier nodes of the plan fill.

use super::{BoundQuery, BoundRequest, FieldKinds, Query, Spare};
use crate::catalog::SlotId;
use crate::check::hir::{Attr, SourceRef};
use crate::plan::NodeId;
use crate::time::Window;
use crate::value::Value;
use serde::Serialize;
use std::sync::Arc;

/// A place in a request that an earlier node's result fills with values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Hole {
    pub node: NodeId,
    pub part: HolePart,
}

/// What of a node's result fills a hole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HolePart {
    /// A part of the entities' identity, by attribute name; GUIDs in all spellings in use.
    Key(String),
    /// The hosts of per-host or ladder identities.
    Host,
    /// The values of an attribute over the rows, with the attribute's name.
    Column(Attr, String),
}

/// `{"$column":"n3.key.x_unique_id"}`
impl Serialize for Hole {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = match &self.part {
            HolePart::Key(attr) => format!("{:?}.key.{attr}", self.node),
            HolePart::Host => format!("{:?}.host", self.node),
            HolePart::Column(_, name) => format!("{:?}.{name}", self.node),
        };
        serde_json::Map::from_iter([("$column".to_owned(), serde_json::Value::String(name))]).serialize(serializer)
    }
}

/// The request of a plan node.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct RequestTemplate {
    pub node: NodeId,
    pub source: SourceRef,
    /// The window of `@timestamp`.
    pub window: Window,
    /// One sentence for people: which statement, why.
    pub purpose: String,
    /// What is asked for.
    pub form: RequestForm,
    /// How its records may be counted by their values instead, where that is enough.
    pub tuples: Option<TupleForm>,
    /// Of creation records, those that the input of their node did not find itself. Where there are none, and no row of the input
    /// depends on which of its sightings is the first, the creation records say nothing new. `None` where they may.
    pub unfound: Option<RequestForm>,
    /// Whether host, pid and time may tell the processes apart that are found, asked from or compared (semantics.md §2).
    pub ladder: bool,
}

/// What a request asks for.
#[derive(Clone, PartialEq, Debug)]
pub struct RequestForm {
    /// The condition, without the window.
    pub query: Query<Hole>,
    /// ECS fields wanted, sorted; `@timestamp` among them.
    pub fields: Vec<String>,
    /// The type of every field that is wanted or that the query names.
    pub kinds: Arc<FieldKinds>,
    /// Whether what is read of a record is its time as it is written.
    pub written_times: bool,
    /// The fields that only some records need.
    pub spare: Option<Arc<Spare>>,
    /// Whether every hit counts, or hits are tested again on the returned fields.
    pub exactness: Exactness,
}

/// The most tuples of a page: servers refuse more.
pub const TUPLES_PAGE: usize = 65_535;

/// How the records of a request may be read as tuples: which values occur together, and in how many records.
#[derive(Clone, PartialEq, Debug)]
pub struct TupleForm {
    /// ECS fields whose values make a tuple, sorted; `@timestamp` is not among them.
    pub fields: Vec<String>,
    /// The same for each slot by itself, where it does not matter which entities stand in one record; else empty.
    pub slots: Vec<SlotTuples>,
    /// Whether it matters in how many records each entity stands, whatever the slot.
    pub counts: bool,
    /// The type of every field of the tuples, of the query and of `single`.
    pub kinds: Arc<FieldKinds>,
    /// The records that must be read one by one: those with processes that have no entity id.
    pub single: BoundQuery,
    /// Which times of each tuple matter.
    pub times: TupleTimes,
}

/// What makes a tuple in one slot of a record.
#[derive(Clone, PartialEq, Debug)]
pub struct SlotTuples {
    /// The slot.
    pub slot: SlotId,
    /// ECS fields whose values make a tuple, sorted; `@timestamp` is not among them.
    pub fields: Vec<String>,
    /// Whether each value of a record is an entity of its own. There is only one field then.
    pub each: bool,
}

/// Which times of the records of a tuple matter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "the other variants are what they are called")]
pub enum TupleTimes {
    None,
    /// The first of each tuple, as exact as it takes to put entities into their order.
    Order,
    First,
    FirstAndLast,
}

/// Whether a query says exactly what the hunt asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exactness {
    /// Every hit is wanted.
    Exact,
    /// Some hits may not be wanted; the runtime tests each on the returned fields.
    Superset,
}

/// Every request of a plan.
#[derive(Clone, PartialEq, Debug)]
pub struct Requests {
    /// Indexed by [`NodeId`]; `None` for local work.
    pub nodes: Vec<Option<RequestTemplate>>,
    /// Records that show that processes of their host have entity ids.
    pub with_ids: BoundRequest,
    /// All creation records of processes, from which their lives are known.
    pub creations: BoundRequest,
}

impl Requests {
    /// The request of a node; `None` for local work.
    pub fn of(&self, node: NodeId) -> Option<&RequestTemplate> {
        self.nodes.get(node.0 as usize)?.as_ref()
    }

    /// The templates, in plan order.
    pub fn iter(&self) -> impl Iterator<Item = &RequestTemplate> {
        self.nodes.iter().flatten()
    }

    /// About so many records that show which of these hosts have entity ids; all of them without a number. `None`: records
    /// that name no host.
    pub fn with_ids_of(&self, hosts: &[Option<impl AsRef<str>>], enough: Option<usize>) -> BoundRequest {
        let named = hosts.iter().flatten().map(|host| Value::text(host.as_ref())).collect();
        let unnamed = if hosts.iter().any(Option::is_none) {
            Query::all_but(Query::MatchAll, Query::exists("host.name"))
        } else {
            Query::MatchNone
        };
        let query = Query::all([self.with_ids.query.clone(), Query::any([Query::terms("host.name", named), unnamed])]);
        BoundRequest { query, enough, ..self.with_ids.clone() }
    }

    /// Asks for the creation records of these pids at any time, which tell the lifetimes of processes without an entity id.
    pub fn lives(&self, pids: Vec<Value>) -> BoundRequest {
        let query = Query::all([self.creations.query.clone(), Query::terms("process.pid", pids)]);
        BoundRequest { query, ..self.creations.clone() }
    }
}
