//! Trees of FIND … DEPTH: which entity led to which, and how the rows of a display hang below each other.
//!
//! Who led to whom is a fact of the walk, not of the entities: it is kept beside the tables, by node.

use super::{Run, locked};
use crate::report::model::Branch;
use crate::sight::Link;
use crate::table::Key;
use huntc_compiler::plan::{NodeId, Op};
use huntc_compiler::time::Instant;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// How a walk came to an entity first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Step {
    /// After so many steps; entities of the input, which no walk came to, have depth 0.
    pub(super) depth: u64,
    /// Records without a time last.
    timeless: bool,
    time: Option<Instant>,
    /// From this entity.
    parent: Key,
}

/// How walks came to entities. Of several ways the first counts: fewest steps, earliest record, smallest key.
pub(super) type Lineage = BTreeMap<Key, Step>;

/// Takes in what one step of a walk found.
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
    /// How the walks behind a table came to its entities; nothing where none is behind it.
    pub(super) fn lineage(&self, node: NodeId) -> Lineage {
        let plan = self.job.plan;
        let walks = locked(&self.walks);
        let mut lineage = Lineage::default();
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
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
                // The entities of a join are the first table's.
                Op::Join { .. } => open.extend(tables.first()),
                Op::Apply { pick, .. } => open.extend(tables.get(*pick as usize)),
                Op::Pivot(_) => {}
                _ => open.extend(tables),
            }
        }
        lineage
    }
}

/// The rows as a tree: parents before children, siblings in the order of the rows; `keys` are the entities that the rows
/// stand for. A row hangs below its nearest ancestor that has a row. Empty where no row hangs below another.
pub(super) fn arrange(lineage: &Lineage, keys: &[Option<&Key>]) -> Vec<Branch> {
    let mut first: FxHashMap<&Key, usize> = FxHashMap::default();
    for (row, key) in keys.iter().enumerate() {
        if let Some(key) = key {
            first.entry(key).or_insert(row);
        }
    }
    let mut roots = Vec::new();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); keys.len()];
    for (row, key) in keys.iter().enumerate() {
        let parent = key.and_then(|key| ancestor(lineage, &first, key));
        match parent.and_then(|parent| children.get_mut(parent)) {
            Some(siblings) => siblings.push(row),
            None => roots.push(row),
        }
    }
    if roots.len() == keys.len() {
        return Vec::new();
    }
    draw(&roots, &children)
}

/// The row of the nearest ancestor that has one. Each step up leads to a smaller depth, so circles end.
fn ancestor(lineage: &Lineage, rows: &FxHashMap<&Key, usize>, key: &Key) -> Option<usize> {
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

/// Levels whose lines are drawn; what lies deeper keeps this indentation.
const DEEPEST: usize = 40;

fn draw(roots: &[usize], children: &[Vec<usize>]) -> Vec<Branch> {
    let mut out = Vec::with_capacity(children.len());
    // Row, its mark, and what stands in front of its children.
    let mut open: Vec<(usize, String, String, usize)> =
        roots.iter().rev().map(|row| (*row, String::new(), String::new(), 0)).collect();
    while let Some((row, mark, indent, depth)) = open.pop() {
        out.push(Branch { row, mark });
        let below = children.get(row).map(Vec::as_slice).unwrap_or_default();
        for (n, child) in below.iter().enumerate().rev() {
            let last = n + 1 == below.len();
            let mark = format!("{indent}{}", if last { "└─ " } else { "├─ " });
            let deeper = if depth >= DEEPEST { indent.clone() } else { format!("{indent}{}", if last { "   " } else { "│  " }) };
            open.push((*child, mark, deeper, depth + 1));
        }
    }
    out
}

#[cfg(test)]
mod tests;
