//! Tests of trees: circles, missing parents, several roots, depth.

use super::*;
use crate::table::Rung;
use huntc_compiler::value::Value;
use proptest::prelude::*;

fn key(name: &str) -> Key {
    Key::new(Rung::Plain, [Some(Value::text(name))], None)
}

/// The lineage of a walk whose steps each found pairs of a child and its parent.
fn walked(steps: &[&[(&str, &str)]]) -> Lineage {
    let mut lineage = Lineage::default();
    for (depth, links) in (1..).zip(steps) {
        let link = |(child, parent): &(&str, &str)| Link { child: key(child), time: None, parent: key(parent) };
        grow(&mut lineage, depth, links.iter().map(link).collect());
    }
    lineage
}

fn drawn(lineage: &Lineage, rows: &[&str]) -> Vec<String> {
    let keys: Vec<Key> = rows.iter().map(|r| key(r)).collect();
    let nodes: Vec<TreeNode<'_>> =
        keys.iter().enumerate().map(|(row, key)| TreeNode { key: Some(key), row, held_by: Vec::new() }).collect();
    arrange(lineage, &nodes).iter().map(|b| format!("{}{}", b.mark, rows[b.row])).collect()
}

#[test]
fn children_hang_below_parents_and_siblings_stay_in_row_order() {
    let lineage = walked(&[&[("a", "in"), ("b", "in")], &[("a2", "a"), ("a1", "a"), ("b1", "b")], &[("a1x", "a1")]]);
    let rows = ["b1", "a1x", "a2", "b", "a", "a1"];
    assert_eq!(drawn(&lineage, &rows), ["b", "└─ b1", "a", "├─ a2", "└─ a1", "   └─ a1x"]);
    assert_eq!(drawn(&lineage, &["in", "a1", "a1x"]), ["in", "└─ a1", "   └─ a1x"], "a merged input is the root");
}

#[test]
fn a_row_without_its_parent_hangs_below_the_nearest_ancestor_or_is_a_root() {
    let lineage = walked(&[&[("a", "in")], &[("b", "a")], &[("c", "b"), ("d", "b")], &[("e", "d")]]);
    assert_eq!(drawn(&lineage, &["a", "c", "d", "e"]), ["a", "├─ c", "└─ d", "   └─ e"]);
    assert_eq!(drawn(&lineage, &["c", "e", "d"]), ["c", "d", "└─ e"]);
    assert!(drawn(&lineage, &["a"]).is_empty(), "one row is no tree");
    assert!(drawn(&lineage, &["c", "d"]).is_empty(), "nor are siblings");
}

#[test]
fn circles_end() {
    let lineage = walked(&[&[("b", "a"), ("s", "a")], &[("a", "b"), ("s", "s")], &[("b", "a")]]);
    assert_eq!(drawn(&lineage, &["a", "b", "s"]), ["b", "└─ a", "s"]);
    let own = walked(&[&[("a", "a")]]);
    assert!(drawn(&own, &["a"]).is_empty());
}

#[test]
fn of_several_parents_the_earliest_record_counts_whatever_the_order() {
    let link = |parent: &str, time: Option<i64>| Link { child: key("c"), time: time.map(Instant), parent: key(parent) };
    let ways = [("p", Some(5)), ("q", Some(3)), ("r", None), ("o", Some(3))];
    for turn in 0..ways.len() {
        let mut lineage = walked(&[&[("o", "in"), ("p", "in"), ("q", "in"), ("r", "in")]]);
        let mut links: Vec<Link> = ways.iter().map(|(p, t)| link(p, *t)).collect();
        links.rotate_left(turn);
        grow(&mut lineage, 2, links);
        assert_eq!(drawn(&lineage, &["c", "o", "p", "q", "r"]), ["o", "└─ c", "p", "q", "r"]);
    }
}

#[test]
fn deep_trees_stop_moving_to_the_right() {
    let names: Vec<String> = (0..5_000).map(|n| format!("p{n}")).collect();
    let steps: Vec<[(&str, &str); 1]> = names.windows(2).map(|w| [(w[1].as_str(), w[0].as_str())]).collect();
    let lineage = walked(&steps.iter().map(<[_; 1]>::as_slice).collect::<Vec<_>>());
    let rows: Vec<&str> = names.iter().map(String::as_str).collect();
    let drawn = drawn(&lineage, &rows);
    assert_eq!(drawn.len(), 5_000);
    assert!(drawn.iter().all(|l| l.chars().count() < 3 * (DEEPEST + 2) + 6));
    assert!(drawn[4_999].ends_with("└─ p4999"));
}

/// The label of a node and the shapes of its children, sorted: the order of siblings does not count.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Shape(u8, Vec<Shape>);

/// The shapes of the nodes below `parent`, computed from each node's parent and label.
fn true_shapes(parents: &[Option<usize>], labels: &[u8], parent: Option<usize>) -> Vec<Shape> {
    let below = (0..parents.len()).filter(|n| parents[*n] == parent);
    let mut shapes: Vec<Shape> = below.map(|n| Shape(labels[n], true_shapes(parents, labels, Some(n)))).collect();
    shapes.sort();
    shapes
}

/// The shapes that the next lines of a depth draw, with all lines below them; `labels` are those of the rows.
fn drawn_shapes(lines: &mut std::iter::Peekable<std::slice::Iter<'_, Branch>>, labels: &[u8], depth: usize) -> Vec<Shape> {
    let mut shapes = Vec::new();
    while let Some(line) = lines.next_if(|line| line.mark.chars().count() == 3 * depth) {
        let shape = Shape(labels[line.row], drawn_shapes(lines, labels, depth + 1));
        shapes.extend(std::iter::repeat_n(shape, line.count as usize));
    }
    shapes.sort();
    shapes
}

proptest! {
    /// Entities that look the same are one row, but each has its own parent and children.
    #[test]
    fn every_node_is_drawn_below_its_parent(
        forest in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), 0_u8..3, any::<u64>()), 1..25),
    ) {
        let parents: Vec<Option<usize>> = (0..forest.len())
            .map(|n| if n == 0 || forest[n].1 { None } else { Some(forest[n].0.index(n)) })
            .collect();
        let labels: Vec<u8> = forest.iter().map(|(_, _, label, _)| *label).collect();
        let depth = |mut n: usize| { let mut depth = 1; while let Some(parent) = parents[n] { n = parent; depth += 1; } depth };
        let keys: Vec<Key> = (0..forest.len()).map(|n| key(&n.to_string())).collect();
        let mut lineage = Lineage::default();
        for n in 0..forest.len() {
            let parent = parents[n].map_or_else(|| key("in"), |p| keys[p].clone());
            grow(&mut lineage, depth(n), vec![Link { child: keys[n].clone(), time: None, parent }]);
        }
        let mut order: Vec<usize> = (0..forest.len()).collect();
        order.sort_by_key(|n| forest[*n].3);
        // One row for each label: DISP drops repeated rows.
        let nodes: Vec<TreeNode<'_>> = order.iter().map(|n| TreeNode { key: Some(&keys[*n]), row: usize::from(labels[*n]), held_by: Vec::new() }).collect();
        let tree = arrange(&lineage, &nodes);
        if parents.iter().all(Option::is_none) {
            prop_assert!(tree.is_empty());
        } else {
            prop_assert_eq!(drawn_shapes(&mut tree.iter().peekable(), &[0, 1, 2], 0), true_shapes(&parents, &labels, None));
        }
    }
}
