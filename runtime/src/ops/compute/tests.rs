//! What each function gives, and where it stands in tables.

use super::{Call, base64, domain, text, url};
use crate::allowance::Allowance;
use crate::ops::testing::run;
use crate::table::Table;

use huntc_compiler::catalog::ValueFunction;
use huntc_compiler::plan::{Attr, ComputedColumn};
use huntc_compiler::value::Value;
use std::sync::Arc;

/// The values that a call gives to the rows of the `processes`, by their commands.
fn computed(commands: &[&str], call: &str) -> Vec<Option<Value>> {
    let rows: Vec<String> =
        commands.iter().map(|c| format!("{{\"name\": \"x\", \"command_line\": {}}}", serde_json::json!(c))).collect();
    let table = run(&format!("p = NEW process [{}]\nx = p WITH {call} AS made", rows.join(", ")), &[]);
    table.column(&Attr::Added("made".to_owned()))
}

fn texts(commands: &[&str], call: &str) -> Vec<Option<String>> {
    computed(commands, call).into_iter().map(|v| v.map(|v| v.to_string())).collect()
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|t| Some((*t).to_owned())).collect()
}

#[test]
fn texts_are_lowered_measured_cut_and_replaced() {
    assert_eq!(texts(&["CMD Ä"], "LOWER(command_line)"), some(&["cmd Ä"]));
    assert_eq!(computed(&["pröc", ""], "LENGTH(command_line)"), [Some(Value::Int(4)), Some(Value::Int(0))]);
    assert_eq!(texts(&["c^m^d"], "REPLACE(command_line, '^', '')"), some(&["cmd"]));
    assert_eq!(texts(&["aaa"], "REPLACE(command_line, 'aa', 'b')"), some(&["ba"]));
    let found = texts(&["x -Enc QQ== y", "x"], r"EXTRACT(command_line, r'(?i)-enc\w*\s+(\S+)')");
    assert_eq!(found, [Some("QQ==".to_owned()), None]);
}

#[test]
fn an_expression_without_group_gives_all_that_it_found() {
    assert_eq!(texts(&["a 10.0.0.1:80"], r"EXTRACT(command_line, r'\d+\.\d+\.\d+\.\d+')"), some(&["10.0.0.1"]));
    // A newline that `$` looks past is not found, and groups are numbered though a look-around stands before them.
    assert_eq!(texts(&["ab\n"], "EXTRACT(command_line, r'b$')"), some(&["b"]));
    assert_eq!(texts(&["key=v"], "EXTRACT(command_line, r'(?<=key=)(.)')"), some(&["v"]));
    assert_eq!(texts(&["b"], "EXTRACT(command_line, r'(a)|b')"), [None], "the group is in the other part");
}

#[test]
fn base64_finds_out_what_was_encoded() {
    assert_eq!(base64::decoded("d2hvYW1p").as_deref(), Some("whoami"));
    assert_eq!(base64::decoded("dwBoAG8AYQBtAGkA").as_deref(), Some("whoami"));
    assert_eq!(base64::decoded("//53AGgA").as_deref(), Some("wh"), "the mark of UTF-16LE");
    assert_eq!(base64::decoded("SQBFAFgAIAAnAOQAJwA=").as_deref(), Some("IEX 'ä'"));
    assert_eq!(base64::decoded("YWI").as_deref(), Some("ab"), "no padding");
    assert_eq!(base64::decoded("Pz8_\n").as_deref(), Some("???"), "the alphabet of URLs");
    assert_eq!(base64::decoded("TVqQAAMAAAA=").as_deref(), Some("MZ\u{fffd}\0\u{3}\0\0\0"), "no text");
    for none in ["whoami!", "A", "A===", "Q=Q="] {
        assert_eq!(base64::decoded(none), None, "{none}");
    }
}

#[test]
fn urls_have_parts() {
    let all = url::parts("HTTPS://me:pw@Evil.example:8443/a/b.exe?x=1&y=/?#end");
    assert_eq!(all.scheme.as_deref(), Some("https"));
    assert_eq!(all.host.as_deref(), Some("evil.example"));
    assert_eq!((all.port, all.path, all.query), (Some(8443), Some("/a/b.exe"), Some("x=1&y=/?")));
    assert_eq!(url::parts("http://[::1]:80").host.as_deref(), Some("[::1]"));
    assert_eq!(url::parts("http://[::1]/").host.as_deref(), Some("[::1]"));
    assert_eq!(url::parts("http://a.b:99999/").port, None);
    assert_eq!(url::parts("/index.html?").path, Some("/index.html"));
    assert_eq!(url::parts("/a:b").scheme, None);
    assert_eq!(url::parts("").path, None);
}

#[test]
fn domains_are_divided_by_the_public_suffix_list() {
    let of = |name: &str| domain::parts(name).map(|p| (p.labels.unwrap_or_default(), p.registered.unwrap_or_default(), p.suffix));
    let parts = |a: &str, b: &str, c: &str| Some((a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(of("a.WWW.example.co.uk."), parts("a.www", "example.co.uk", "co.uk"));
    assert_eq!(of("example.com"), parts("", "example.com", "com"));
    assert_eq!(of("co.uk"), parts("", "", "co.uk"));
    assert_eq!(of("t.user.github.io"), parts("t", "user.github.io", "github.io"), "whoever runs it lets others register");
    assert_eq!(of("dc.corp.internal"), parts("dc", "corp.internal", "internal"), "no suffix of the list: the last label");
    for none in ["10.0.0.1", "[::1]", "::1", "", "a..b", "."] {
        assert_eq!(of(none), None, "{none}");
    }
}

#[test]
fn entropy_is_that_of_the_characters() {
    let of = |text: &str| text::entropy(text).to_string();
    assert_eq!(["", "aaaa", "abab", "aab"].map(of), ["0", "0", "1", "0.9183"]);
}

#[test]
fn times_have_hours_and_days_in_utc() {
    let table = run(
        "p = NEW file [{\"x_path\": \"/a\", \"created\": \"2024-02-29T23:59:59.999Z\"}, {\"x_path\": \"/b\", \"created\": \"1969-12-31T05:30:00Z\"}]
x = p WITH HOUR(created) AS hour, WEEKDAY(created) AS day",
        &[],
    );
    let column = |name: &str| table.column(&Attr::Added(name.to_owned()));
    assert_eq!(column("hour"), [Some(Value::Int(23)), Some(Value::Int(5))]);
    assert_eq!(column("day"), [Some(Value::Int(4)), Some(Value::Int(3))]);
}

#[test]
fn what_is_absent_stays_absent_but_for_coalesce() {
    let table = run(
        "p = NEW process [{\"name\": \"a\"}, {\"name\": \"b\", \"pid\": 4}]
x = p WITH LOWER(command_line) AS low, COALESCE(pid, 0) AS number, LENGTH(low) AS characters",
        &[],
    );
    let column = |name: &str| table.column(&Attr::Added(name.to_owned()));
    assert_eq!(column("low"), [None, None]);
    assert_eq!(column("number"), [Some(Value::Int(0)), Some(Value::Int(4))]);
    assert_eq!(column("characters"), [None, None]);
}

#[test]
fn later_statements_see_what_was_computed() {
    let hunt = "p = NEW process [{\"name\": \"A\"}, {\"name\": \"bb\"}, {\"name\": \"a\"}]\ny = p WITH LOWER(name) AS low, LENGTH(low) AS n\n";
    let name = |table: &Table| table.column(&Attr::Added("low".to_owned()));
    let text = |t: &str| Some(Value::text(t));
    assert_eq!(name(&run(&format!("{hunt}x = y WHERE n = 2"), &[])), [text("bb")]);
    assert_eq!(name(&run(&format!("{hunt}x = y WHERE low = 'a' AND n < 2"), &[])), [text("a"), text("a")]);
    assert_eq!(name(&run(&format!("{hunt}x = SORT y BY n DESC"), &[]))[0], text("bb"));
    let groups = run(&format!("{hunt}x = GROUP y BY low WITH COUNT(name) AS c"), &[]);
    assert_eq!(name(&groups), [text("a"), text("bb")]);
    assert_eq!(groups.column(&Attr::Added("c".to_owned())), [Some(Value::Int(2)), Some(Value::Int(1))]);
}

#[test]
fn rows_of_a_join_are_computed_pair_by_pair() {
    let hunt = "p = NEW process [{\"name\": \"a\", \"pid\": 1}]
q = NEW process [{\"pid\": 1, \"command_line\": \"ONE\"}, {\"pid\": 1, \"command_line\": \"TWO\"}]
j = JOIN p, q BY pid, pid
x = j WITH LOWER(command_line) AS low";
    let low = run(hunt, &[]).column(&Attr::Added("low".to_owned()));
    assert_eq!(low, [Some(Value::text("one")), Some(Value::text("two"))]);
}

#[test]
fn several_values_are_each_computed() {
    let list = |texts: &[&str]| Some(Value::List(texts.iter().map(|t| Value::text(*t)).collect()));
    let of = |function, value: Option<Value>| {
        let column = ComputedColumn { name: "made".to_owned(), function, attr: Attr::Added("x".to_owned()), arguments: Vec::new() };
        let call = Call::new(&column).ok()?;
        call.of_row(value.as_ref(), &mut |_| Ok(())).ok()?
    };
    assert_eq!(of(ValueFunction::Lower, list(&["TCP", "IPv4"])), list(&["tcp", "ipv4"]));
    assert_eq!(of(ValueFunction::Base64, list(&["!", "QQ=="])), Some(Value::text("A")), "what gives nothing is left out");
    assert_eq!(of(ValueFunction::Base64, list(&["!", "?"])), None);
}

#[test]
fn a_value_that_grows_is_counted_before_it_is_made() {
    let table = run("x = NEW process [{\"name\": \"x\", \"command_line\": \"aaaaaaaaaaaaaaaa\"}]", &[]);
    let plan = crate::testing::plan(&format!(
        "p = NEW process [{{\"name\": \"x\", \"command_line\": \"a\"}}]\nx = p WITH REPLACE(command_line, 'a', '{}') AS made\nDISP x",
        "b".repeat(100_000)
    ));
    let columns = plan.nodes.iter().find_map(|n| match &n.op {
        huntc_compiler::plan::Op::Compute(columns) => Some(columns.clone()),
        _ => None,
    });
    let small = Allowance::new(Arc::default(), None, Some(50_000));
    assert!(super::compute(&table, &columns.unwrap_or_default(), &small).is_err());
}
