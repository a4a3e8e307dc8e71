//! Differences that random hunts found, each with the records that it needs: product and oracle agree on them now, whatever
//! the records lie in.

use crate::differential::{Form, NOW, judge, verdicts, world};
use crate::oracle::{self, Mode, Options};
use std::fmt::Write as _;
use std::path::Path;

/// A hunt with its records: comments (`# identity: ladder`, `# ignore-case`, `# window: 900`), statements, and the lines of
/// each source behind `s:` and `t:`.
fn parse(text: &str) -> (Options, String, Vec<Vec<String>>) {
    let (hunt, records) = text.split_once("\ns:\n").expect("records of s");
    let (of_s, of_t) = records.split_once("t:").expect("records of t");
    let lines = |t: &str| t.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let told = |what: &str| hunt.lines().find_map(|l| l.strip_prefix(what)).map(str::trim);
    let identity = told("# identity:").map(|mode| if mode == "ladder" { Mode::Ladder } else { Mode::EntityId });
    let window = told("# window:").map(|seconds| seconds.parse::<i64>().expect("seconds") * 1_000_000_000);
    let options = Options { now: NOW, window, identity, ignore_case: told("# ignore-case").is_some() };
    (options, hunt.to_owned(), vec![lines(of_s), lines(of_t)])
}

#[test]
fn product_agrees_on_what_random_hunts_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/found");
    let (mut out, mut count) = (String::new(), 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (options, hunt, documents) = parse(&std::fs::read_to_string(&path).unwrap());
        let world = world(&documents, options);
        match oracle::run_text(&world, &hunt) {
            Ok(outcome) => assert!(outcome.bindings.iter().any(|b| b.entities > 0 || b.unidentified > 0), "{name} finds nothing"),
            Err(error) => panic!("{name}: {error}"),
        }
        for form in [Form::Ndjson, Form::Store(1), Form::Store(3)] {
            count += 1;
            let verdict = verdicts(&documents, std::slice::from_ref(&hunt), options, form).remove(0);
            if let Some(difference) = judge(&world, &hunt, &verdict) {
                let _ = writeln!(out, "{name}, {form:?}:\n{difference}");
            }
        }
    }
    assert!(out.is_empty(), "{out}");
    assert!(count >= 3 * 8, "only {count} runs");
}

/// One request takes 10,000 keys: more are asked for in several, and nothing is lost between them.
#[test]
fn more_keys_than_one_request_takes() {
    let line = |n: usize| {
        let (second, process) = (n % 60, format!("\"entity_id\":\"id-{n}\",\"pid\":{n}"));
        format!(r#"{{"@timestamp":"2024-01-01T00:00:{second:02}Z","process":{{{process}}},"file":{{"path":"C:\\{n}"}}}}"#)
    };
    let documents = vec![(0..10_050).map(line).collect(), Vec::new()];
    let options = Options { now: NOW, ..Options::default() };
    let hunt = "p = GET process FROM stixshifter://s WHERE pid >= 0\nf = FIND file LINKED p\n\
                q = GET process FROM stixshifter://s WHERE pid IN p.pid AND x_unique_id NOT IN p.x_unique_id\n\
                r = GET process FROM stixshifter://s WHERE pid IN p.pid";
    let verdict = verdicts(&documents, &[hunt.to_owned()], options, Form::Ndjson).remove(0);
    assert_eq!(judge(&world(&documents, options), hunt, &verdict), None);
    assert_eq!(verdict.unwrap().bindings.iter().map(|b| b.entities).collect::<Vec<_>>(), [10_050, 10_050, 0, 10_050]);
}
