//! Tests of pictures: what they consist of, hostile values, bounds.

use super::*;
use crate::report::model::{Branch, Display, NodeReport, NodeStatus};
use crate::report::sanitize::is_unsafe;
use crate::report::sightings::{Lane, LaneHost, SightingsReport};
use crate::report::tests::display;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::compile;
use huntc_compiler::options::Options;
use huntc_compiler::plan::graph::{self, GraphNode};
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::{Instant, SECOND};
use huntc_compiler::value::Value;
use std::time::Duration;

const HUNT: &str = "p = GET process FROM stixshifter://s WHERE name = 'sh'\nq = FIND process CREATED BY p\nDISP q ATTR pid\n";

fn nodes(text: &str) -> Vec<GraphNode> {
    let mut sources = SourceSet::default();
    let id = sources.add_text("h.hf", text);
    let catalog = Catalog::builtin();
    let compiled = compile(&sources, id, catalog, &Options::at(Instant(0))).compiled.unwrap();
    graph::nodes(&compiled.plan, catalog)
}

/// A hunt of so many statements that need nothing of each other.
fn statements(many: usize) -> String {
    let get = |text: String, n| text + &format!("p{n} = GET process FROM stixshifter://s WHERE pid = {n}\n");
    (0..many).fold(String::new(), get)
}

/// A second later each, and a second long.
fn ran(nodes: Vec<GraphNode>) -> Vec<NodeReport> {
    let second = |n: u64| Duration::from_secs(n);
    let node = |(n, node): (u64, GraphNode)| NodeReport {
        node,
        status: NodeStatus::Ok,
        entities: Some(n + 1),
        records: Some(1_000 * n),
        time: Some((second(n), second(n + 1))),
    };
    (0..).zip(nodes).map(node).collect()
}

fn pin(name: &str, shown: &str) {
    insta::with_settings!({ snapshot_path => "../../../../snapshots/report", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, shown);
    });
}

/// An element a line, without what only says where things stand.
fn structure(markup: &str) -> String {
    let places = regex::Regex::new(r#" (x|y|width|height|rx|viewBox|transform|d)="[^"]*""#).unwrap();
    places.replace_all(&markup.replace("><", ">\n<"), "").into_owned()
}

fn hostile() -> &'static str {
    "</title></svg><script>alert(1)</script>\u{202e}\"' onload=x"
}

/// Nothing of it is markup, and nothing is unsafe.
fn is_harmless(markup: &str) {
    for bad in ["<script", "\" onload", "' onload"] {
        assert!(!markup.contains(bad), "{bad}: {markup}");
    }
    assert!(markup.matches("</svg>").count() <= 1, "{markup}");
    assert!(!markup.chars().any(is_unsafe), "{markup}");
}

#[test]
fn a_plan_has_names_records_time_and_the_critical_path() {
    let mut nodes = ran(nodes(HUNT));
    nodes[2].status = NodeStatus::Failed;
    nodes[2].entities = None;
    let picture = plan(&nodes).unwrap();
    pin("picture-plan", &format!("{}\n\n{}", structure(&picture.image), structure(&picture.text)));
}

#[test]
fn of_several_inputs_the_one_that_was_done_last_is_on_the_critical_path() {
    let text =
        "a = GET process FROM stixshifter://s WHERE pid = 1\nb = GET process FROM stixshifter://s WHERE pid = 2\nc = a + b\n";
    let mut nodes = ran(nodes(text));
    let end = nodes.len() - 1;
    nodes[0].time = Some((Duration::ZERO, Duration::from_secs(3)));
    nodes[end].time = Some((Duration::from_secs(3), Duration::from_secs(4)));
    let image = plan(&nodes).unwrap().image;
    assert!(image.contains("The others waited for n0 a, then n"), "{image}");
    assert_eq!(image.matches("<path class=\"line critical\"").count(), image.matches("node asks named critical").count());
}

#[test]
fn a_plan_is_narrow_and_one_that_is_too_large_is_listed() {
    let image = plan_of_dry_run(&nodes(&statements(60)));
    let width: u32 = image.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    assert!((1_000..=1_200).contains(&width), "{width}");
    assert!(image.starts_with("<svg xmlns=") && image.contains("<style>.picture{"));
    let picture = plan(&ran(nodes(&statements(300)))).unwrap();
    assert!(picture.image.contains("300 nodes are too many for a picture") && picture.text.contains("<td>p299</td>"));
    assert_eq!(plan(&[]), None);
}

#[test]
fn hostile_names_and_values_are_text_in_a_plan() {
    let mut nodes = ran(nodes(HUNT));
    nodes[0].node.names = vec![hostile().to_owned()];
    nodes[0].node.condition = hostile().to_owned();
    nodes[0].node.source = Some(hostile().to_owned());
    let picture = plan(&nodes).unwrap();
    is_harmless(&picture.image);
    is_harmless(&picture.text);
}

fn lane(host: &str, variable: &str, bins: &[(u16, u64)]) -> Lane {
    let sightings = bins.iter().map(|(_, n)| n).sum();
    let span = Some((Instant(0), Instant(60 * SECOND)));
    let host = LaneHost::Named(host.into());
    Lane { host, variable: variable.to_owned(), entities: 2, sightings, span, bins: bins.to_vec() }
}

fn seen(lanes: Vec<Lane>) -> SightingsReport {
    SightingsReport { span: Some((Instant(0), Instant(60 * SECOND))), lanes, ..SightingsReport::default() }
}

#[test]
fn a_timeline_has_a_lane_for_each_host_and_variable_and_controls() {
    let mut report = seen(vec![lane("a", "p", &[(0, 1), (239, 4)]), lane("a", "q", &[(0, 1)]), lane("b", "p", &[(1, 1)])]);
    report.without_time = 2;
    report.counted = true;
    let picture = timeline(&report).unwrap();
    pin("picture-timeline", &format!("{}\n\n{}", structure(&picture.image), structure(&picture.text)));
}

#[test]
fn a_matrix_has_hosts_and_variables() {
    let report = seen(vec![lane("a", "p", &[(0, 1)]), lane("a", "q", &[(0, 9)]), lane("b", "p", &[(1, 1)])]);
    pin("picture-matrix", &structure(&matrix(&report).unwrap().image));
    assert_eq!(matrix(&seen(vec![lane("a", "p", &[(0, 1)])])), None);
}

#[test]
fn hostile_hosts_are_text() {
    let report = seen(vec![lane(hostile(), "p", &[(0, 1)]), lane("b", hostile(), &[(0, 1)])]);
    let (timeline, matrix) = (timeline(&report).unwrap(), matrix(&report).unwrap());
    for markup in [timeline.image, timeline.text, matrix.image] {
        is_harmless(&markup);
    }
}

#[test]
fn what_is_not_drawn_is_told() {
    let lanes: Vec<Lane> = (0..130).map(|n| lane(&format!("h{n}"), "p", &[(0, 1)])).collect();
    let picture = timeline(&seen(lanes)).unwrap();
    assert!(picture.image.contains("10 more lanes are not drawn.") && picture.text.contains("<td>h129</td>"));
    let stopped = SightingsReport { missing: Some("the run was interrupted".to_owned()), ..SightingsReport::default() };
    assert!(timeline(&stopped).unwrap().image.contains("No timeline: the run was interrupted."));
    assert_eq!(timeline(&SightingsReport::default()), None);
    let variables: Vec<Lane> = (0..20).map(|n| lane("a", &format!("v{n}"), &[(0, 1)])).collect();
    assert!(matrix(&seen(variables)).unwrap().image.contains("Not shown: v16, v17, v18, v19."));
}

fn branch(row: usize, depth: usize, count: u64, held_by: &[&str]) -> Branch {
    Branch { row, mark: String::new(), count, depth, held_by: held_by.iter().map(|name| (*name).to_owned()).collect() }
}

fn processes_of(names: &[&str]) -> Display {
    let row = |name: &&str| vec![Some(Value::text("h")), Some(Value::text(*name)), Some(Value::text(format!("{name} -x"))), None];
    display("tree", &["host.name", "name", "command_line", "user.name"], names.iter().map(row).collect())
}

#[test]
fn a_tree_folds_and_marks_what_other_variables_hold() {
    let mut display = processes_of(&["a", "b", "c"]);
    display.tree =
        vec![branch(0, 0, 1, &[]), branch(1, 1, 1, &["bad"]), branch(2, 2, 3, &[]), branch(1, 1, 1, &[]), branch(2, 0, 1, &[])];
    pin("picture-tree", &structure(&tree(&display).unwrap().image));
    assert_eq!(tree(&processes_of(&["a"])), None);
}

#[test]
fn a_deep_tree_ends_and_a_long_one_says_so() {
    let mut display = processes_of(&[hostile()]);
    display.tree = (0..3_000).map(|depth| branch(0, depth, 1, &[])).collect();
    let image = tree(&display).unwrap().image;
    assert_eq!(image.matches("<ul").count(), 41);
    for (open, close) in [("<ul", "</ul>"), ("<li>", "</li>"), ("<details", "</details>")] {
        assert_eq!(image.matches(open).count(), image.matches(close).count(), "{open}");
    }
    assert!(image.ends_with("2000 of 3000 lines.</p>") && image.contains("<i>level</i> 1999"));
    is_harmless(&image);
}

/// Rows of host, pid, name, command line and parent's pid and name.
fn shown(variable: &str, rows: &[[&str; 6]]) -> Display {
    let columns = ["host.name", "pid", "name", "command_line", "parent_ref.pid", "parent_ref.name"];
    let cell = |text: &&str| (!text.is_empty()).then(|| Value::text(*text));
    display(variable, &columns, rows.iter().map(|row| row.iter().map(cell).collect()).collect())
}

#[test]
fn processes_hang_below_their_parents_whichever_table_shows_them() {
    let parents = shown("p", &[["a", "2", "cmd.exe", "cmd /c x", "1", "explorer.exe"], ["b", "2", "cmd.exe", "", "", ""]]);
    let children = shown(
        "q",
        &[
            ["a", "3", "net.exe", "net user", "2", "CMD.EXE"],
            ["a", "4", "net.exe", "net user", "2", "cmd.exe"],
            ["a", "5", "ping.exe", "ping", "2", "powershell.exe"],
            ["a", "2", "cmd.exe", "cmd /c x", "1", "explorer.exe"],
            ["a", "", "nobody.exe", "", "2", "cmd.exe"],
        ],
    );
    pin("picture-processes", &structure(&processes(&[parents, children]).unwrap().image));
    assert_eq!(processes(&[processes_without_parents()]), None);
}

fn processes_without_parents() -> Display {
    processes_of(&["a"])
}

#[test]
fn processes_that_name_each_other_make_no_circle() {
    let circle = shown("p", &[["a", "1", "x", "", "2", "y"], ["a", "2", "y", "", "1", "x"], ["a", "3", "z", "", "3", "z"]]);
    let image = processes(&[circle]).unwrap().image;
    for pid in 1..=3 {
        assert_eq!(image.matches(&format!("<i>pid</i> {pid}<")).count(), 1, "{image}");
    }
    let hostile = shown(hostile(), &[[hostile(), "1", hostile(), hostile(), "2", hostile()]]);
    is_harmless(&processes(&[hostile]).unwrap().image);
}
