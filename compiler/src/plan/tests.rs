//! The plan of a hunt: which operators share a node, what each carries, what `--lean` leaves out.

use super::{NodeId, Plan};
use crate::options::Options;
use crate::testing::{Compiled, compiled, compiled_with, options};

/// A hunt with most operators.
const LONG: &str = "p = GET process FROM stixshifter://h WHERE name = 'sh'
nt = FIND network-traffic CREATED BY p WHERE dst_port = 443
q = p WHERE pid = nt.src_port SORT BY pid
both = p + q
g = GROUP both BY name WITH COUNT(pid) AS n
j = JOIN p, nt BY pid, src_port
t = TIMESTAMPED(q)
APPLY docker://score ON both
DISP j DISP t DISP both DISP g
SAVE nt TO nt.csv
again = LOAD nt.csv
DISP again";

/// The nodes of the figures of variables, by their numbers.
fn figures(compiled: &Compiled) -> Vec<Option<u32>> {
    compiled.plan().vars.iter().map(|var| var.node.map(|NodeId(n)| n)).collect()
}

#[test]
fn equal_statements_are_one_node() {
    let hunt = compiled(
        "a = GET process FROM h WHERE pid = 1\nb = GET process FROM h WHERE pid = 1\nc = GET process FROM h WHERE pid = 2",
    );
    assert_eq!(figures(&hunt), [Some(0), Some(0), Some(1)]);
}

#[test]
fn equal_steps_from_equal_inputs_are_one_node() {
    let get = |name| format!("{name} = GET process FROM h WHERE pid = 1\n");
    let find = "x = FIND file LINKED a WHERE size > 1\ny = FIND file LINKED b WHERE size > 1\nz = FIND file LINKED b";
    assert_eq!(figures(&compiled(&format!("{}{}{find}", get("a"), get("b")))), [Some(0), Some(0), Some(1), Some(1), Some(2)]);
}

#[test]
fn where_a_node_came_from_is_the_statement_that_asked_first() {
    let hunt = compiled("a = GET process FROM h WHERE pid = 1\nDISP a\nb = GET process FROM h WHERE pid = 1\nDISP b");
    assert_eq!(hunt.plan().nodes.iter().map(|n| n.statement).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn sources_and_windows_make_other_nodes() {
    let get = |place: &str| format!("GET process FROM {place}\n");
    let windows = ["START 2020-01-01T00:00:00Z STOP 2020-01-02T00:00:00Z", "START 2020-01-01T00:00:00Z STOP 2020-01-03T00:00:00Z"];
    let hunt = [
        get("a WHERE pid = 1"),
        get("b WHERE pid = 1"),
        get(&format!("a WHERE pid = 1 {}", windows[0])),
        get(&format!("a WHERE pid = 1 {}", windows[1])),
    ];
    assert_eq!(figures(&compiled(&hunt.concat())), [Some(0), Some(1), Some(2), Some(3)]);
}

#[test]
fn hosts_are_carried_where_a_report_shows_them() {
    let text = "p = GET process FROM h WHERE pid = 1\na = GET ipv4-addr FROM h WHERE value = '10.0.0.1'\n\
        g = GROUP p BY name WITH COUNT(pid)\nk = p WHERE pid = 1 ATTR name\nDISP p ATTR pid";
    let carried = |hosts: bool| -> Vec<bool> {
        let hunt = compiled_with(text, &Options { hosts, ..options() });
        let host = |id: &NodeId| hunt.plan().node(*id).columns.iter().any(|attr| format!("{attr:?}").contains(super::demand::HOST));
        hunt.plan().vars.iter().filter_map(|var| var.node.as_ref().map(host)).collect()
    };
    assert_eq!(carried(false), [false; 4]);
    assert_eq!(carried(true), [true, false, false, true], "DISP of an address or of groups shows no host");
}

#[test]
fn graphs_name_nodes_as_their_hunt_does() {
    let text = "p = GET process FROM stixshifter://h WHERE name = 'sh'\np = p WHERE pid = 1\nq = FIND process CREATED BY p\nDISP q\nINFO q\nDISP q ATTR pid\n";
    let hunt = compiled(text);
    let catalog = crate::catalog::Catalog::builtin();
    let nodes = super::graph::nodes(hunt.plan(), catalog);
    let told: Vec<String> = nodes
        .iter()
        .map(|n| {
            let parts = [n.title(), n.action(), n.condition.clone(), n.shown.join(", ")];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" | ")
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    n0 p | scan in h | where name = 'sh'
    n1 | add creation records in h
    n2 p #2 | filter | where pid = 1
    n3 q | pivot CREATED BY in h | INFO q
    n4 | add creation records in h | DISP q
    ");
    let dot = super::graph::dot(hunt.plan(), catalog);
    assert!(nodes.iter().flat_map(|n| &n.names).all(|name| dot.contains(name)), "{dot}");
}

#[test]
fn inputs_have_smaller_ids() {
    let hunt = compiled(LONG);
    assert!(hunt.plan().nodes.len() > 10);
    for (id, node) in hunt.plan().iter() {
        assert!(node.inputs.iter().all(|input| *input < id), "{id:?} {node:?}");
    }
}

#[test]
fn references_are_the_last_inputs() {
    let hunt = compiled(LONG);
    let node = hunt.plan().nodes.iter().find(|n| !n.references.is_empty());
    let ends =
        node.is_some_and(|n| n.inputs.len() == 2 && n.references.iter().map(|(_, id)| *id).eq(n.inputs[1..].iter().copied()));
    assert!(ends, "{node:?}");
}

/// No request is sent only because something might need its answer.
#[test]
fn creation_records_are_asked_for_only_where_rows_need_them() {
    let asks = |rest: &str| {
        let nodes = compiled(&format!("p = GET process FROM h WHERE pid = 1\n{rest}")).nodes();
        nodes.iter().filter(|n| n.contains("add creation records")).count()
    };
    assert_eq!(asks("INFO p"), 0);
    assert_eq!(asks("c = FIND process CREATED BY p\nINFO c"), 0);
    assert_eq!(asks("EXPLAIN p"), 0);
    assert_eq!(asks("DISP p"), 1);
    assert_eq!(asks("q = p WHERE pid = 2"), 1);
    assert_eq!(asks("x = FIND file LINKED p WHERE size = p.pid"), 1);
    assert_eq!(asks("DISP p\nq = p WHERE pid = 2\nDISP q\nDISP p"), 1, "once for all");
}

#[test]
fn only_processes_have_creation_records() {
    assert_eq!(compiled("f = GET file FROM h WHERE size = 1\nDISP f").nodes().len(), 1);
}

#[test]
fn a_node_carries_what_is_shown() {
    let hunt = compiled("f = GET file FROM h WHERE size = 1\nDISP f ATTR name");
    assert_eq!(hunt.carried(0), "name", "what is compared in the source is not carried");
    assert_eq!(compiled("f = GET file FROM h WHERE size = 1\nINFO f").carried(0), "");
}

#[test]
fn filters_and_sorts_carry_what_they_look_at_from_their_input() {
    let hunt = compiled("f = GET file FROM h WHERE size = 1\nx = f WHERE x_path LIKE 'a%' SORT BY size\nDISP x ATTR name");
    assert_eq!([hunt.carried(0), hunt.carried(1), hunt.carried(2)], ["name, x_path, size", "name, size", "name"]);
}

#[test]
fn a_group_carries_its_keys_and_aggregates_only() {
    let hunt = compiled("f = GET file FROM h WHERE size = 1\ng = GROUP f BY name WITH MAX(size) AS n\nDISP g");
    assert_eq!([hunt.carried(0), hunt.carried(1)], ["name, size", "n, name"]);
}

#[test]
fn what_attr_left_out_is_not_carried() {
    let hunt = compiled("f = GET file FROM h WHERE size = 1\nx = f ATTR name, size\nSAVE x TO a.csv\ny = x WHERE size > 1\nINFO y");
    assert_eq!(hunt.carried(0), "name, size");
}

#[test]
fn a_step_needs_nothing_but_keys_from_its_input() {
    let hunt = compiled("f = GET file FROM h WHERE size = 1\nx = FIND directory CONTAINED f\nDISP x ATTR path");
    assert_eq!([hunt.carried(0), hunt.carried(1)], ["", "path"]);
}

#[test]
fn a_reference_asks_for_its_attribute() {
    let hunt = compiled("f = GET file FROM h WHERE size = 1\nx = GET process FROM h WHERE name = f.name\nINFO x");
    assert_eq!([hunt.carried(0), hunt.carried(1)], ["name", ""]);
}

#[test]
fn a_join_asks_each_side_for_what_it_has() {
    let gets = "f = GET file FROM h WHERE size = 1\nu = GET user-account FROM h WHERE user_id = 'a'\n";
    let hunt = compiled(&format!("{gets}j = JOIN f, u BY name, user_id\nDISP j ATTR size, x_domain"));
    assert!(hunt.carried(0).contains("name") && hunt.carried(0).contains("size"), "{}", hunt.carried(0));
    assert!(hunt.carried(1).contains("user_id") && hunt.carried(1).contains("x_domain"), "{}", hunt.carried(1));
}

#[test]
fn a_filter_by_a_registry_key_carries_the_path_too() {
    let hunt = compiled("k = GET windows-registry-key FROM h WHERE key = 'a'\nx = k WHERE key = 'b'\nINFO x");
    assert_eq!(hunt.carried(0), "key, x_path");
}

#[test]
fn analytics_get_whole_rows() {
    let hunt = compiled("u = GET user-account FROM h WHERE user_id = 'a'\nAPPLY docker://score ON u\nDISP u ATTR x_score");
    assert!(hunt.carried(0).contains("user_id") && hunt.carried(0).contains("x_domain"), "{}", hunt.carried(0));
}

#[test]
fn what_was_saved_is_loaded_as_it_was_saved() {
    let hunt = compiled("f = GET file FROM h WHERE size = 1\nx = f ATTR name, size\nSAVE x TO a.csv\ny = LOAD a.csv\nINFO y");
    assert_eq!(hunt.nodes().last().map(String::as_str), Some(r#"n2 = load "a.csv" as saved (name, size) → file of n1"#));
}

#[test]
fn a_later_save_does_not_change_an_earlier_load() {
    let save = |name: &str| format!("{name} = GET file FROM h WHERE name = '{name}'\nSAVE {name} TO a.csv\n");
    let nodes = compiled(&format!("{}y = LOAD a.csv\n{}INFO y", save("one"), save("two"))).nodes();
    assert!(nodes[1].contains("as saved") && nodes[1].ends_with("of n0"), "{nodes:?}");
}

fn lean(text: &str) -> Compiled {
    let mut options = options();
    options.lean = true;
    compiled_with(text, &options)
}

#[test]
fn lean_forgets_variables_that_no_output_needs() {
    let text =
        "a = GET file FROM h WHERE size = 1\nb = GET file FROM h WHERE size = 2\nc = b WHERE name = 'x'\nd = c\nDISP c ATTR name";
    assert_eq!(figures(&compiled(text)), [Some(0), Some(1), Some(2), Some(2)]);
    assert_eq!(figures(&lean(text)), [None, Some(1), Some(2), Some(2)]);
}

#[test]
fn lean_keeps_what_analytics_and_files_need() {
    let text = "a = GET file FROM h WHERE size = 1\nb = GET file FROM h WHERE size = 2\nSAVE a TO a.csv\nAPPLY docker://score ON b";
    assert_eq!(figures(&lean(text)), [Some(0), Some(1), Some(3)], "before the call, and with its answer");
}

#[test]
fn lean_keeps_the_creation_records_figures_of_what_is_shown() {
    assert_eq!(figures(&lean("p = GET process FROM h WHERE pid = 1\nDISP p")), [Some(0)], "the node behind the rows");
}

/// The nodes that are roots or are needed by one.
fn reachable(plan: &Plan, roots: &[u32]) -> Vec<usize> {
    let reachable = plan.reachable_from(roots.iter().map(|n| NodeId(*n)));
    reachable.iter().enumerate().filter(|(_, is)| **is).map(|(n, _)| n).collect()
}

#[test]
fn reachable_from_a_node_are_it_and_all_that_it_needs() {
    let text = "a = GET file FROM h WHERE size = 1\nb = GET file FROM h WHERE size = 2\nc = a WHERE name = b.name\nd = GET file FROM h WHERE size = 3";
    let hunt = compiled(text);
    let plan = hunt.plan();
    assert_eq!((reachable(plan, &[2]), reachable(plan, &[1]), reachable(plan, &[3, 0])), (vec![0, 1, 2], vec![1], vec![0, 3]));
    assert_eq!(reachable(plan, &[]), [0; 0]);
}

/// The table of the last variable is made of those of all before it.
#[test]
fn a_long_chain_of_merges_needs_no_stack() {
    let chain = "p = p + q\nq = q + p\n".repeat(12_000);
    let hunt = compiled(&format!("p = GET process FROM h WHERE pid = 1\nq = GET process FROM h WHERE pid = 2\n{chain}DISP p"));
    assert!(hunt.plan().nodes.len() > 24_000);
}

/// What each node that asks a source must know of records.
#[test]
fn nodes_say_what_they_must_know_of_records() {
    let of = |text: &str| compiled(&format!("x = GET ipv4-addr FROM h WHERE value = '10.0.0.1'\n{text}")).needs();
    let (values, order) = ("values and their numbers", "values, their numbers and order");
    let times = "values, their numbers and times";
    assert_eq!(of("INFO x"), [values]);
    assert_eq!(of("DISP x"), [order]);
    assert_eq!(of("DISP x ATTR value, first_observed"), [times]);
    assert_eq!(of("DISP x WHERE value = '10.0.0.2'"), [times], "another sighting may be the first of those that pass");
    assert_eq!(of("g = GROUP x BY value WITH COUNT(value)\nDISP g"), [values]);
    assert_eq!(of("f = FIND network-traffic CREATED BY x\nDISP f"), [values, order]);
    assert_eq!(of("DISP TIMESTAMPED(x)"), ["single records: a row for each record"]);
    let both = of("y = GET ipv4-addr FROM h WHERE value = '10.0.0.2'\nz = x + y\nINFO z");
    let of_two = of("y = GET ipv4-addr FROM k WHERE value = '10.0.0.2'\nz = x + y\nDISP z");
    assert_eq!(of_two, [times; 2], "what was first in either");
    assert_eq!(both, ["single records: other statements find the same records"; 2]);
}
