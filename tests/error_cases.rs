//! Mistakes and what is said of them: each case in `cases/errors/` names every diagnostic that it causes, and no other.
//!
//! Below a line, `# error: K0201 "nmae"` says that the line has a diagnostic of this code at this text; `# warning:`
//! and `# advice:` likewise. Line breaks in the text are `\n`; long texts are cut.

use crate::corpus::{compiled_with, huntflows};
use huntc_compiler::compile::Compilation;
use huntc_compiler::diag::{Diagnostic, Severity, codes, render_text};
use huntc_compiler::options::{AnalyticProfile, Options, SourceProfile};
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Instant;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const FOLDER: &str = "tests/cases/errors";

/// Codes that nothing from outside can cause, and why.
const NOWHERE: &[(&str, &str)] = &[
    ("K0760", "the compiler refuses a pattern before the store would have to: the store's own tests have it"),
    ("K0861", "no earlier version wrote another layout: the state's own tests write one"),
    ("K0901", "a fault of ours"),
    ("K1007", "the compiler refuses an expression before it would have to be refused here"),
];

struct Case {
    name: String,
    text: String,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    huntflows(FOLDER).iter().map(|path| Case { name: name(path), text: fs::read_to_string(path).unwrap() }).collect()
}

/// What the configuration of these cases binds: a cluster, and an analytic that says what it adds.
fn compile(case: &Case) -> (SourceSet, Compilation) {
    let mut options = Options::at(Instant::parse("2023-01-01T00:00:00Z").unwrap());
    let default_window = Some(300_000_000_000);
    options.sources.push(SourceProfile {
        name: "cluster101".to_owned(),
        default_window,
        like_case_sensitive: false,
        cluster: None,
    });
    let outputs = Some(vec!["x_domain_name".to_owned(), "x_domain_organization".to_owned()]);
    options.analytics.push(AnalyticProfile { uri: "docker://enrichdomain".to_owned(), outputs });
    compiled_with(&case.name, &case.text, &options)
}

fn is_expectation(line: &str) -> bool {
    ["# error: ", "# warning: ", "# advice: "].iter().any(|mark| line.starts_with(mark))
}

/// Line of the text, and the expectation as written.
fn expected(text: &str) -> Vec<(usize, String)> {
    let mut above = 0;
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if is_expectation(line) {
            found.push((above, line.to_owned()));
        } else {
            above = number;
        }
    }
    found.sort();
    found
}

/// The same, of a diagnostic.
fn told(diagnostic: &Diagnostic, sources: &SourceSet) -> (usize, String) {
    let span = diagnostic.primary.span;
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    };
    let mut text = sources.text(span).replace('\n', "\\n");
    if text.chars().count() > 60 {
        text = text.chars().take(57).chain("...".chars()).collect();
    }
    (sources.position(span.source, span.start).line, format!("# {level}: {} \"{text}\"", diagnostic.code.id))
}

#[test]
fn each_case_causes_what_it_names_and_nothing_else() {
    let mut wrong = String::new();
    for case in cases() {
        let (sources, compilation) = compile(&case);
        let mut told: Vec<_> = compilation.diagnostics.iter().map(|d| told(d, &sources)).collect();
        told.sort();
        let expected = expected(&case.text);
        if told != expected || told.is_empty() {
            let _ = write!(wrong, "{}\n  expected {expected:?}\n  told     {told:?}\n", case.name);
        }
        let refused = told.iter().any(|(_, text)| text.starts_with("# error"));
        assert_eq!(compilation.failed(), refused, "{}", case.name);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Here, in `cases/run/` where more than the text of a huntflow is needed, or in `attacks/`.
#[test]
fn every_code_has_a_case() {
    let compiled = cases().into_iter().flat_map(|case| compile(&case).1.diagnostics);
    let mut seen: BTreeSet<String> = compiled.map(|diagnostic| diagnostic.code.id.to_owned()).collect();
    seen.extend(crate::run_cases::codes());
    #[cfg(unix)]
    seen.extend(crate::attacks::codes());
    let missing: Vec<&str> = codes::all().into_iter().map(|code| code.id).filter(|id| !seen.contains(*id)).collect();
    let excused: Vec<&str> = NOWHERE.iter().map(|(id, _)| *id).collect();
    assert_eq!(missing, excused, "codes that no case causes, and those that none can");
}

/// A form that Kestrel refuses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    of: String,
    /// Cases that show what is said of it.
    #[serde(default)]
    cases: Vec<String>,
    /// A huntflow that has it in a place where it is right here.
    taken: Option<String>,
}

#[derive(Deserialize)]
struct Rows {
    row: Vec<Row>,
}

#[test]
fn what_kestrel_refuses_is_refused_or_taken_on_purpose() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let rows: Rows = toml::from_str(&fs::read_to_string(root.join("rejects.toml")).unwrap()).unwrap();
    let mut wrong = String::new();
    for row in &rows.row {
        let shown = |case: &String| {
            let text = fs::read_to_string(root.join(case)).unwrap_or_default();
            text.lines().any(is_expectation) || text.contains("error K")
        };
        for case in row.cases.iter().filter(|case| !shown(case)) {
            let _ = writeln!(wrong, "{}: {case} is not there, or shows no error", row.of);
        }
        if let Some(text) = &row.taken {
            let (sources, compilation) = compile(&Case { name: row.of.clone(), text: text.clone() });
            if compilation.failed() {
                let _ = writeln!(wrong, "{}: {}", row.of, render_text::render(&compilation.diagnostics, &sources, false));
            }
        }
        if row.cases.is_empty() && row.taken.is_none() {
            let _ = writeln!(wrong, "{}: nothing shows it", row.of);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(rows.row.len() > 40, "{} rows", rows.row.len());
}

#[test]
fn rendered_cases() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/diagnostics");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _guard = settings.bind_to_scope();
    for case in cases() {
        let code: Vec<&str> = case.text.lines().filter(|line| !is_expectation(line)).collect();
        let case = Case { name: case.name, text: code.join("\n") };
        let (sources, compilation) = compile(&case);
        let rendered = render_text::render(&compilation.diagnostics, &sources, false);
        let name = case.name.trim_end_matches(".hf").replace('/', "-");
        insta::assert_snapshot!(name, format!("{}\n\n{rendered}", case.text));
    }
}

/// A help with a replacement is meant to be pasted: afterwards the diagnostic is gone, and the text can still be read.
#[test]
fn pasted_helps_help() {
    let mut wrong = String::new();
    let mut pasted = 0;
    for case in cases() {
        let (_, before) = compile(&case);
        for diagnostic in &before.diagnostics {
            for (span, with) in diagnostic.helps.iter().filter_map(|help| help.replace.as_ref()) {
                let mut text = case.text.clone();
                text.replace_range(span.start as usize..span.end as usize, with);
                let (_, after) = compile(&Case { name: case.name.clone(), text: text.clone() });
                let count = |c: &Compilation| c.diagnostics.iter().filter(|d| d.code == diagnostic.code).count();
                let unreadable = |c: &Compilation| c.diagnostics.iter().filter(|d| d.code.id < "K0100").count();
                pasted += 1;
                if count(&after) >= count(&before) || unreadable(&after) > unreadable(&before) {
                    let ids: Vec<&str> = after.diagnostics.iter().map(|d| d.code.id).collect();
                    let _ = write!(wrong, "{}: {} with `{with}` gives {ids:?}\n{text}\n", case.name, diagnostic.code.id);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(pasted > 20, "{pasted} helps can be pasted");
}
