//! An entity type is rows of the catalog's tables: no product code knows one by name, and a new one needs no code.

use crate::support::cli::Huntc;
use huntc_compiler::catalog::Catalog;
use regex::Regex;
use std::fs;
use std::path::{Path, PathBuf};

/// Parts of lines in which the name of an entity type means something else, or shows the language.
const MEANT: &[(&str, &str)] = &[
    ("\"event.category\"", "a category of ECS"),
    ("c.category == \"process\"", "a category of ECS"),
    ("Kind = kind(\"", "a category of ECS in the demo's data"),
    ("scheme == \"file\"", "the scheme of an address"),
    ("LOCAL: &str = \"file\"", "the scheme of an address"),
    ("\"file\": ", "a key of JSON"),
    ("get(\"url\")", "a key of YAML"),
    ("\"title\", \"file\"", "a key of JSON"),
    (", \"file\")", "a word to be counted"),
    ("command(\"process\"", "the beginning of names of fields"),
    ("file(\"file\"", "the beginning of names of fields"),
    ("under(to, \"directory\")", "the end of the name of a field"),
    ("if is_process { \"process\"", "a category of ECS"),
    ("matches!(call.category, \"file\"", "a category of ECS"),
    ("\"file\" => Takes(", "a rule for paths"),
    ("\"vm\", \"file\"", "a key of auditd"),
    ("NEW ipv4-addr [", "an example of NEW in a message"),
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && !["tests.rs", "testing.rs"].contains(&name.as_str()) {
            found.push(path);
        }
    }
}

#[test]
fn no_product_code_names_an_entity_type() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["compiler/src", "runtime/src"] {
        rust_files(&root.join(folder), &mut files);
    }
    files.sort();
    let literal = Regex::new(r#""((?:[^"\\]|\\.)*)""#).unwrap();
    let types = &Catalog::builtin().entities;
    // A name with a dash is no other word; one without is a name only where it is the whole text.
    let names = |text: &str, name: &str| {
        text == name || name.contains('-') && text.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| word == name)
    };
    let (mut faults, mut used) = (Vec::new(), vec![false; MEANT.len()]);
    for path in files {
        let file = path.strip_prefix(root).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
        for (number, line) in lines.filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for found in literal.captures_iter(line) {
                let Some(kind) = types.iter().find(|kind| names(found[1].trim(), &kind.name)) else { continue };
                match MEANT.iter().position(|(part, _)| line.contains(part)) {
                    Some(place) => used[place] = true,
                    None => faults.push(format!("{file}:{} names `{}`", number + 1, kind.name)),
                }
            }
        }
    }
    faults.extend(MEANT.iter().zip(used).filter(|(_, used)| !used).map(|(meant, _)| format!("no longer there: {meant:?}")));
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

const TABLES: &str = "entity,aliases,words,primary,key,required,flags,everything
x-badge,badge,keycard,number,number door,number,linked_self_only whole_key,number LIKE '%'
entity,slot,flags
x-badge,reader,get linked
x-badge,escort,get linked
entity,slot,attribute,type,rule,fields,flags
x-badge,reader,number,id,value,badge.number,shown
x-badge,reader,door,text,value,badge.door,shown
x-badge,escort,number,id,value,badge.escort.number,shown
output,relation,by,input,pivots,reason
user-account,owned,,x-badge,reader>self,
";

const LOG: &str = r#"{"@timestamp":"2021-04-01T10:00:00Z","badge":{"number":"77","door":"A1","escort":{"number":"99"}},"user":{"name":"eve"}}
{"@timestamp":"2021-04-01T11:00:00Z","badge":{"number":"77","door":"A1"},"user":{"name":"mallory"},"process":{"entity_id":"{p}","pid":4,"name":"door.exe"}}
{"@timestamp":"2021-04-01T12:00:00Z","badge":{"number":"78","door":"B2"},"user":{"name":"bob"}}
{"@timestamp":"2021-04-01T13:00:00Z","badge":{"number":"79"},"user":{"name":"carol"}}
"#;

const HUNT: &str = "b = GET x-badge FROM stixshifter://s WHERE number != '78'
same = GET keycard FROM stixshifter://s WHERE badge:number IN ('77', '79')
who = FIND user-account OWNED b
what = FIND process LINKED b
back = FIND badge LINKED what
DISP b
DISP who ATTR user_id SORT BY user_id ASC
";

#[test]
fn a_new_entity_type_is_hunted_by_rows_alone() {
    let huntc = Huntc::new().file("badges.csv", TABLES).file("log.ndjson", LOG).file("h.hf", HUNT);
    let unknown = huntc.run("check h.hf");
    assert_eq!(unknown.code, Some(1), "{}", unknown.text());
    let line = "--source s=log.ndjson --mapping badges.csv --keys --out r --process-identity ladder";
    let ran = huntc.run(&format!("run h.hf {line}"));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let report = huntc.report("r");
    let variable =
        |name: &str| report["hunts"][0]["variables"].as_array().unwrap().iter().find(|v| v["name"] == name).unwrap().clone();
    let keys = |name: &str| variable(name)["keys"].to_string();
    assert_eq!(keys("b"), r#"[["77","A1"],["79",null],["99",null]]"#);
    assert_eq!(keys("same"), r#"[["77","A1"],["79",null]]"#);
    // What lacks a part of its key is looked for where records lack it too: badge 79.
    assert_eq!(keys("who"), r#"[[null,"carol"],[null,"eve"],[null,"mallory"]]"#);
    assert_eq!(variable("what")["entities"], 1);
    assert_eq!(keys("back"), r#"[["77","A1"]]"#);
    assert_eq!(report["hunts"][0]["displays"][0]["rows"].to_string(), r#"[["77","A1"],["99",null],["79",null]]"#);
    let missing = huntc.file("all.hf", "b = GET keycard FROM stixshifter://s\n").run("check all.hf --mapping badges.csv");
    assert!(
        missing.stderr.contains("WHERE number LIKE '%'") || missing.stdout.contains("WHERE number LIKE '%'"),
        "{}",
        missing.text()
    );
}
