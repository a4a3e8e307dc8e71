//! Declarations, values from outside, and where they end up.

use super::declared;
use crate::catalog::Catalog;
use crate::compile::compile;
use crate::diag::{Severity, Sink};
use crate::options::{Options, ParameterOrigin, ParameterSetting, SettingValue};
use crate::program::print;
use crate::source::{SourceSet, Span};
use crate::time::Instant;

/// The filled hunt, or the codes of its errors; `set` are values of a command line.
fn filled(text: &str, set: &[&str]) -> Result<String, String> {
    let mut sources = SourceSet::default();
    let id = sources.add_text("h.hf", text);
    let mut options = Options::at(Instant::parse("2024-01-01T00:00:00Z").unwrap());
    for flag in set {
        let (name, _) = flag.split_once('=').unwrap();
        let span = Span::new(sources.add_text("command line", *flag), name.len() + 1, flag.len());
        options.parameters.push(ParameterSetting {
            name: name.to_owned(),
            value: SettingValue::Written,
            span,
            origin: ParameterOrigin::CommandLine,
        });
    }
    let compilation = compile(&sources, id, Catalog::builtin(), &options);
    let errors = compilation.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let errors: Vec<String> = errors.map(|d| format!("{} {}", d.code.id, sources.text(d.primary.span))).collect();
    if errors.is_empty() { Ok(print::program(&compilation.program).trim_end().to_owned()) } else { Err(errors.join("; ")) }
}

/// What stands for `$v` in a comparison, where `declaration` is that of `v` and `set` replaces it.
fn value(declaration: &str, set: Option<&str>) -> Result<String, String> {
    let hunt = format!("# param: {declaration}\nx = GET process FROM stixshifter://h WHERE name IN ($v) LAST 1 d");
    let flag = set.map(|value| format!("v={value}"));
    let flags: Vec<&str> = flag.iter().map(String::as_str).collect();
    let text = filled(&hunt, &flags)?;
    let (_, rest) = text.split_once(" IN (").unwrap();
    Ok(rest.split_once(") LAST").unwrap().0.to_owned())
}

#[test]
fn a_default_is_one_literal() {
    for (written, read) in [
        ("v = 'a b'", "'a b'"),
        ("v = r'a\\b'  # why", "'a\\\\b'"),
        ("v=42 # why", "42"),
        ("v = -1.5", "-1.5"),
        ("v = tcp", "tcp"),
        ("v = ('a', \"b#\") # why", "'a', 'b#'"),
        ("v = [1, 2]", "1, 2"),
        ("v = t'2024-01-01T00:00:00Z'", "t'2024-01-01T00:00:00Z'"),
    ] {
        let found = value(written, None);
        assert!(found.as_deref() == Ok(read) || written.contains("t'") && found.is_err(), "{written}: {found:?}");
    }
    for written in [
        "v = ",
        "v = a.b",
        "v = 'a' 'b'",
        "v = 'a' OR 'b'",
        "v = (",
        "v = ()",
        "v = ('a',)",
        "v = ('a' 'b')",
        "v = (('a'))",
        "v = $w",
    ] {
        assert!(value(written, None).is_err_and(|told| told.starts_with("K0603")), "{written}");
    }
}

#[test]
fn a_value_of_the_command_line_is_one_literal_or_text() {
    let text = "v = 'default'";
    for (given, read) in [
        ("cmd.exe", "'cmd.exe'"),
        ("", "''"),
        ("42", "'42'"),
        ("'42'", "'42'"),
        ("x' OR name != '", "'x\\' OR name != \\''"),
        ("a # b", "'a # b'"),
        ("(x86)", "'(x86)'"),
        ("$w", "'$w'"),
        ("v.name", "'v.name'"),
        ("\"it's\"", "'it\\'s'"),
    ] {
        assert_eq!(value(text, Some(given)).as_deref(), Ok(read), "{given}");
    }
    for given in ["'a' OR 'b'", "'a", "'a' # b", "r'a"] {
        assert_eq!(value(text, Some(given)).unwrap_err(), format!("K0603 {given}"));
    }
    let required = [("42", "42"), ("cmd.exe", "'cmd.exe'"), ("('a', 'b')", "'a', 'b'"), ("[1,2]", "1, 2"), ("tcp", "'tcp'")];
    for (given, read) in required {
        assert_eq!(value("v", Some(given)).as_deref(), Ok(read), "{given}");
    }
    assert_eq!(value("v = 7", Some("8")).as_deref(), Ok("8"));
    assert_eq!(value("v = 7", Some("a.b")).unwrap_err(), "K0603 a.b", "the default is no text");
    assert_eq!(value("v = ('a', 'b')", Some("c.exe")).as_deref(), Ok("'c.exe'"));
    assert_eq!(value("v = ('a', 'b')", Some("('c', 'd')")).as_deref(), Ok("'c', 'd'"));
    assert_eq!(value("v = ('a', 'b')", Some("('c' 'd')")).as_deref(), Ok("'(\\'c\\' \\'d\\')'"), "text, which is no list");
}

#[test]
fn a_value_stands_in_every_place_of_a_literal() {
    let hunt = "# param: n = 3\n# param: t = t'2023-01-01T00:00:00Z'\n# param: s = ('a', 'b*')\n\
                x = GET process FROM stixshifter://$s WHERE pid = $n START $t STOP t'2023-01-02T00:00:00Z' LIMIT $n\n\
                y = GET process FROM file://$s,c WHERE pid IN ($n, 4) LAST $n HOURS\n\
                j = JOIN x, y WITHIN $n m\n\
                z = NEW process [{\"pid\": $n}]\n\
                DISP j LIMIT $n OFFSET $n";
    let told = filled(hunt, &["s=h"]).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].contains("FROM 'stixshifter://h' WHERE pid = 3 START $t STOP"), "{told}");
    assert!(lines[1].contains("FROM 'file://h,c' WHERE pid IN (3, 4) LAST $n hours"), "{told}");
    assert!(lines[3].contains('3'), "{told}");
    assert_eq!(filled(hunt, &["s=h", "n=0x"]).unwrap_err().split_whitespace().next(), Some("K0603"));
}

#[test]
fn a_source_is_never_a_variable_or_a_list_by_its_text() {
    let hunt = "# param: s = 'h'\nx = GET process FROM stixshifter://h WHERE pid = 1 LAST 1 d\n\
                y = GET process FROM $s WHERE pid = 1 LAST 1 d\nDISP y";
    assert!(filled(hunt, &["s=x"]).unwrap().contains("y = GET process FROM 'x'"));
    for bad in ["s=a,b", "s=file:///etc/passwd", "s=", "s=http://h/x"] {
        assert_eq!(filled(hunt, &[bad]).unwrap_err(), "K0607 $s", "{bad}");
    }
    assert!(filled(hunt, &["s=../x"]).is_err_and(|told| told.starts_with("K0108")), "no index has this name");
}

#[test]
fn names_are_whole_and_distinguish_case() {
    let hunt =
        "# param: ab = 'x'\nx = GET process FROM stixshifter://h WHERE name = $AB OR name = $a OR name = $abc LAST 1 d\nDISP x";
    assert_eq!(filled(hunt, &[]).unwrap_err(), "K0601 $AB; K0601 $a; K0601 $abc");
}

#[test]
fn numbers_that_are_no_literals_take_no_parameter() {
    for place in ["FIND process CREATED x DEPTH $n", "GROUP x BY BIN(pid, $n)", "GROUP x BY BIN(pid, $n m)"] {
        let hunt = format!("# param: n = 3\nx = GET process FROM stixshifter://h WHERE pid = $n LAST 1 d\ny = {place}\nDISP y");
        assert!(filled(&hunt, &[]).is_err_and(|told| told.starts_with("K0001")), "{place}: {:?}", filled(&hunt, &[]));
    }
}

#[test]
fn a_number_keeps_the_form_in_which_it_is_written() {
    let mut sources = SourceSet::default();
    let id = sources.add_text("h.hf", "# param: n = 7.50\nx = GET process FROM stixshifter://h WHERE name = $n LAST 1 d\nDISP x");
    let compilation = compile(&sources, id, Catalog::builtin(), &Options::at(Instant(0)));
    assert!(format!("{:?}", compilation.compiled.unwrap().plan).contains("7.50"), "as `name = 7.50` has it");
}

#[test]
fn only_the_leading_comment_declares() {
    let hunt = "x = GET process FROM stixshifter://h WHERE name = $a LAST 1 d\n# param: a = 'x'\nDISP x";
    assert_eq!(filled(hunt, &[]).unwrap_err(), "K0601 $a");
}

#[test]
fn declarations_say_what_they_are() {
    let mut sources = SourceSet::default();
    let text = "# param: a = 'x'  # first\n# param: b  # second\n# param: c = (1, 2)\n# param: d = (1, 'x')\n# param: e = t'2024-01-01T00:00:00Z'";
    let id = sources.add_text("h.hf", text);
    let mut sink = Sink::default();
    let told: Vec<String> = declared(&sources, id, &mut sink)
        .iter()
        .map(|d| format!("{} {} {:?} {:?}", d.name, d.kind(), d.default_text(), d.comment))
        .collect();
    assert_eq!(
        told,
        [
            "a text Some(\"'x'\") Some(\"first\")",
            "b any None Some(\"second\")",
            "c list of numbers Some(\"(1, 2)\") None",
            "d list Some(\"(1, 'x')\") None",
            "e time Some(\"t'2024-01-01T00:00:00Z'\") None",
        ]
    );
    assert!(sink.finish().is_empty());
}
