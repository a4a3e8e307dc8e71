//! Tests of outputs for huntbooks.

use super::*;
use crate::report::RunReport;
use crate::report::model::Branch;
use crate::report::sanitize::is_unsafe;
use crate::report::tests::{run, variable};
use huntc_compiler::diag::codes;
use huntc_compiler::source::{Cell, Source, Span};

/// The hunt of `run`, in a huntbook: cell 2 binds its variable, cell 4 shows it.
fn book() -> RunReport {
    let mut run = run(&["x.ipynb"]);
    let code =
        |statement, cell, place| CodePart { statement: Some(statement), line: 1, cell: Some(cell), place, pieces: Vec::new() };
    let parts = vec![TextPart::Code(code(1, 2, (0, 2))), TextPart::Prose("why".to_owned()), TextPart::Code(code(2, 4, (3, 5)))];
    run.hunts[0].text =
        Some(HuntText { source: huntc_compiler::plan::SourceId(0), title: None, severity: None, attack: Vec::new(), parts });
    run
}

#[test]
fn displays_stand_below_their_statements_and_variables_below_what_binds_them() {
    let run = book();
    let outputs = cell_outputs(&run.hunts[0], &run.sources, 200);
    assert_eq!(outputs.keys().copied().collect::<Vec<_>>(), [2, 4]);
    assert_eq!(outputs[&2][0]["data"]["text/plain"], json!(["tasks: process, entities 2, records 4"]));
    let shown = &outputs[&4][0];
    assert!(is_own(shown) && shown["output_type"] == "display_data");
    let (page, text) = (shown["data"]["text/html"].to_string(), shown["data"]["text/plain"].to_string());
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    assert!(text.contains("| name ") && !text.chars().chain(page.chars()).any(is_unsafe), "{text}");
}

#[test]
fn mistakes_stand_at_their_cells_and_what_is_missing_at_the_end() {
    let mut run = book();
    let id = run.sources.add(Source {
        name: "x.ipynb".into(),
        text: "ab\ncd".into(),
        cells: vec![Cell { number: 2, start: 0 }, Cell { number: 4, start: 3 }],
        left_out: Vec::new(),
        prose: Vec::new(),
    });
    let at = Span::new(id, 3, 4);
    let hunt = &mut run.hunts[0];
    hunt.diagnostics.push(Diagnostic::new(codes::find("K0201").unwrap(), at, "no such <attribute>"));
    hunt.status = Status::Failed;
    hunt.complete = false;
    let outputs = cell_outputs(&run.hunts[0], &run.sources, 200);
    let error = &outputs[&4][0];
    assert!(is_own(error));
    assert_eq!((&error["output_type"], &error["evalue"]), (&json!("error"), &json!("no such <attribute>")));
    assert!(error["ename"].as_str().unwrap().starts_with("huntc K0201 ") && error.get("metadata").is_none());
    assert!(error["traceback"].to_string().contains("x.ipynb:cell 4:1:1"), "{error}");
    let last = outputs[&4].last().unwrap();
    assert_eq!(last["data"]["text/plain"], json!(["failed\n", "incomplete: figures above are lower bounds"]));
}

#[test]
fn long_tables_are_cut_and_trees_have_a_column() {
    let mut run = run(&["x.ipynb"]);
    let mut display = run.hunts[0].displays.remove(0);
    display.tree = vec![
        Branch { row: 0, mark: String::new(), count: 1, depth: 0, held_by: Vec::new() },
        Branch { row: 1, mark: "└─ ".to_owned(), count: 3, depth: 1, held_by: Vec::new() },
    ];
    let page = table(&display, 200);
    assert!(page.contains("<th>tree</th>") && page.contains(">└─ ×3</td>"), "{page}");
    assert!(table(&display, 1).contains("2 rows, of which 1 are shown"), "{}", table(&display, 1));
    display.missing = Some("<p>".to_owned());
    assert!(table(&display, 1).contains("no table: &lt;p&gt;"));
    assert_eq!(figures(&[&variable("x", 3)])["data"]["text/plain"], json!(["x: process, entities 3, records 6"]));
    for foreign in [json!({}), json!({ "metadata": {} }), json!({ "output_type": "error", "ename": "NameError" })] {
        assert!(!is_own(&foreign));
    }
}
