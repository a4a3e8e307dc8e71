//! Trees of FIND … DEPTH: which entity led to which, and how the rows of a display are nested.
//!
//! Which entity led to which is known of the walk, not of the entities: it is kept beside the tables, for each node.

use super::{Run, locked};
use crate::matching::Link;
use crate::report::model::Branch;
use crate::table::Key;
use foldhash::{HashMap, HashSet};
use huntc_compiler::plan::{NodeId, Op};
use huntc_compiler::time::Instant;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// How a walk first came to an entity. The order of the fields decides between several ways.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Step {
    /// The number of steps. Entities of the input have depth 0 and no `Step`, unless a step finds them.
    pub(super) depth: u64,
    /// Records without a time sort last.
    timeless: bool,
    time: Option<Instant>,
    /// The entity that the step started from.
    parent: Key,
}

/// For each entity the first way that led to it: fewest steps, then earliest record, then smallest key.
pub(super) type Lineage = BTreeMap<Key, Step>;

/// Adds what one step of a walk found.
pub(super) fn grow(lineage: &mut Lineage, depth: u64, links: Vec<Link>) {
    for Link { child, time, parent } in links {
        add(lineage, child, Step { depth, timeless: time.is_none(), time, parent });
    }
}

fn add(lineage: &mut Lineage, child: Key, step: Step) {
    match lineage.entry(child) {
        Entry::Vacant(place) => _ = place.insert(step),
        Entry::Occupied(mut place) if step < *place.get() => _ = place.insert(step),
        Entry::Occupied(_) => {}
    }
}

impl Run<'_> {
    /// How the walks that a table was made from came to its entities. Empty when it was made from none.
    pub(super) fn lineage(&self, node: NodeId) -> Lineage {
        let plan = self.job.plan;
        let walks = locked(&self.walks);
        let mut lineage = Lineage::default();
        let mut seen: HashSet<NodeId> = HashSet::default();
        let mut open = vec![node];
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if let Some(walk) = walks.get(&id) {
                for (child, step) in walk {
                    add(&mut lineage, child.clone(), step.clone());
                }
            }
            let node = plan.node(id);
            let tables = node.inputs.get(..node.inputs.len() - node.references.len()).unwrap_or_default();
            match &node.op {
                // The entities of these results are those of the first table.
                Op::Join { .. } | Op::Pick(_) => open.extend(tables.first()),
                Op::Pivot(_) | Op::Walk(_) => {}
                _ => open.extend(tables),
            }
        }
        lineage
    }
}

/// A node of a tree: an entity and the row that shows it. Entities that look the same have the same row.
pub(super) struct TreeNode<'t> {
    pub(super) key: Option<&'t Key>,
    pub(super) row: usize,
    /// The other variables that hold the entity.
    pub(super) held_by: Vec<String>,
}

/// The nodes as a tree: parents before children, siblings in the order of `nodes`. A node's parent is its nearest
/// ancestor that has a node. Siblings that look the same and have no children share a line. Empty when no node has a parent.
pub(super) fn arrange(lineage: &Lineage, nodes: &[TreeNode<'_>]) -> Vec<Branch> {
    let mut first: HashMap<&Key, usize> = HashMap::default();
    for (place, node) in nodes.iter().enumerate() {
        if let Some(key) = node.key {
            first.entry(key).or_insert(place);
        }
    }
    let mut roots = Vec::new();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (place, node) in nodes.iter().enumerate() {
        let parent = node.key.and_then(|key| ancestor(lineage, &first, key));
        match parent.and_then(|parent| children.get_mut(parent)) {
            Some(siblings) => siblings.push(place),
            None => roots.push(place),
        }
    }
    if roots.len() == nodes.len() {
        return Vec::new();
    }
    draw(&roots, &children, nodes)
}

/// Siblings that share a line.
struct SharedLine {
    /// The first of them.
    place: usize,
    count: u64,
    /// The other variables that hold one of them.
    held_by: Vec<String>,
}

/// The siblings by the lines that they get.
fn shared(siblings: &[usize], children: &[Vec<usize>], nodes: &[TreeNode<'_>]) -> Vec<SharedLine> {
    let mut lines: Vec<SharedLine> = Vec::with_capacity(siblings.len());
    let mut leaves: HashMap<usize, usize> = HashMap::default();
    for place in siblings {
        let Some(node) = nodes.get(*place) else { continue };
        let leaf = children.get(*place).is_none_or(Vec::is_empty);
        let line = leaf.then(|| *leaves.entry(node.row).or_insert(lines.len()));
        if let Some(line) = line.and_then(|line| lines.get_mut(line)) {
            line.count += 1;
            let others = node.held_by.iter().filter(|name| !line.held_by.contains(name)).cloned().collect::<Vec<_>>();
            line.held_by.extend(others);
        } else {
            lines.push(SharedLine { place: *place, count: 1, held_by: node.held_by.clone() });
        }
    }
    lines
}

/// The node of the nearest ancestor that has one. Each step up must lead to a smaller depth, so circles end.
fn ancestor(lineage: &Lineage, rows: &HashMap<&Key, usize>, key: &Key) -> Option<usize> {
    let mut step = lineage.get(key)?;
    loop {
        let before = lineage.get(&step.parent);
        if before.map_or(0, |s| s.depth) >= step.depth {
            return None;
        }
        if let Some(row) = rows.get(&step.parent) {
            return Some(*row);
        }
        step = before?;
    }
}

/// Deeper levels keep the indentation of this level.
const DEEPEST: usize = 40;

fn draw(roots: &[usize], children: &[Vec<usize>], nodes: &[TreeNode<'_>]) -> Vec<Branch> {
    let mut out = Vec::with_capacity(children.len());
    // What stands on the line, its mark, the prefix of its children's lines, and its depth.
    let mut open: Vec<(SharedLine, String, String, usize)> =
        shared(roots, children, nodes).into_iter().rev().map(|line| (line, String::new(), String::new(), 0)).collect();
    while let Some((SharedLine { place, count, held_by }, mark, indent, depth)) = open.pop() {
        let Some(node) = nodes.get(place) else { continue };
        out.push(Branch { row: node.row, mark, count, depth, held_by });
        let below = shared(children.get(place).map(Vec::as_slice).unwrap_or_default(), children, nodes);
        let end = below.len();
        for (n, line) in below.into_iter().enumerate().rev() {
            let last = n + 1 == end;
            let mark = format!("{indent}{}", if last { "└─ " } else { "├─ " });
            let deeper = if depth >= DEEPEST { indent.clone() } else { format!("{indent}{}", if last { "   " } else { "│  " }) };
            open.push((line, mark, deeper, depth + 1));
        }
    }
    out
}

#[cfg(test)]
mod tests;
