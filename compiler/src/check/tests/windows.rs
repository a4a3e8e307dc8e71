//! Windows by the rules of semantics.md §6: what each statement asks, and what its variable hands on.

use super::text::window;
use super::{checked_with, options};
use crate::check::hir::{AssignStep, GetFrom, GetStep, MergeStep, NewStep, StepKind};
use crate::time::SECOND;

/// For each GET from a source and FIND: `variable: what is asked | what is handed on`.
fn windows_with(text: &str, width: Option<i64>) -> Vec<String> {
    let mut options = options();
    options.window = width.map(|s| s * SECOND);
    let checked = checked_with(text, &options);
    let hunt = checked.hunt.unwrap_or_else(|| panic!("{text}: {:?}", checked.diagnostics));
    let asked = |sources: &[(crate::check::hir::SourceRef, _)]| {
        let all: Vec<String> =
            sources.iter().map(|(s, w)| format!("{} {}", hunt.sources[usize::from(s.0)].name, short(&window(*w)))).collect();
        all.join(", ")
    };
    let line = |out: crate::check::hir::VarId, asked: String| {
        let var = &hunt.vars[out.0 as usize];
        format!("{}: {asked} | {}", var.name, short(&window(var.window)))
    };
    let steps = hunt.steps.iter().filter_map(|s| match &s.kind {
        StepKind::Get(GetStep { out, from: GetFrom::Sources { sources, .. }, .. }) => Some(line(*out, asked(sources))),
        StepKind::Find(find) => Some(line(find.out, asked(&find.sources))),
        StepKind::Get(GetStep { out, .. })
        | StepKind::Merge(MergeStep { out, .. })
        | StepKind::Assign(AssignStep { out, .. })
        | StepKind::New(NewStep { out, .. }) => Some(line(*out, "-".to_owned())),
        _ => None,
    });
    steps.collect()
}

fn windows(text: &str) -> Vec<String> {
    windows_with(text, None)
}

/// Times of 2023-08-16 without their date and fraction.
fn short(text: &str) -> String {
    text.replace("2023-08-16T", "").replace(".000Z", "")
}

const A: &str = "a = GET process FROM stixshifter://H WHERE pid = 1 START t'2023-08-16T10:00:00Z' STOP t'2023-08-16T11:00:00Z'\n";
const B: &str = "b = GET process FROM stixshifter://i WHERE pid = 1 START t'2023-08-16T08:00:00Z' STOP t'2023-08-16T09:00:00Z'\n";

#[test]
fn an_explicit_range_is_asked_as_it_is() {
    assert_eq!(windows(A), ["a: h [10:00:00, 11:00:00) | [10:00:00, 11:00:00)"]);
    let find = "x = FIND process CREATED a START t'2023-08-16T12:00:00Z' STOP t'2023-08-16T13:00:00Z'";
    assert_eq!(windows(&format!("{A}{find}"))[1], "x: h [12:00:00, 13:00:00) | [12:00:00, 13:00:00)");
}

#[test]
fn find_widens_its_inputs_window_and_a_chain_does_not_grow() {
    let text = format!("{A}x = FIND process CREATED BY a\ny = FIND process CREATED x\nz = FIND process CREATED BY y");
    let all = windows(&text);
    assert_eq!(all[1], "x: h [09:55:00, 11:05:00) | [10:00:00, 11:00:00)");
    assert_eq!(all[2], "y: h [09:55:00, 11:05:00) | [10:00:00, 11:00:00)");
    assert_eq!(all[3], "z: h [09:55:00, 11:05:00) | [10:00:00, 11:00:00)");
}

#[test]
fn references_give_one_interval_over_all_their_variables() {
    let text = format!("{A}{B}x = GET process FROM stixshifter://j WHERE pid = a.pid OR ppid_is = b.pid")
        .replace("ppid_is", "parent_ref.pid");
    assert_eq!(windows(&text)[2], "x: j [07:55:00, 11:05:00) | [08:00:00, 11:00:00)");
    // A reference goes before --window, an explicit range before both.
    assert_eq!(windows_with(&text, Some(60))[2], "x: j [07:55:00, 11:05:00) | [08:00:00, 11:00:00)");
    let explicit = format!("{A}x = GET process FROM j WHERE pid = a.pid LAST 1 h");
    assert_eq!(
        windows(&explicit)[1],
        "x: j [2023-12-31T23:00:00, 2024-01-01T00:00:00) | [2023-12-31T23:00:00, 2024-01-01T00:00:00)"
    );
}

#[test]
fn references_in_find_do_not_move_its_window() {
    let text = format!("{A}{B}x = FIND process CREATED BY a WHERE pid = b.pid");
    assert_eq!(windows(&text)[2], "x: h [09:55:00, 11:05:00) | [10:00:00, 11:00:00)");
}

#[test]
fn the_command_line_window_is_for_statements_without_a_range() {
    let get = "x = GET process FROM h WHERE pid = 1\ny = FIND process CREATED x";
    let all = windows_with(get, Some(3600));
    assert_eq!(all[0], "x: h [2023-12-31T23:00:00, 2024-01-01T00:00:00) | [2023-12-31T23:00:00, 2024-01-01T00:00:00)");
    assert_eq!(all[1], "y: h [2023-12-31T22:55:00, 2024-01-01T00:05:00) | [2023-12-31T23:00:00, 2024-01-01T00:00:00)");
    assert_eq!(windows_with(A, Some(3600))[0], "a: h [10:00:00, 11:00:00) | [10:00:00, 11:00:00)");
}

#[test]
fn without_any_range_files_give_everything_and_clusters_their_default() {
    assert_eq!(
        windows("x = GET process FROM h WHERE pid = 1\ny = FIND process CREATED x"),
        ["x: h everything | everything", "y: h everything | everything"]
    );
    let cluster = "x = GET process FROM Cluster101 WHERE pid = 1\ny = FIND process CREATED x";
    assert_eq!(
        windows(cluster),
        [
            "x: cluster101 [2023-12-31T23:55:00, 2024-01-01T00:00:00) | [2023-12-31T23:55:00, 2024-01-01T00:00:00)",
            "y: cluster101 [2023-12-31T23:50:00, 2024-01-01T00:05:00) | [2023-12-31T23:55:00, 2024-01-01T00:00:00)",
        ]
    );
    // Each source has its own default; what is handed on covers both.
    assert_eq!(
        windows("x = GET process FROM cluster101,cluster102 WHERE pid = 1"),
        [
            "x: cluster101 [2023-12-31T23:55:00, 2024-01-01T00:00:00), cluster102 [2023-12-31T23:00:00, 2024-01-01T00:00:00) | [2023-12-31T23:00:00, 2024-01-01T00:00:00)"
        ]
    );
    assert_eq!(
        windows("x = GET process FROM cluster101,h WHERE pid = 1"),
        ["x: cluster101 [2023-12-31T23:55:00, 2024-01-01T00:00:00), h everything | everything"]
    );
}

#[test]
fn get_from_a_variable_takes_its_own_range_or_inherits() {
    let text = format!(
        "{A}x = GET process FROM a START t'2023-08-16T10:30:00Z' STOP t'2023-08-16T12:00:00Z'\ny = GET process FROM x WHERE pid = 1\nz = FIND process CREATED y"
    );
    let all = windows(&text);
    assert_eq!(all[1], "x: - | [10:30:00, 12:00:00)");
    assert_eq!(all[2], "y: - | [10:30:00, 12:00:00)");
    assert_eq!(all[3], "z: h [10:25:00, 12:05:00) | [10:30:00, 12:00:00)");
}

#[test]
fn a_merge_reaches_from_the_earliest_start_to_the_latest_stop() {
    let all = windows(&format!("{A}{B}both = a + b\nx = FIND process CREATED BY both"));
    assert_eq!(all[2], "both: - | [08:00:00, 11:00:00)");
    assert_eq!(all[3], "x: h [07:55:00, 11:05:00), i [07:55:00, 11:05:00) | [08:00:00, 11:00:00)");
    let all = windows(&format!("{A}c = GET process FROM h WHERE pid = 2\nboth = a + c"));
    assert_eq!(all[2], "both: - | everything");
}

#[test]
fn filters_and_sorting_hand_on_what_they_have() {
    let all = windows(&format!("{A}x = a WHERE pid = 1 SORT BY pid\ny = SORT x BY name\nz = TIMESTAMPED(y)"));
    assert!(all[1..].iter().all(|l| l.ends_with("- | [10:00:00, 11:00:00)")), "{all:?}");
}

#[test]
fn new_variables_have_the_last_source_and_the_whole_range() {
    let text = format!("{A}n = NEW process ['a']\nx = FIND process CREATED BY n\ny = GET process FROM j WHERE pid = n.pid");
    let all = windows(&text);
    assert_eq!(all[1], "n: - | everything");
    assert_eq!(all[2], "x: h everything | everything");
    assert_eq!(all[3], "y: j everything | everything");
    let all = windows_with(&text, Some(3600));
    assert_eq!(all[1], "n: - | [2023-12-31T23:00:00, 2024-01-01T00:00:00)");
    assert_eq!(all[2], "x: h [2023-12-31T22:55:00, 2024-01-01T00:05:00) | [2023-12-31T23:00:00, 2024-01-01T00:00:00)");
}

#[test]
fn get_without_from_asks_what_was_named_last() {
    let text =
        format!("{A}x = GET process FROM j,k WHERE pid = 1 LAST 1 h\nf = FIND process CREATED a\ny = GET process WHERE pid = 2");
    assert_eq!(windows(&text)[3], "y: j everything, k everything | everything");
}
