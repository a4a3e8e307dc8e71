//! Tests of what a night reports of a hunt.

use super::*;
use crate::compile::{Compilation, compile};
use crate::plan::NodeId;
use crate::time::Instant;

/// Compiles a hunt as a night does, with the conditions of its suppressions.
fn compiled(text: &str, conditions: &[&str]) -> Compilation {
    let mut sources = SourceSet::default();
    let id = sources.add_text("hunt.hf", text);
    let conditions = conditions.iter().map(|c| sources.add_text("condition", hiding(c))).collect();
    let options = Options { finding: Some(conditions), ..Options::at(Instant(86_400_000_000_000)) };
    compile(&sources, id, Catalog::builtin(), &options)
}

/// What makes two findings of a hunt the same, by name.
fn key(text: &str) -> Vec<String> {
    let plan = compiled(text, &[]).compiled.expect("compiles").plan;
    plan.finding.unwrap().facts.key.into_iter().map(|column| column.header).collect()
}

const GET: &str = "x = GET process FROM stixshifter://a WHERE pid = 1\n";

#[test]
fn what_makes_two_findings_the_same() {
    let process = ["host.name", "name", "command_line", "parent_ref.name", "creator_user_ref.user_id"];
    let flow = ["host.name", "src_ref.value", "dst_ref.value", "dst_port", "x_transport"];
    let cases: [(String, &[&str]); 8] = [
        (GET.to_owned(), &process),
        (GET.replace("process", "network-traffic").replace("pid", "dst_port"), &flow),
        (GET.replace("process", "file").replace("pid = 1", "name = 'a'"), &[]),
        (format!("{GET}g = GROUP x BY name, host.name WITH COUNT(pid) AS n\n"), &["name", "host.name"]),
        (format!("# key: n\n{GET}g = GROUP x BY name WITH COUNT(pid) AS n\n"), &["n"]),
        (format!("# key: name, host.name,process.pid\n{GET}"), &["name", "host.name", "process.pid"]),
        // What is left of the default would make too much the same.
        (format!("{GET}y = x ATTR pid, name\n"), &[]),
        (format!("# key: pid, host.name\n{GET}y = x ATTR pid\n"), &["pid", "host.name"]),
    ];
    for (text, wanted) in cases {
        assert_eq!(key(&text), wanted, "{text}");
    }
}

#[test]
fn a_key_that_the_finding_lacks_is_told_where_it_stands() {
    for (key, text, lacking) in [
        ("name, comand_line", GET.to_owned(), "comand_line"),
        ("nonsense", GET.to_owned(), "nonsense"),
        ("pid", format!("{GET}g = GROUP x BY name WITH COUNT(pid) AS n\n"), "pid"),
        ("name", format!("{GET}y = x ATTR pid\n"), "name"),
    ] {
        let text = format!("# key: {key}\n{text}");
        let done = compiled(&text, &[]);
        let told: Vec<_> = done.diagnostics.iter().map(|d| d.code.id).collect();
        assert_eq!(told, ["K0855"], "{text}");
        let span = done.diagnostics[0].primary.span;
        assert_eq!(&text[span.start as usize..span.end as usize], lacking);
        assert!(done.compiled.is_none());
    }
}

#[test]
fn a_plan_has_the_finding_only_in_a_night_and_then_all_that_it_needs() {
    let mut sources = SourceSet::default();
    let text = format!("{GET}DISP x ATTR name\n");
    let id = sources.add_text("hunt.hf", text.as_str());
    let plain = compile(&sources, id, Catalog::builtin(), &Options::at(Instant(86_400_000_000_000))).compiled.unwrap().plan;
    assert!(plain.finding.is_none());
    let plan = compiled(&text, &["cwd = '/'"]).compiled.unwrap().plan;
    let finding = plan.finding.as_ref().unwrap();
    let named = |id: NodeId| {
        let node = plan.node(id);
        node.columns.iter().map(|attr| attr.name(Catalog::builtin(), node.entity)).collect::<Vec<_>>()
    };
    for needed in ["host.name", "name", "command_line", "parent_ref.name", "creator_user_ref.user_id", "cwd"] {
        assert!(named(finding.node).iter().any(|name| name == needed), "{needed} in {:?}", named(finding.node));
    }
    assert_eq!(finding.columns.iter().map(|c| c.header.as_str()).collect::<Vec<_>>(), ["name"], "as DISP shows it");
    assert_eq!(finding.hidden.len(), 1);
}

#[test]
fn conditions_are_checked_against_the_finding() {
    let text = format!("{GET}files = FIND file LINKED x\nDISP x\n");
    for (condition, codes) in [
        ("command_line LIKE '%backup%' AND host.name = 'a'", &[][..]),
        ("name IN files.name", &[]),
        ("comand_line = 'a'", &["K0201"]),
        ("x_path = 'a'", &["K0201"]),
        ("pid = 'many'", &["K0301"]),
        ("pid = 1 LIMIT 5", &["K0856"]),
        ("pid = 1\nDISP x", &["K0856"]),
        ("pid = 1\nx = GET process FROM stixshifter://a WHERE pid = 2", &["K0856"]),
    ] {
        let done = compiled(&text, &["pid = 4", condition]);
        assert!(!done.failed(), "a fault of a suppression is none of the hunt: {:?}", done.diagnostics);
        let told: Vec<_> = done.conditions[1].iter().map(|d| d.code.id).collect();
        assert_eq!(told, codes, "{condition}: {:?}", done.conditions[1]);
        assert!(done.conditions[1].iter().all(|d| d.primary.span.source == SourceId(2)), "{condition}");
        let hidden = done.compiled.unwrap().plan.finding.unwrap().hidden.len();
        assert_eq!(hidden, if codes.is_empty() { 2 } else { 1 }, "{condition}");
    }
}

#[test]
fn a_name_that_is_bound_again_cannot_be_named_by_a_condition() {
    let done = compiled(&format!("{GET}DISP x\nx = GET process FROM stixshifter://a WHERE pid = 2\n"), &["pid = 1"]);
    assert_eq!(done.conditions[0].iter().map(|d| d.code.id).collect::<Vec<_>>(), ["K0856"]);
}
