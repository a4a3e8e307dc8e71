//! Attributes that a user's own table adds (`--mapping`): values of every type compare and show as their type says, from log
//! files, from a store, and from servers.

use crate::support::cli::Huntc;
use crate::support::servers::running;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// An attribute of processes that an overlay adds.
struct Added {
    /// Word of `attributes.csv`; the attribute is `x_WORD`.
    ty: &'static str,
    flags: &'static str,
    /// The field that it reads.
    field: &'static str,
    /// How an index keeps the field.
    mapping: &'static str,
    /// What the processes `a`, `b`, `c`, … hold; null: the field is not there.
    held: fn() -> Vec<Json>,
    /// The same as DISP shows it.
    shown: fn() -> Vec<Json>,
    /// Conditions behind the attribute's name, and the processes that satisfy them.
    conditions: &'static [(&'static str, &'static str)],
}

const ADDED: &[Added] = &[
    Added {
        ty: "integer",
        flags: "",
        field: "acme.integer",
        mapping: "long",
        held: || vec![json!(443), json!(9), json!(1000), json!(null)],
        shown: || vec![json!(443), json!(9), json!(1000), json!(null)],
        conditions: &[
            ("> 80", "ac"),
            ("< 80", "b"),
            (">= 443", "ac"),
            ("<= 443", "ab"),
            ("= 9", "b"),
            ("IN (9, 1000)", "bc"),
            ("!= 443", "bc"),
            ("IS NULL", "d"),
            ("IS NOT NULL", "abc"),
            ("= other.x_integer", "c"),
        ],
    },
    Added {
        ty: "float",
        flags: "",
        field: "acme.float",
        mapping: "double",
        held: || vec![json!(2.5), json!(10), json!(-1.5)],
        shown: || vec![json!(2.5), json!(10), json!(-1.5)],
        conditions: &[("> 3", "b"), ("< 0", "c"), ("= 2.5", "a"), ("= 10", "b"), (">= -1.5", "abc"), ("!= 10", "ac")],
    },
    Added {
        ty: "text",
        flags: "",
        field: "acme.text",
        mapping: "keyword",
        held: || vec![json!("Abc"), json!("abd"), json!("9"), json!("10")],
        shown: || vec![json!("Abc"), json!("abd"), json!("9"), json!("10")],
        conditions: &[
            ("= 'Abc'", "a"),
            ("LIKE 'ab%'", "ab"),
            ("MATCHES '^ab'", "b"),
            ("> '5'", "abc"),
            ("IN ('9', '10')", "cd"),
            ("!= '9'", "abd"),
        ],
    },
    Added {
        ty: "id",
        flags: "",
        field: "acme.id",
        mapping: "keyword",
        held: || vec![json!("{5C5A1D2E-0001-4B5C-8000-00000000ABCD}"), json!("D41D8CD98F00B204E9800998ECF8427E"), json!("Plain")],
        shown: || vec![json!("{5c5a1d2e-0001-4b5c-8000-00000000abcd}"), json!("D41D8CD98F00B204E9800998ECF8427E"), json!("Plain")],
        conditions: &[
            ("= '{5c5a1d2e-0001-4b5c-8000-00000000abcd}'", "a"),
            ("= 'd41d8cd98f00b204e9800998ecf8427e'", "b"),
            ("= 'plain'", ""),
            ("= 'Plain'", "c"),
        ],
    },
    Added {
        ty: "boolean",
        flags: "",
        field: "acme.boolean",
        mapping: "boolean",
        held: || vec![json!(true), json!(false), json!(null)],
        shown: || vec![json!(true), json!(false), json!(null)],
        conditions: &[("= true", "a"), ("= false", "b"), ("!= true", "b"), ("IS NULL", "c")],
    },
    Added {
        ty: "time",
        flags: "",
        field: "acme.time",
        mapping: "date",
        held: || vec![json!("2024-01-01T00:00:00Z"), json!("2024-01-01T02:00:00+02:00"), json!("2024-01-01T01:30:00Z")],
        shown: || vec![json!("2024-01-01T00:00:00.000Z"), json!("2024-01-01T00:00:00.000Z"), json!("2024-01-01T01:30:00.000Z")],
        conditions: &[
            ("= '2024-01-01T00:00:00Z'", "ab"),
            ("> '2024-01-01T01:00:00Z'", "c"),
            ("< '2024-01-01T01:00:00Z'", "ab"),
            ("!= '2024-01-01T00:00:00Z'", "c"),
        ],
    },
    Added {
        ty: "address",
        flags: "",
        field: "acme.address",
        mapping: "ip",
        held: || vec![json!("10.0.0.1"), json!("192.168.1.1"), json!("fd00:0:0:0::1")],
        shown: || vec![json!("10.0.0.1"), json!("192.168.1.1"), json!("fd00::1")],
        conditions: &[
            ("ISSUBSET '10.0.0.0/8'", "a"),
            ("ISSUBSET 'fd00::/8'", "c"),
            ("NOT ISSUBSET '10.0.0.0/8'", "bc"),
            ("= 'fd00::1'", "c"),
            ("= '192.168.1.1'", "b"),
            ("= other.x_address", "c"),
        ],
    },
    Added {
        ty: "ipv4",
        flags: "",
        field: "acme.ipv4",
        mapping: "ip",
        held: || vec![json!("10.0.0.1"), json!("192.168.1.1"), json!("fd00::1")],
        shown: || vec![json!("10.0.0.1"), json!("192.168.1.1"), json!(null)],
        conditions: &[("ISSUBSET '10.0.0.0/8'", "a"), ("= '192.168.1.1'", "b"), ("IS NULL", "c"), ("IS NOT NULL", "ab")],
    },
    Added {
        ty: "ipv6",
        flags: "",
        field: "acme.ipv6",
        mapping: "ip",
        held: || vec![json!("10.0.0.1"), json!("fd00:0::1"), json!("fe80::1")],
        shown: || vec![json!(null), json!("fd00::1"), json!("fe80::1")],
        conditions: &[("ISSUBSET 'fd00::/8'", "b"), ("= 'fe80::1'", "c"), ("IS NULL", "a"), ("IS NOT NULL", "bc")],
    },
];

/// Attributes with several values.
const LISTS: &[Added] = &[
    Added {
        ty: "text",
        flags: "many",
        field: "acme.text",
        mapping: "keyword",
        held: || vec![json!(["x", "y"]), json!("y"), json!(["z"])],
        shown: || vec![json!(["x", "y"]), json!("y"), json!("z")],
        conditions: &[("= 'y'", "ab"), ("!= 'y'", "c"), ("LIKE 'X'", "a")],
    },
    Added {
        ty: "integer",
        flags: "many",
        field: "acme.integer",
        mapping: "long",
        held: || vec![json!([443, 9]), json!(1000), json!([5])],
        shown: || vec![json!([443, 9]), json!(1000), json!(5)],
        conditions: &[("> 80", "ab"), ("< 80", "ac"), ("= 9", "a")],
    },
];

/// What an index would refuse: values that the type does not read, and a field of another type.
const ODD: &[Added] = &[
    Added {
        ty: "integer",
        flags: "",
        field: "acme.integer",
        mapping: "",
        held: || vec![json!(5), json!("-"), json!("7"), json!(true)],
        shown: || vec![json!(5), json!(null), json!(7), json!(null)],
        conditions: &[("IS NULL", "bd"), ("IS NOT NULL", "ac"), ("> 6", "c"), ("!= 5", "c")],
    },
    Added {
        ty: "boolean",
        flags: "",
        field: "acme.boolean",
        mapping: "",
        held: || vec![json!(true), json!("maybe"), json!("false"), json!(1)],
        shown: || vec![json!(true), json!(null), json!(false), json!(null)],
        conditions: &[("IS NULL", "bd"), ("IS NOT NULL", "ac"), ("!= true", "c")],
    },
    Added {
        ty: "text",
        flags: "",
        field: "process.pid",
        mapping: "",
        held: || vec![json!(4), json!("-"), json!("04"), json!(null)],
        shown: || vec![json!("4"), json!("-"), json!("04"), json!(null)],
        conditions: &[
            ("IS NULL", "d"),
            ("IS NOT NULL", "abc"),
            ("= '4'", "a"),
            ("= '04'", "c"),
            ("!= '04'", "ab"),
            ("LIKE '%4'", "ac"),
        ],
    },
    Added {
        ty: "integer",
        flags: "",
        field: "process.title",
        mapping: "",
        held: || vec![json!("4"), json!("-"), json!("90"), json!(null)],
        shown: || vec![json!(4), json!(null), json!(90), json!(null)],
        conditions: &[("IS NULL", "bd"), ("IS NOT NULL", "ac"), ("= 4", "a"), ("> 5", "c"), ("!= 4", "c")],
    },
];

const TIME: &str = "2024-05-01T00:00:00Z";

fn names(count: usize) -> impl Iterator<Item = char> {
    ('a'..='z').take(count)
}

impl Added {
    fn overlay(&self) -> String {
        let Self { ty, flags, field, .. } = self;
        format!("entity,slot,attribute,type,rule,fields,flags\nprocess,self,x_{ty},{ty},value,{field},{flags}\n")
    }

    fn documents(&self) -> Vec<String> {
        let document = |(name, held): (char, Json)| {
            let mut document =
                json!({"@timestamp": TIME, "process": {"entity_id": name.to_string(), "name": format!("{name}.exe")}});
            if !held.is_null() {
                let (object, name) = self.field.split_once('.').expect("fields have two parts here");
                document[object][name] = held;
            }
            document.to_string()
        };
        let held = (self.held)();
        names(held.len()).zip(held).map(document).collect()
    }

    /// A binding for each condition, and a display of all.
    fn hunt(&self) -> String {
        let window = "START t'2024-01-01T00:00:00Z' STOP t'2025-01-01T00:00:00Z'";
        let ty = self.ty;
        let mut text = format!("other = GET process FROM stixshifter://s WHERE name = 'c.exe' {window}\n");
        for (number, (condition, _)) in self.conditions.iter().enumerate() {
            let (not, condition) = condition.strip_prefix("NOT ").map_or(("", *condition), |c| ("NOT ", c));
            let _ = writeln!(text, "v{number} = GET process FROM stixshifter://s WHERE x_{ty} {not}{condition} {window}");
            // The same condition on what is known already.
            let _ = writeln!(text, "w{number} = GET process FROM every WHERE x_{ty} {not}{condition}");
        }
        let every = format!("every = GET process FROM stixshifter://s WHERE name LIKE '%' {window}\n");
        format!("{every}{text}DISP every ATTR name, x_{ty} SORT BY name ASC\n")
    }

    /// What a report has otherwise than it should.
    fn mismatches(&self, report: &Json) -> String {
        let mut out = String::new();
        let hunt = &report["hunts"][0];
        let variables = hunt["variables"].as_array().cloned().unwrap_or_default();
        for (number, (condition, wanted)) in self.conditions.iter().enumerate() {
            let wanted: Vec<Json> = wanted.chars().map(|c| json!([c.to_string()])).collect();
            for name in [format!("v{number}"), format!("w{number}")] {
                let keys = variables.iter().find(|v| v["name"] == name.as_str()).map_or(Json::Null, |v| v["keys"].clone());
                if keys != json!(wanted) {
                    let _ = writeln!(out, "{} {condition} ({name}): {keys} instead of {}", self.ty, json!(wanted));
                }
            }
        }
        let shown = (self.shown)();
        let rows: Vec<Json> = names(shown.len()).zip(shown).map(|(n, v)| json!([format!("{n}.exe"), v])).collect();
        let display = hunt["displays"][0]["rows"].clone();
        if display != json!(rows) {
            let _ = writeln!(out, "{}: shown {display} instead of {}", self.ty, json!(rows));
        }
        if !out.is_empty() {
            let diagnostics = hunt["diagnostics"].as_array().cloned().unwrap_or_default();
            let errors: Vec<Json> = diagnostics.into_iter().filter(|d| d["severity"] == "error").collect();
            let _ = writeln!(out, "  {} {}", hunt["status"], json!(errors));
        }
        out
    }
}

/// Runs the hunt of an attribute over a source and tells what is wrong.
fn run(huntc: &Huntc, added: &Added, source: &str) -> String {
    let ran = huntc.run(&format!("run hunt.hf --source s={source} --mapping site.csv --keys --format json --no-hints"));
    let Ok(report) = serde_json::from_str(&ran.stdout) else { return format!("{source}: {:?} {}\n", ran.code, ran.stderr) };
    let found = added.mismatches(&report);
    if found.is_empty() { found } else { format!("{source}:\n{found}") }
}

#[test]
fn added_attributes_compare_and_show_as_their_type_says() {
    let mut out = String::new();
    for added in ADDED.iter().chain(LISTS).chain(ODD) {
        let huntc = Huntc::new()
            .file("hunt.hf", added.hunt())
            .file("site.csv", added.overlay())
            .file("log.ndjson", added.documents().join("\n") + "\n");
        let ingested = huntc.run("ingest log.ndjson --store store");
        assert_eq!(ingested.code, Some(0), "{}", ingested.stderr);
        for source in ["log.ndjson", "store"] {
            out.push_str(&run(&huntc, added, source));
        }
    }
    assert!(out.is_empty(), "{out}");
}

#[test]
fn added_attributes_compare_and_show_as_their_type_says_on_servers() {
    for server in running(&["elasticsearch-9", "opensearch-3"]) {
        let mut out = String::new();
        for (number, added) in ADDED.iter().chain(LISTS).enumerate() {
            // As the type says, and as a server keeps what it does not know: texts as keywords with a limit.
            for (form, mapping) in
                [json!({"type": added.mapping}), json!({"type": "keyword", "ignore_above": 3})].iter().enumerate()
            {
                let index = format!("huntc-overlay-{number}-{form}");
                let keyword = json!({"type": "keyword"});
                let mapping = json!({"mappings": {"properties": {
                    "@timestamp": {"type": "date"},
                    "process": {"properties": {"entity_id": keyword, "name": keyword}},
                    "acme": {"properties": {added.ty: mapping}},
                }}});
                server.create(&index, &mapping.to_string());
                server.load(&index, added.documents().iter().map(String::as_str));
                let huntc = Huntc::new().file("hunt.hf", added.hunt()).file("site.csv", added.overlay());
                out.push_str(&run(&huntc, added, &format!("{}/{index}", server.url)));
                server.delete(&index);
            }
        }
        assert!(out.is_empty(), "{}: {out}", server.name);
    }
}
