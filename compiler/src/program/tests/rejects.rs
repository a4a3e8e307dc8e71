//! Texts that must be refused with one message each. Where the way out is pasted, the text has no mistake left.

use super::{good, parse, show};
use crate::diag::Sink;
use crate::program;
use crate::source::{SourceId, SourceSet};
use crate::syntax::lexer;

/// Text, code, text under the span, part of the way out.
type Case = (&'static str, &'static str, &'static str, &'static str);

const TIME: &str = "START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z'";

/// What Kestrel's grammar rejects.
const LISTED: &[Case] = &[
    ("x = y + z WHERE name = 'a'", "K0014", "WHERE name = 'a'", "use a second statement"),
    ("x = TIMESTAMPED(y) + z", "K0014", "TIMESTAMPED(y)", "use a second statement"),
    ("DISP x, y", "K0020", "y", "a second DISP"),
    ("INFO x WHERE name = 'a'", "K0014", "WHERE name = 'a'", "y = x WHERE"),
    ("INFO x, y, z", "K0020", "y, z", "a second INFO"),
    ("DISP x ATTR *", "K0001", "*", "leave ATTR out"),
    ("DISP x ATTR pid,", "K0001", "", "remove the comma"),
    ("DISP x ATTR pid,\ny = z", "K0001", "y", "remove the comma"),
    ("DISP x SORT BY a, b", "K0020", "b", "sort by the last one first"),
    ("g = GROUP y BY a WITH MIN(*)", "K0023", "*", "COUNT(*)"),
    ("g = GROUP y BY a WITH MEDIAN(x)", "K0023", "MEDIAN", "COUNT(pid)"),
    ("g = GROUP y BY BIN(t)", "K0023", "BIN(t)", "five minutes"),
    ("DESCRIBE x", "K0001", "x", "name the attribute"),
    ("x = GET process FROM s WHERE a = 1 LIMIT 3 LAST 5 d", "K0013", "LAST 5 d", "FROM, WHERE, START/LAST, LIMIT"),
    ("x = GET process FROM s WHERE a = 1 LIMIT 3 OFFSET 2", "K0014", "OFFSET 2", "y = x OFFSET"),
    ("x = y WHERE a NOT = 'b'", "K0018", "NOT =", "write `!=`"),
    ("x = y WHERE a <> 'b'", "K0018", "<>", "write `!=`"),
    ("x = NEW process [\"a\",]", "K0022", ",", "remove it"),
    ("x = NEW process [{\"a\": 1},]", "K0022", ",", "remove it"),
    ("x = NEW process []", "K0022", "]", "NEW process [{"),
    ("x = NEW process [1,2]", "K0022", "1", "quote it"),
    ("x = NEW process [{\"a\": {\"b\": 1}}]", "K0022", "{", "parent_ref.pid"),
    ("x = NEW process [{\"a\": [1, 2], \"b\": 3}]", "K0022", "[", "parent_ref.pid"),
    ("DISP x ATTR process:pid", "K0024", "process:pid", "leave the type out"),
    ("x = SORT y BY process:pid", "K0024", "process:pid", "leave the type out"),
    ("x = GROUP y BY process:pid", "K0024", "process:pid", "leave the type out"),
    ("foo", "K0019", "foo", "show it"),
    ("y + z", "K0019", "y", "bind it"),
    ("x = y WHERE a.b[*].c = 1", "K0010", "a.b[*].c", "leave the index out"),
    ("x = y WHERE process : name = 'a'", "K0001", ":", "without blanks"),
    ("x = y WHERE process: name = 'a'", "K0001", "name", "without blanks"),
    ("x = y WHERE a = +3", "K0001", "+", "no `+`"),
    ("x = y WHERE name = 'it''s'", "K0001", "'it''s'", "stands in the other kind"),
    ("x = y WHERE name = R'a'", "K0001", "'a'", "lower case"),
    ("x = GET process FROM a, b WHERE pid = 1", "K0017", "a, b", "remove the blanks"),
    ("SAVE x TO ~/x.csv", "K0017", "~/x.csv", "quote it"),
    ("x = y; DISP x", "K0002", ";", "remove it"),
    ("get = GET process FROM s WHERE pid = 1", "K0011", "get", "rename"),
    ("DISP limit", "K0011", "limit", "rename"),
    ("FIND process FOO_BAR x", "K0010", "FOO_BAR", "rename"),
];

/// Further mistakes that people make.
const COMMON: &[Case] = &[
    ("x = GET process FORM s WHERE name = 'a'", "K0006", "FORM", "write FROM"),
    ("x = GET process FROM s WEHRE name = 'a'", "K0006", "WEHRE", "write WHERE"),
    ("x = GTE process FROM s WHERE a = 1", "K0006", "GTE", "write GET"),
    ("DSIP x ATTR name", "K0006", "DSIP", "write DISP"),
    ("show x", "K0006", "show", "write DISP"),
    ("x = y WHERE a = 1 ANDD b = 2", "K0006", "ANDD", "write AND"),
    ("x = y WHERE name LKE 'a'", "K0006", "LKE", "write LIKE"),
    ("x = y WHERE name CONTAINS 'a'", "K0001", "CONTAINS", "a pattern says the same"),
    ("x = y WHERE name = 'abc\nDISP x", "K0003", "'abc", "close the string"),
    ("x = y WHERE (name = 'abc)\nDISP x", "K0003", "'abc)", "close the string"),
    ("x = y WHERE name = 'C:\\dir\\' AND pid = 2", "K0003", "'C:\\dir\\' AND pid = 2", "double that backslash"),
    ("x = y WHERE (a = 1 OR b = 2\nDISP x", "K0015", "(", "close it"),
    ("x = y WHERE [a = 1 LIMIT 3", "K0015", "[", "close it"),
    ("x = y WHERE pid IN (1, 2 LIMIT 3", "K0015", "(", "close it"),
    ("x = NEW process [{\"a\": 1]", "K0015", "{", "close it"),
    ("x = y WHERE a = 1)\nDISP x", "K0001", ")", ""),
    ("x = GET process FROM s WHERE name = AND pid = 5", "K0001", "AND", "quotes"),
    ("x = GET process FROM s WHERE\ny = GET process FROM t WHERE pid = 5", "K0001", "y", "name = 'cmd.exe'"),
    ("x = FIND process CREATED\ny = x", "K0001", "y", ""),
    ("x = FIND process CREATED BY WHERE name = 'a'", "K0001", "WHERE", ""),
    ("x = y WHERE name = 'a' pid = 4", "K0021", "pid", "both must hold"),
    ("x GET process FROM s WHERE pid = 1", "K0001", "x", "insert it"),
    ("x == GET process FROM s WHERE pid = 1", "K0001", "==", "write `=`"),
    ("x = y WHERE value = 1.2.3.4", "K0017", "1.2.3.4", "quote it"),
    ("x = y WHERE path = C:\\Windows\\x", "K0017", "C:\\Windows\\x", "quote it"),
    ("x = y WHERE pid IN 1, 2", "K0001", ",", "IN ('a', 'b')"),
    ("x = y WHERE name IN ('a', 'b',) AND pid = 3", "K0001", ")", "remove the comma"),
    ("x = y WHERE name IN () AND pid = 3", "K0001", ")", ""),
    ("x = y WHERE a = 1 && b = 2", "K0002", "&&", "write AND"),
    ("x = y WHERE a = ‘abc’", "K0002", "‘abc’", "straight quotes"),
    ("x = y WHERE pid IS 5", "K0001", "5", "compared with `=`"),
    ("x = FOO(y)", "K0023", "FOO", ""),
    ("x = TIMESTAMP(y)", "K0023", "TIMESTAMP", "write TIMESTAMPED"),
    ("my-var = y", "K0010", "my-var", "rename it"),
    ("INFO x.pid", "K0010", "x.pid", "the variable alone"),
    ("// comment\nx = y", "K0019", "//", "write `#`"),
    ("x = DISP y", "K0001", "DISP", "remove the name"),
    ("x = 'abc'", "K0001", "'abc'", "NEW makes entities"),
    ("SAVE x", "K0001", "", ""),
    ("x =", "K0001", "", ""),
    ("GET", "K0001", "", ""),
    ("x = NEW process {\"a\": 1}", "K0001", "{", "NEW process [{"),
    ("x = NEW process [{name: \"a\"}]", "K0001", "name:", "keys stand in quotes"),
    ("SORT y BY pid LIMIT 3", "K0014", "LIMIT 3", "y = x LIMIT"),
    ("x = y WHERE a = 1 WHERE b = 2", "K0013", "WHERE b = 2", "join both patterns"),
    ("x = y WHERE pid = 5 LIMIT", "K0001", "", ""),
    ("x = y WHERE pid = 5 LIMIT 2.5", "K0009", "2.5", ""),
    ("x = y WHERE pid = 99999999999999999999", "K0009", "99999999999999999999", ""),
    ("x = y WHERE pid = 1e999", "K0009", "1e999", ""),
    ("x = GET process FROM s WHERE a = 1 LAST 5 months", "K0008", "months", "weeks"),
    ("x = GET process FROM s WHERE a = 1 LAST 5\ny = x", "K0008", "5", "for days"),
    ("x = GET process FROM s WHERE a = 1 LAST 99999999999d", "K0009", "99999999999", ""),
    ("x = GET process FROM s WHERE a = 1 START 2021-01-01 STOP t'2021-01-02T00:00:00Z'", "K0007", "2021-01-01", "in full"),
    ("x = y WHERE a = t'2021-02-30T00:00:00Z'", "K0007", "t'2021-02-30T00:00:00Z'", "an example"),
    ("x = GET process FROM s WHERE a = 1 STOP t'2021-01-01T00:00:00Z'", "K0001", "STOP t'2021-01-01T00:00:00Z'", "START t'"),
    ("x = GET process FROM s WHERE [a = 1] AND b = 2", "K0025", "b", "bracket every part"),
    ("x = GET process FROM s WHERE a = 1 AND [b = 2]", "K0025", "[", "bracket every part"),
    ("x = GET process FROM s WHERE [a = 1] WITHIN 5 SECONDS WITHIN 6 SECONDS", "K0027", "WITHIN 6 SECONDS", "remove one"),
    ("x = GET process FROM s WHERE [a = 1] REPEATS 0 TIMES", "K0009", "0", ""),
    ("x = y WHERE name = 'C:\\temp\\new'", "K0004", "\\t", "raw string"),
    ("x = y WHERE name = 'C:\\\\temp\\new'", "K0004", "\\n", "double the backslashes"),
    ("x = y WHERE name = '\\\\host\\new'", "K0004", "\\n", "double the backslashes"),
    ("x = y WHERE name = '%APPDATA%\\new'", "K0004", "\\n", "raw string"),
    ("x = y WHERE key = 'HKLM\\run'", "K0004", "\\r", "raw string"),
    ("x = y WHERE path = 'C:\\x64\\y'", "K0004", "\\x64", "raw string"),
    ("x = y WHERE path = 'C:\\2021\\y'", "K0004", "\\202", "raw string"),
    ("x = y WHERE path = 'C:\\Users\\y'", "K0005", "\\U", "raw string"),
    ("x = y WHERE path LIKE '%\\temp\\%'", "K0012", "\\t", "raw string"),
    ("x = y WHERE name MATCHES '\\bcmd'", "K0012", "\\b", "raw string"),
];

fn one_message(cases: &[Case]) {
    for (text, code, under, help) in cases {
        let (_, found) = parse(text);
        let shown = show(text, &found);
        assert_eq!(found.len(), 1, "{text}\n{shown}");
        let span = found[0].primary.span;
        assert_eq!((found[0].code.id, &text[span.start as usize..span.end as usize]), (*code, *under), "{text}\n{shown}");
        let ways: Vec<&str> = found[0].helps.iter().map(|h| h.text.as_str()).chain([found[0].primary.text.as_str()]).collect();
        assert!(ways.iter().any(|w| w.contains(help)), "{text}\n{shown}");
        headline(&found[0].message);
    }
}

/// Asserts the rules of headlines.
fn headline(message: &str) {
    assert!(message.chars().count() <= 100, "{message}");
    assert!(!message.ends_with('.') && !message.contains(" you"), "{message}");
}

#[test]
fn each_listed_reject_is_one_message() {
    one_message(LISTED);
    one_message(&[(
        "x = GET process FROM s START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z' WHERE a = 1",
        "K0013",
        "WHERE a = 1",
        "the order is",
    )]);
}

#[test]
fn each_common_mistake_is_one_message() {
    one_message(COMMON);
}

#[test]
fn a_replacement_that_is_pasted_leaves_no_mistake() {
    // For these pasting is not enough: the hunter must add a word.
    let partly = ["x = NEW process [1,2]", "get = GET process FROM s WHERE pid = 1"];
    let mut pasted = 0;
    for (text, ..) in LISTED.iter().chain(COMMON).filter(|c| !partly.contains(&c.0)) {
        let (_, found) = parse(text);
        let Some((span, with)) = found[0].helps.iter().find_map(|h| h.replace.clone()) else { continue };
        good(&format!("{}{with}{}", &text[..span.start as usize], &text[span.end as usize..]));
        pasted += 1;
    }
    assert!(pasted > 40, "{pasted}");
}

#[test]
fn several_mistakes_are_as_many_messages() {
    let text =
        "x = GET process FORM s WHERE name = AND pid = 5\ny = FIND process CREATED\nz = GET file WHERE (name = 'a' OR) LIMIT ten
DISP x ATTR a,, b\nSAVE x\nw = y WHERE name ~ 3 AND pid = 1..2\nDISP w";
    let (program, found) = parse(text);
    assert_eq!(program.statements.len(), 7, "{}", show(text, &found));
    let codes: Vec<&str> = found.iter().map(|d| d.code.id).collect();
    assert_eq!(codes, ["K0006", "K0001", "K0001", "K0001", "K0001", "K0001", "K0001", "K0001", "K0017"], "{}", show(text, &found));
}

#[test]
fn a_part_that_one_edit_mends_is_mended() {
    use crate::program::print;
    let cases = [
        ("x = GET process FROM , WHERE a = 1", "x = GET process FROM missing WHERE a = 1"),
        ("x = GET process FROM s WHERE ,", "x = GET process FROM s WHERE missing = ''"),
        ("x = GET FROM process s WHERE a = 1", "x = GET process FROM s WHERE a = 1"),
        ("x = GET process FROM s s WHERE a = 1", "x = GET process FROM s WHERE a = 1"),
        ("x = y SORT BY", "x = y SORT BY missing"),
        ("x = LOAD a AS", "x = LOAD a AS missing"),
        ("x = LOAD a\n= GET process FROM s WHERE a = 1", "x = LOAD a\nmissing = GET process FROM s WHERE a = 1"),
        ("APPLY ON x", "APPLY missing ON x"),
        ("DISP y foo ATTR a, b", "DISP y ATTR a, b"),
        ("x = y WHERE (a = 1 AND b = 2 LIMIT 3", "x = y WHERE a = 1 AND b = 2 LIMIT 3"),
        // Two mistakes, two edits.
        ("DISP y foo ATTR a, b, c d, e", "DISP y ATTR a, b, c, e"),
    ];
    for (text, mended) in cases {
        let (program, found) = parse(text);
        let mistakes = if text.contains("c d") { 2 } else { 1 };
        assert_eq!((print::program(&program).trim(), found.len()), (mended, mistakes), "{text}\n{}", show(text, &found));
    }
}

#[test]
fn what_no_edit_mends_is_an_error_node() {
    use crate::program::Command;
    use crate::syntax::ast::{Observation, Pattern};
    let (program, _) = parse("x = GET process FROM s WHERE , , ,");
    let Command::Get(get) = &program.statements[0].command else { panic!("{program:?}") };
    assert!(matches!(get.pattern, Some(Observation::One { pattern: Pattern::Error(_), .. })));
    for text in ["g = GROUP x BY a WITH 3 3", "x = y SORT BY , ,"] {
        let (program, found) = parse(text);
        assert_eq!((&program.statements[0].command, found.len()), (&Command::Error, 1), "{text}\n{}", show(text, &found));
        assert_eq!(program.statements[0].target.is_some(), text.contains(" = "));
    }
}

#[test]
fn a_text_that_is_cut_inside_a_statement_says_so() {
    let whole = format!(
        "x = GET process FROM s WHERE [process:name = 'a' AND (pid IN (1, 2) OR a NOT LIKE 'b')] {TIME} LIMIT 5
g = GROUP x BY BIN(t, 5 m), b WITH COUNT(c) AS d\nn = NEW process [{{\"a\": 1, \"b\": null}}]\nAPPLY a ON x, n WITH k = (1, 2)"
    );
    let tokens = crate::syntax::lexer::lex(crate::source::SourceId(0), &whole).tokens;
    for pair in tokens.windows(2) {
        let end = pair[0].span.end as usize;
        let (_, found) = parse(&whole[..end]);
        let open = whole[..end].matches(['(', '[', '{']).count() > whole[..end].matches([')', ']', '}']).count();
        let needs =
            pair[0].keyword.is_some_and(crate::syntax::token::Keyword::reserved) || matches!(pair[0].text, "=" | "," | ":") || open;
        assert!(!needs || !found.is_empty(), "{}", &whole[..end]);
        assert!(found.len() <= 1, "{}\n{}", &whole[..end], show(&whole, &found));
    }
}

#[test]
fn nesting_has_a_limit_and_width_has_none() {
    let deep = |n: usize| format!("x = y WHERE {}a = 1{}\nDISP x", "(".repeat(n), ")".repeat(n));
    good(&deep(256));
    let (program, found) = parse(&deep(257));
    assert_eq!((found.len(), found[0].code.id, program.statements.len()), (1, "K0016", 2), "{}", show(&deep(257), &found));
    assert_eq!(parse(&deep(100_000)).1.len(), 1);
    assert_eq!(parse(&"(".repeat(100_000)).1.len(), 2);
    let list = format!("x = y WHERE a IN {}1{}", "[".repeat(300), "]".repeat(300));
    assert_eq!(parse(&list).1.len(), 1);
    let json = format!("x = NEW process [{{\"a\": {}1{}}}]", "[".repeat(300), "]".repeat(300));
    assert!(!parse(&json).1.is_empty());
    let wide = format!("x = y WHERE a = 1{}", " OR a = 1".repeat(100_000));
    drop(good(&wide));
    let chain = format!("x = GET process FROM s WHERE [a = 1]{}", " OR [a = 1]".repeat(20_000));
    drop(good(&chain));
    let qualifiers = format!("x = GET process FROM s WHERE [a = 1]{}", " REPEATS 2 TIMES".repeat(8_000));
    assert_eq!(parse(&qualifiers).1.len(), 7_999);
}

/// A text of nothing but mistakes costs little more than its length, and what is told of it has an end.
#[test]
fn mistakes_without_end_are_told_up_to_a_point() {
    for piece in ["\0", "\0\u{1}", "a\0", "'\n", "a\n", "; ", "\u{201c}", "\\q", "'\\x' "] {
        let text = piece.repeat(40_000);
        let mut sources = SourceSet::default();
        let id = sources.add_text("h.hf", text.as_str());
        let mut sink = Sink::default();
        program::parse(&sources, id, &mut sink);
        let told = sink.finish();
        let end = told.iter().filter(|d| d.code.id == "K0029").count();
        assert_eq!((told.len() > 10_000, told.len() <= 10_001, end), (end == 1, true, end), "{piece:?}: {} told", told.len());
        assert!(!told.is_empty(), "{piece:?}");
    }
    let text = "\0".repeat(40_000);
    let rows = lexer::lex(SourceId(0), &text).tokens;
    assert_eq!(rows.len(), 10_001, "each that is told, the last one with the rest");
}
