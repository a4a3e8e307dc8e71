//! The registry, the sink and the renderers.

use super::codes::names::{UNKNOWN_VARIABLE, UNUSED_VARIABLE};
use super::*;
use crate::source::{Cell, Source, SourceId, SourceSet};

fn sources(text: &str) -> SourceSet {
    let mut sources = SourceSet::default();
    sources.add_text("hunt.hf", text);
    sources
}

fn span(start: usize, end: usize) -> Span {
    Span::new(SourceId(0), start, end)
}

/// `DISP proc` with the variable underlined.
fn example() -> Diagnostic {
    Diagnostic::new(&UNKNOWN_VARIABLE, span(25, 29), "no variable `proc` is bound here")
        .label("not bound")
        .also(span(0, 5), "near")
        .note("a fact")
        .fix("similar", span(25, 29), "procs")
}

const TEXT: &str = "procs = NEW file []\nDISP proc\n";

#[test]
fn ids_and_slugs_are_unique_and_in_their_range() {
    let all = codes::all();
    for pair in all.windows(2) {
        assert!(pair[0].id < pair[1].id, "{} twice", pair[0].id);
    }
    let mut slugs: Vec<_> = all.iter().map(|c| c.slug).collect();
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), all.len(), "a slug names one code");
    for code in &all {
        assert!(code.id.len() == 5 && code.id.starts_with('K'), "{}", code.id);
        assert!(code.slug.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit()), "{}", code.slug);
        assert!(!code.title.ends_with('.') && code.title.len() <= 80, "{}", code.title);
        assert!(code.lint || code.severity == Severity::Error || code.id > "K06", "{} cannot be turned off", code.id);
    }
}

#[test]
fn pages_have_content_and_an_example() {
    for code in codes::all().into_iter().filter(|c| ("K0101".."K0600").contains(&c.id)) {
        let page = code.page;
        assert!(page.starts_with(&format!("# {} {}\n", code.id, code.slug)), "{}: the heading names code and slug", code.id);
        assert!(page.len() > 200, "{}: {} bytes", code.id, page.len());
        assert!(page.contains("```kestrel\n"), "{}: no example", code.id);
        assert!(page.lines().all(|l| l.chars().count() <= 200), "{}: long lines", code.id);
    }
}

#[test]
fn codes_are_found_by_id_and_slug() {
    assert_eq!(codes::find("k0101").map(|c| c.slug), Some("unknown-variable"));
    assert_eq!(codes::find("Unknown-Variable").map(|c| c.id), Some("K0101"));
    assert!(codes::find("K9999").is_none());
}

#[test]
fn the_same_mistake_is_told_once_and_lints_can_be_moved() {
    let lints = LintLevels {
        levels: vec![("K0102".into(), None), ("unused-variable".into(), Some(Severity::Error)), ("K0101".into(), None)],
    };
    let mut sink = Sink::new(lints);
    sink.report(Diagnostic::new(&UNUSED_VARIABLE, span(0, 1), "one"));
    assert!(sink.has_errors(), "the last setting wins");
    sink.report(Diagnostic::new(&UNKNOWN_VARIABLE, span(0, 1), "two"));
    sink.report(Diagnostic::new(&UNKNOWN_VARIABLE, span(0, 1), "two again"));
    let found = sink.finish();
    assert_eq!(found.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(), ["two", "one"], "an error is no lint");
}

#[test]
fn headlines_are_cut() {
    let mut sink = Sink::default();
    sink.report(Diagnostic::new(&UNKNOWN_VARIABLE, span(0, 1), "é".repeat(300)));
    assert_eq!(sink.finish()[0].message.chars().count(), 100);
}

#[test]
fn text_shows_code_place_marks_and_replacement() {
    let text = render_text::render(&[example()], &sources(TEXT), false);
    for part in ["[K0101]", "no variable `proc` is bound here", "hunt.hf:2:6", "not bound", "near", "a fact", "similar: `procs`"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "no colour was asked for");
    assert!(render_text::render(&[example()], &sources(TEXT), true).contains('\u{1b}'));
}

#[test]
fn text_counts_lines_in_a_cell() {
    let mut set = SourceSet::default();
    let cells = vec![Cell { number: 2, start: 0 }, Cell { number: 7, start: 20 }];
    set.add(Source { name: "hunt.ipynb".into(), text: format!("{TEXT}\n").into(), cells, left_out: Vec::new(), prose: Vec::new() });
    let text = render_text::render(&[example()], &set, false);
    assert!(text.contains("hunt.ipynb:cell 7:1:6"), "{text}");
    assert!(text.contains("hunt.ipynb:cell 2"), "the other cell is another text:\n{text}");
}

#[test]
fn hostile_text_reaches_no_renderer_raw() {
    let evil = "x = \u{1b}]0;t\u{7}\u{202e}\r\nDISP y\n";
    let diagnostic = Diagnostic::new(&UNKNOWN_VARIABLE, span(4, 9), "a \u{1b}[2J b").label("\u{202e}").note("line\r\u{85}").fix(
        "\u{200b}",
        span(4, 5),
        "\u{1b}",
    );
    for out in [
        render_text::render(std::slice::from_ref(&diagnostic), &sources(evil), false),
        render_github::render(&[diagnostic], &sources(evil)),
    ] {
        assert!(!out.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r', '\u{200b}', '\u{85}']), "{out:?}");
    }
}

/// Unsafe characters of a hunt reach a terminal neither in the line shown, nor in the message, nor in the replacement.
#[test]
fn unsafe_characters_of_a_hunt_reach_no_renderer_raw() {
    use crate::{catalog::Catalog, compile::compile, options::Options, time::Instant, unsafe_char::is_unsafe};
    let shown_as_is = |c: &char| matches!(c, '\n' | '\t');
    for c in ['\u{3164}', '\u{115f}', '\u{1160}', '\u{ffa0}', '\u{2800}', '\u{fe0f}', '\u{34f}', '\u{13430}', '\u{e0100}', '\u{1b}']
    {
        let text = format!(
            "x = GET process FROM stixshifter://a WHERE nome{c} = 'a{c}' AND pid = '{c}' # {c}\nDISP y{c} {c}\nDISP x{c}x\n"
        );
        let mut set = SourceSet::default();
        let id = set.add_text(format!("h{c}.hf"), text);
        let found = compile(&set, id, Catalog::builtin(), &Options::at(Instant(0))).diagnostics;
        assert!(!found.is_empty());
        for out in [render_text::render(&found, &set, false), render_github::render(&found, &set)] {
            let raw: Vec<char> = out.chars().filter(|c| is_unsafe(*c) && !shown_as_is(c)).collect();
            assert!(raw.is_empty(), "U+{:04X}: {raw:?}\n{out}", u32::from(c));
        }
    }
}

#[test]
fn spans_at_the_ends_of_odd_texts_do_not_panic() {
    for (text, at) in
        [("", span(0, 0)), ("é", span(0, 2)), ("é", span(2, 2)), ("a\n", span(2, 2)), ("ab", span(1, 99)), ("ab", span(50, 99))]
    {
        let diagnostic = Diagnostic::new(&UNKNOWN_VARIABLE, at, "m").also(at, "x");
        let set = sources(text);
        assert!(render_text::render(std::slice::from_ref(&diagnostic), &set, false).contains("K0101"), "{text:?}");
        assert!(render_json::render(std::slice::from_ref(&diagnostic), &set).contains("K0101"));
        assert!(render_github::render(&[diagnostic], &set).contains("K0101"));
    }
}

#[test]
fn fifty_of_a_file_then_a_count() {
    let many: Vec<_> = (0..60).map(|i| Diagnostic::new(&UNKNOWN_VARIABLE, span(i, i + 1), "m")).collect();
    let set = sources(&"x".repeat(100));
    let text = render_text::render(&many, &set, false);
    assert_eq!(text.matches("[K0101]").count(), 50);
    assert!(text.ends_with("hunt.hf: 10 more\n"), "{text}");
    assert_eq!(render_github::render(&many, &set).lines().count(), 51);
    let json: serde_json::Value = serde_json::from_str(&render_json::render(&many, &set)).unwrap_or_default();
    assert_eq!(json.as_array().map(Vec::len), Some(51));
    assert_eq!(json[50]["more"], 10);
}

#[test]
fn json_is_stable() {
    let json = render_json::value(&example(), &sources(TEXT));
    let want = serde_json::json!({
        "code": "K0101", "slug": "unknown-variable", "severity": "error", "message": "no variable `proc` is bound here",
        "file": "hunt.hf",
        "start": { "line": 2, "column": 6, "byte": 25 }, "end": { "line": 2, "column": 10, "byte": 29 },
        "label": "not bound",
        "labels": [{ "file": "hunt.hf", "start": { "line": 1, "column": 1, "byte": 0 }, "end": { "line": 1, "column": 6, "byte": 5 }, "text": "near" }],
        "notes": ["a fact"],
        "help": [{ "text": "similar", "replace": { "file": "hunt.hf", "start": { "line": 2, "column": 6, "byte": 25 },
                   "end": { "line": 2, "column": 10, "byte": 29 }, "with": "procs" } }],
    });
    assert_eq!(json, want);
    assert_eq!(render_json::render(&[], &sources(TEXT)), "[]\n");
}

#[test]
fn annotations_escape_what_would_end_them() {
    let diagnostic = Diagnostic::new(&UNKNOWN_VARIABLE, span(0, 1), "100% of a::b").note("second\nline");
    let mut set = SourceSet::default();
    set.add_text("a,b:c.hf", TEXT);
    let out = render_github::render(&[diagnostic], &set);
    assert_eq!(
        out,
        "::error file=a%2Cb%3Ac.hf,line=1,endLine=1,col=1,endColumn=2,title=K0101 unknown-variable::100%25 of a::b%0Anote: second%0Aline\n"
    );
}

#[test]
fn summaries_count_errors_and_warnings() {
    let warning = Diagnostic { severity: Severity::Warning, ..example() };
    assert_eq!(render_text::summary(&[example(), warning.clone(), warning]), "1 error, 2 warnings");
    assert_eq!(render_text::summary(&[]), "");
}
