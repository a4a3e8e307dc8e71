//! Field names of documents: a tree of keys that leads to columns. It predicts the next key from the previous document.

use super::bytes::{begins, same};
use crate::source::Fields;
use foldhash::HashMap;

/// A place in documents: the root, or the value of a key.
pub(super) type NodeId = u32;
/// A key below a node.
pub(super) type EdgeId = u32;

pub(super) const ROOT: NodeId = 0;
const NONE: u32 = u32::MAX;
/// A node with this many keys is indexed.
const MANY: usize = 12;

/// Where the values of a node go.
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    /// Not known yet.
    #[default]
    Unknown,
    /// Its own values are not kept, but fields below it may be.
    Nowhere,
    /// Neither its values nor any field below it is kept.
    Passed,
    Column(u32),
}

#[derive(Debug, Default)]
struct Node {
    path: String,
    edges: Vec<EdgeId>,
    place: Place,
    /// The key that came first in the previous object.
    first: u32,
}

/// A key below a node. It remembers which values it had last, so that a repeated key can replace them.
#[derive(Debug)]
struct Edge {
    key: Box<[u8]>,
    /// The key with its quotes and colon, as documents without white space write it; empty when it needs escapes.
    written: Box<[u8]>,
    child: NodeId,
    /// The key that came next in the previous object.
    next: u32,
    /// The number of the last object that had this key.
    object: u64,
    /// Its values in that object, as a range of the row's values.
    values: (u32, u32),
}

/// The tree of keys. Keys are bytes without escapes. `a.b` and `a` → `b` lead to the same column.
#[derive(Debug, Default)]
pub(super) struct Paths {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    index: HashMap<(NodeId, Box<[u8]>), EdgeId>,
    columns: HashMap<String, u32>,
    names: Vec<String>,
    fields: Fields,
    /// Bytes of memory that the tree takes, roughly.
    held: usize,
}

impl Paths {
    /// A tree whose first columns have these names. Of all other names only `fields` get columns.
    pub(super) fn new(names: &[&str], fields: Fields) -> Self {
        let mut paths = Self { nodes: vec![Node { first: NONE, ..Node::default() }], fields, ..Self::default() };
        for name in names {
            paths.column_named(name);
        }
        paths
    }

    /// Bytes of memory that the tree takes, roughly.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// The names of the columns, in their order.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// If `text` begins with the key that came after `before` last time: its edge, and the length of the key and its colon.
    pub(super) fn again(&self, node: NodeId, before: Option<EdgeId>, text: &[u8]) -> Option<(EdgeId, usize)> {
        let guess = before.map_or(self.nodes[node as usize].first, |e| self.edges[e as usize].next);
        let written = &*self.edges.get(guess as usize)?.written;
        (!written.is_empty() && begins(text, written)).then_some((guess, written.len()))
    }

    /// The edge of a key; `before` is the edge of the key before it in the same object.
    pub(super) fn edge(&mut self, node: NodeId, before: Option<EdgeId>, key: &[u8]) -> EdgeId {
        let guess = before.map_or(self.nodes[node as usize].first, |e| self.edges[e as usize].next);
        if self.edges.get(guess as usize).is_some_and(|e| same(&e.key, key)) {
            return guess;
        }
        let edge = self.find(node, key).unwrap_or_else(|| self.add(node, key));
        match before {
            Some(before) => self.edges[before as usize].next = edge,
            None => self.nodes[node as usize].first = edge,
        }
        edge
    }

    fn find(&self, node: NodeId, key: &[u8]) -> Option<EdgeId> {
        let edges = &self.nodes[node as usize].edges;
        if edges.len() < MANY {
            return edges.iter().copied().find(|e| same(&self.edges[*e as usize].key, key));
        }
        self.index.get(&(node, Box::from(key))).copied()
    }

    fn add(&mut self, node: NodeId, key: &[u8]) -> EdgeId {
        let text = String::from_utf8_lossy(key);
        let parent = &self.nodes[node as usize].path;
        let path = if node == ROOT { text.into_owned() } else { format!("{parent}.{text}") };
        // The path is stored up to three times: in the node and with its column.
        self.held += size_of::<Node>() + size_of::<Edge>() + 2 * key.len() + 3 * path.len() + 128;
        let child = self.nodes.len() as NodeId;
        self.nodes.push(Node { path, edges: Vec::new(), place: Place::Unknown, first: NONE });
        let edge = self.edges.len() as EdgeId;
        let plain = !key.iter().any(|b| matches!(b, b'"' | b'\\' | 0..=0x1f));
        let written = if plain { [b"\"", key, b"\":"].concat().into() } else { Box::default() };
        self.edges.push(Edge { key: key.into(), written, child, next: NONE, object: 0, values: (0, 0) });
        self.nodes[node as usize].edges.push(edge);
        self.index.insert((node, key.into()), edge);
        edge
    }

    /// The node that an edge leads to.
    pub(super) fn child(&self, edge: EdgeId) -> NodeId {
        self.edges[edge as usize].child
    }

    /// Notes that an object has a key. If the object had it before, returns the values of that time.
    pub(super) fn enter(&mut self, edge: EdgeId, object: u64) -> Option<(u32, u32)> {
        let edge = &mut self.edges[edge as usize];
        let again = edge.object == object;
        edge.object = object;
        again.then_some(edge.values)
    }

    /// Notes the values that a key had, as a range of the row's values.
    pub(super) fn leave(&mut self, edge: EdgeId, from: usize, to: usize) {
        self.edges[edge as usize].values = (from as u32, to as u32);
    }

    /// The fields that get columns.
    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The column of a node; `None` where its values are not kept.
    pub(super) fn column(&mut self, node: NodeId) -> Option<u32> {
        match self.nodes[node as usize].place {
            Place::Column(column) => Some(column),
            Place::Nowhere | Place::Passed => None,
            Place::Unknown => {
                let path = self.nodes[node as usize].path.clone();
                let column = self.fields.holds(&path).then(|| self.column_named(&path));
                let below = if self.fields.reaches(&path) { Place::Nowhere } else { Place::Passed };
                self.nodes[node as usize].place = column.map_or(below, Place::Column);
                column
            }
        }
    }

    /// Whether neither the values of a node nor any field below it are kept.
    pub(super) fn passes(&mut self, node: NodeId) -> bool {
        self.fields != Fields::All && self.column(node).is_none() && matches!(self.nodes[node as usize].place, Place::Passed)
    }

    fn column_named(&mut self, path: &str) -> u32 {
        if let Some(column) = self.columns.get(path) {
            return *column;
        }
        let column = self.names.len() as u32;
        self.names.push(path.to_owned());
        self.columns.insert(path.to_owned(), column);
        column
    }
}
