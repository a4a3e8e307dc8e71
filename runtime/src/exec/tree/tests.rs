//! Tests of trees: circles, missing parents, several roots, depth.

use super::*;
use crate::table::Rung;
use huntc_compiler::value::Value;

fn key(name: &str) -> Key {
    Key { rung: Rung::Plain, parts: [Some(Value::text(name))].into_iter().collect(), host: None, unique: 0 }
}

/// `child < parent` of each step, in order.
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
    let keys: Vec<Option<&Key>> = keys.iter().map(Some).collect();
    arrange(lineage, &keys).iter().map(|b| format!("{}{}", b.mark, rows[b.row])).collect()
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
