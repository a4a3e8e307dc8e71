//! Tests of the front matter.

use super::*;
use crate::catalog::Catalog;
use crate::compile::{Compilation, compile};
use crate::options::Options;
use crate::time::{Instant, TimeRange};

fn compiled(text: &str) -> Compilation {
    compiled_with(text, &Options::at(Instant(86_400 * SECOND)))
}

fn compiled_with(text: &str, options: &Options) -> Compilation {
    let mut sources = SourceSet::default();
    let id = sources.add_text("hunt.hf", text);
    compile(&sources, id, Catalog::builtin(), options)
}

fn codes(text: &str) -> Vec<&'static str> {
    compiled(text).diagnostics.iter().map(|d| d.code.id).filter(|c| c.starts_with("K085")).collect()
}

const GET: &str = "x = GET process FROM stixshifter://a WHERE [process:pid = 1]\nDISP x\n";

#[test]
fn every_key_is_read() {
    let text = format!(
        "# A licence.\n\n# title: Tasks: the odd ones\n#severity:high\n# attack: T1053.005, t1059\n# lag: 15m\n# overlap: 2 h\n# \
         window: nightly\n# finding: x >= 3\n# key: name,  host.name\n# first-seen: 30d\n{GET}"
    );
    let done = compiled(&text);
    assert!(!done.failed(), "{:?}", done.diagnostics);
    let matter = done.front_matter;
    assert_eq!(matter.title.as_deref(), Some("Tasks: the odd ones"));
    assert_eq!(matter.severity, Some(FindingSeverity::High));
    assert_eq!(matter.attack, ["T1053.005", "T1059"]);
    assert_eq!((matter.lag, matter.overlap), (Some(900 * SECOND), Some(7_200 * SECOND)));
    assert!(matter.nightly_window);
    let finding = matter.finding.clone().map(|f| (f.variable, f.at_least));
    assert_eq!(finding, Some(("x".to_owned(), 3)));
    let key = matter.key.unwrap();
    assert_eq!(key.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), ["name", "host.name"]);
    assert_eq!(
        key.iter().map(|part| &text[part.span.start as usize..part.span.end as usize]).collect::<Vec<_>>(),
        ["name", "host.name"]
    );
    assert_eq!(matter.first_seen, Some(30 * 86_400 * SECOND));
    assert_eq!(matter.remarks, "");
}

#[test]
fn remarks_are_left_alone_and_the_comment_ends_at_the_first_statement() {
    let text = format!("# Author: me\n# see https://example.org: a page\n# note: x\n{GET}# severity: nonsense\n");
    assert!(codes(&text).is_empty());
    let remarks = "Author: me\nsee https://example.org: a page\nnote: x".to_owned();
    assert_eq!(compiled(&text).front_matter, FrontMatter { remarks, ..FrontMatter::default() });
}

#[test]
fn remarks_are_those_of_the_paragraph_with_the_front_matter() {
    for (text, remarks) in [
        ("# title: a\n#\n# Looks for b.\n#  Why: c.\n#\n# d\n\n# About the statement.\n", "Looks for b.\nWhy: c.\n\nd"),
        ("# A licence.\n\n# title: a\n# Looks for b.\n", "Looks for b."),
        ("# title: a\n\n# Looks for b.\n\n# About the statement.\n", "Looks for b."),
        ("\u{feff}# Looks for b.\n# severity: high\n", "Looks for b."),
        ("# title: a\n", ""),
        ("", ""),
    ] {
        assert_eq!(compiled(&format!("{text}{GET}")).front_matter.remarks, remarks, "{text}");
    }
}

#[test]
fn faults_have_codes_and_places() {
    for (line, code) in [
        ("# severety: high", "K0850"),
        ("# Severity: high", "K0850"),
        ("# severity: severe", "K0851"),
        ("# severity:", "K0851"),
        ("# attack: T12", "K0851"),
        ("# attack: T1053.5", "K0851"),
        ("# lag: 5", "K0851"),
        ("# lag: 99999999999999999999d", "K0851"),
        ("# overlap: 40d", "K0851"),
        ("# window: 24h", "K0851"),
        ("# finding: a b", "K0851"),
        ("# finding: x >= 0", "K0851"),
        ("# finding: x > 3", "K0851"),
        ("# title:", "K0851"),
        ("# key:", "K0851"),
        ("# key: name command_line", "K0851"),
        ("# key: name,, pid", "K0851"),
        ("# key: name, name", "K0851"),
        ("# key: nmae", "K0855"),
        ("# keys: name", "K0850"),
        ("# first-seen: 0", "K0851"),
        ("# first-seen: 401d", "K0851"),
        ("# lag: 1h\n# lag: 2h", "K0852"),
        ("# finding: y", "K0853"),
    ] {
        assert_eq!(codes(&format!("{line}\n{GET}")), [code], "{line}");
    }
    let done = compiled(&format!("# finding: xs\n{GET}"));
    assert_eq!(done.diagnostics[0].primary.span, Span::new(SourceId(0), 11, 13));
}

#[test]
fn the_finding_is_the_last_variable_displayed() {
    let finding = |text: &str| {
        let done = compiled(text);
        let hunt = done.compiled.expect("compiles").hunt;
        done.front_matter.finding_of(&hunt).map(|(v, n)| (hunt.vars[v.0 as usize].name.clone(), n))
    };
    let two = "a = NEW ['x.exe']\nb = NEW ['y.exe']\n".replace("NEW [", "NEW process [");
    assert_eq!(finding(&format!("{two}DISP b\nDISP a\n")), Some(("a".to_owned(), 1)));
    assert_eq!(finding(&two), Some(("b".to_owned(), 1)));
    assert_eq!(finding(&format!("# finding: b >= 2\n{two}DISP a\n")), Some(("b".to_owned(), 2)));
}

#[test]
fn the_range_of_the_run_is_a_default_and_replaces_only_where_asked() {
    let range = TimeRange::new(Instant(3_600 * SECOND), Instant(7_200 * SECOND));
    let windows = |text: &str, replace_ranges: bool| {
        let options = Options { default_range: Some(range), replace_ranges, ..Options::at(Instant(86_400 * SECOND)) };
        let done = compiled_with(text, &options);
        let hunt = done.compiled.unwrap_or_else(|| panic!("{:?}", done.diagnostics)).hunt;
        hunt.vars.iter().map(|v| v.window).collect::<Vec<_>>()
    };
    assert_eq!(windows(GET, false), [Some(range)]);
    let last = GET.replace(" 1]\n", " 1] LAST 1 h\n");
    assert_ne!(windows(&last, false), [Some(range)]);
    assert_eq!(windows(&last, true), [Some(range)]);
}

#[test]
fn the_language_takes_the_durations_of_the_front_matter() {
    for spelling in ["90s", "15 min", "15 MINUTES", "1 sec", "2 h", "1day", "2 weeks", "3w"] {
        let text = format!("# lag: {spelling}\n{}", GET.replace(" 1]\n", &format!(" 1] LAST {spelling}\n")));
        let done = compiled(&text);
        assert!(!done.failed(), "{spelling}: {:?}", done.diagnostics);
        let hunt = done.compiled.unwrap().hunt;
        let window = hunt.vars[0].window.unwrap();
        assert_eq!(done.front_matter.lag, Some(window.stop.0 - window.start.0), "{spelling}");
    }
}
