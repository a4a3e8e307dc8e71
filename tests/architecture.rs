//! What holds the code base together: arrows between rooms, circles of files, sizes, names, a page for every code, and
//! documentation whose paths are true.

mod documents;
mod graph;
mod sources;

use graph::Graph;
use huntc_compiler::diag::codes;
use regex::Regex;
use sources::{SourceFile, crate_files, is_test, root, rust_files, shown, types_by_name};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Longest file and function, in lines. Most are far shorter: 400 and 60 are what to aim at.
const FILE_LIMIT: usize = 500;
const FUNCTION_LIMIT: usize = 100;

/// A room and the rooms below it that it needs.
type Arrows = &'static [(&'static str, &'static [&'static str])];

/// Rooms of the compiler. Whoever knows all commands (`program`) or the whole way (`compile`) stands on top.
const COMPILER: Arrows = &[
    ("source", &[]),
    ("time", &[]),
    ("value", &["time"]),
    ("diag", &["source", "unsafe_char"]),
    ("options", &["diag", "source", "time"]),
    ("catalog", &["attribute_name"]),
    ("pattern", &[]),
    ("attribute_name", &[]),
    ("unsafe_char", &[]),
    ("identifier", &[]),
    ("index_name", &["unsafe_char"]),
    ("registry_hive", &[]),
    ("tree_text", &[]),
    // The macro with the table of commands. Every room may read it: keywords, steps and their dispatch come out of it.
    ("command_table", &[]),
    ("syntax", &["attribute_name", "diag", "source", "time", "unsafe_char"]),
    ("check", &["attribute_name", "catalog", "diag", "index_name", "options", "pattern", "source", "syntax", "time", "value"]),
    ("plan", &["catalog", "check", "options", "source", "time", "value"]),
    ("request", &["catalog", "check", "identifier", "index_name", "plan", "time", "value"]),
    ("backend", &["catalog", "check", "identifier", "options", "pattern", "plan", "registry_hive", "request", "time", "value"]),
    ("commands", &["catalog", "check", "diag", "plan", "source", "syntax", "time", "value"]),
    ("program", &["catalog", "check", "commands", "diag", "options", "parameter", "plan", "source", "syntax"]),
    ("front_matter", &["check", "diag", "source", "time"]),
    ("parameter", &["diag", "front_matter", "options", "source", "syntax", "time", "value"]),
    (
        "compile",
        &[
            "backend",
            "catalog",
            "check",
            "diag",
            "front_matter",
            "options",
            "parameter",
            "plan",
            "program",
            "request",
            "source",
            "syntax",
            "tree_text",
        ],
    ),
];

/// Rooms of the runtime.
const RUNTIME: Arrows = &[
    ("allowance", &[]),
    ("metered_file", &["allowance"]),
    ("damage", &[]),
    ("own_files", &[]),
    ("process_group", &[]),
    ("table", &[]),
    ("source", &["allowance", "damage", "own_files"]),
    ("parquet", &["allowance", "damage", "metered_file", "source", "table"]),
    ("config", &["allowance", "own_files", "source"]),
    ("report", &["own_files"]),
    ("demo", &["own_files"]),
    ("matching", &["allowance", "source", "table"]),
    ("ops", &["allowance", "matching", "table"]),
    ("load_save", &["allowance", "analytics", "matching", "metered_file", "own_files", "parquet", "report", "source", "table"]),
    ("analytics", &["allowance", "config", "metered_file", "parquet", "process_group", "source", "table"]),
    ("exec", &["allowance", "analytics", "config", "load_save", "matching", "ops", "report", "source", "table"]),
    ("session", &["allowance", "config", "exec", "load_save", "report", "source"]),
    ("nightly", &["allowance", "config", "damage", "exec", "own_files", "process_group", "report", "session", "source", "table"]),
    ("cli", &["config", "demo", "nightly", "own_files", "report", "session", "source"]),
];

/// What the runtime's rooms may see of the compiler: those that work get facts, those on top also call it.
const FACTS: &[&str] = &["catalog", "diag", "index_name", "plan", "request", "time", "value"];
const CALLS: &[&str] = &[
    "catalog",
    "compile",
    "diag",
    "front_matter",
    "options",
    "parameter",
    "plan",
    "program",
    "request",
    "source",
    "time",
    "value",
];
const ON_TOP: &[&str] = &["cli", "nightly", "session"];

/// Circles of files that are meant, each with its reason.
const CIRCLES: &[(&[&str], &str)] = &[
    (
        &["runtime/src/exec/mod.rs", "runtime/src/exec/schedule.rs", "runtime/src/exec/tree.rs"],
        "the run and its parts: the run schedules nodes, a node of a walk leaves its lineage in the run",
    ),
    (
        &[
            "runtime/src/source/elastic/adapt/mod.rs",
            "runtime/src/source/elastic/adapt/number.rs",
            "runtime/src/source/elastic/adapt/text.rs",
        ],
        "a query is rewritten leaf by leaf, and a leaf of text is rewritten to queries",
    ),
    (&["runtime/src/source/store/column.rs", "runtime/src/source/store/prefix_index.rs"], "a dictionary has an index over itself"),
];

/// Type names that two files of a crate share, each with its reason.
const SHARED_NAMES: &[(&str, &str)] = &[];

fn product(krate: &str) -> &'static [SourceFile] {
    static FILES: OnceLock<BTreeMap<&str, Vec<SourceFile>>> = OnceLock::new();
    &FILES.get_or_init(|| ["compiler", "runtime"].map(|name| (name, crate_files(name))).into())[krate]
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

fn all_files() -> Vec<PathBuf> {
    ["compiler/src", "runtime/src", "runtime/benches", "tests"].into_iter().flat_map(rust_files).collect()
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut faults = Vec::new();
    for path in all_files() {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        if lines > FILE_LIMIT {
            faults.push(format!("{} has {lines} lines", shown(&path)));
        }
        if !text.starts_with("//! ") {
            faults.push(format!("{} begins without a sentence about itself (`//! …`)", shown(&path)));
        }
    }
    none(&faults);
}

#[test]
fn functions_are_short() {
    let head = Regex::new(r"^( *)(?:pub(?:\([a-z]+\))? )?(?:const |async |unsafe )*fn (\w+)").unwrap();
    let mut faults = Vec::new();
    for path in all_files() {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            let Some(found) = head.captures(line) else { continue };
            // The formatter puts the closing brace under the `fn`.
            let close = format!("{}}}", &found[1]);
            let length = lines[start..].iter().position(|l| **l == close).map_or(1, |n| n + 1);
            if length > FUNCTION_LIMIT && !line.ends_with(['}', ';']) {
                faults.push(format!("{}: `{}` has {length} lines", shown(&path), &found[2]));
            }
        }
    }
    none(&faults);
}

/// Every need between rooms is in the table, and every arrow of the table is a need.
fn arrows(krate: &str, allowed: Arrows) {
    let graph = Graph::new(product(krate));
    let needs = graph.module_needs();
    let mut faults = Vec::new();
    let rooms: BTreeSet<&str> = product(krate).iter().filter_map(|f| f.module.first()).map(String::as_str).collect();
    let listed: BTreeSet<&str> = allowed.iter().map(|(room, _)| *room).collect();
    faults.extend(rooms.difference(&listed).map(|room| format!("`{room}` has no line in the table of arrows")));
    faults.extend(listed.difference(&rooms).map(|room| format!("`{room}` is in the table, but not in the tree")));
    let arrows: BTreeSet<(&str, &str)> = allowed.iter().flat_map(|(room, below)| below.iter().map(|b| (*room, *b))).collect();
    for ((from, to), file) in needs.iter().filter(|(arrow, _)| !arrows.contains(arrow)) {
        faults.push(format!("{file} needs `{to}`, which `{from}` may not"));
    }
    faults.extend(arrows.iter().filter(|arrow| !needs.contains_key(*arrow)).map(|(a, b)| format!("nothing in `{a}` needs `{b}`")));
    none(&faults);
}

/// Rooms that are left when those whose needs are all gone are taken away again and again: they stand in a circle.
fn standing_in_circles(allowed: Arrows) -> Vec<&'static str> {
    let mut left: Vec<(&str, &[&str])> = allowed.to_vec();
    loop {
        let names: BTreeSet<&str> = left.iter().map(|(room, _)| *room).collect();
        let before = left.len();
        left.retain(|(_, below)| below.iter().any(|b| names.contains(b)));
        if left.len() == before {
            return left.into_iter().map(|(room, _)| room).collect();
        }
    }
}

#[test]
fn arrows_of_the_compiler_point_down() {
    assert_eq!(standing_in_circles(COMPILER), Vec::<&str>::new());
    arrows("compiler", COMPILER);
}

#[test]
fn arrows_of_the_runtime_point_down() {
    assert_eq!(standing_in_circles(RUNTIME), Vec::<&str>::new());
    arrows("runtime", RUNTIME);
}

#[test]
fn a_table_with_a_circle_is_seen() {
    assert_eq!(
        standing_in_circles(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["a"]), ("e", &[])]),
        ["a", "b", "c", "d"]
    );
}

#[test]
fn rooms_of_the_runtime_see_their_part_of_the_compiler() {
    let part = Regex::new(r"\bhuntc_compiler::(\w+)").unwrap();
    let mut faults = BTreeSet::new();
    for file in product("runtime") {
        let room = file.module.first().map_or("", String::as_str);
        let allowed = if ON_TOP.contains(&room) { CALLS } else { FACTS };
        let imports = file.imports.iter().chain(&file.exports).map(|i| i.path.join("::"));
        let named = file.paths.iter().map(|(_, path)| path.join("::"));
        for path in imports.chain(named) {
            if let Some(found) = part.captures(&path)
                && !allowed.contains(&&found[1])
                // Configuration becomes options; both hold the texts that diagnostics point into.
                && !(room == "config" && ["options", "source"].contains(&&found[1]))
                && !(room == "report" && &found[1] == "source")
            {
                faults.insert(format!("{} sees `{}`", file.name, &found[1]));
            }
        }
    }
    none(&faults.into_iter().collect::<Vec<_>>());
}

#[test]
fn circles_of_files_are_few_small_and_meant() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for krate in ["compiler", "runtime"] {
        let graph = Graph::new(product(krate));
        for circle in graph.circles() {
            seen += 1;
            if circle.len() > 6 {
                faults.push(format!("{} files in a circle:{}", circle.len(), graph.needs_within(&circle)));
            } else if !CIRCLES.iter().any(|(files, reason)| *files == circle && !reason.is_empty()) {
                faults.push(format!("a circle without a reason:{}", graph.needs_within(&circle)));
            }
        }
    }
    faults.extend((seen > 6).then(|| format!("{seen} circles; at most six may be")));
    faults.extend((seen < CIRCLES.len()).then(|| "a circle of the list is gone: take it from the list".to_owned()));
    none(&faults);
}

#[test]
fn a_type_name_means_one_thing_in_a_crate() {
    let mut faults = Vec::new();
    let mut shared = BTreeSet::new();
    for krate in ["compiler", "runtime"] {
        for (name, files) in types_by_name(product(krate)).iter().filter(|(_, files)| files.len() > 1) {
            shared.insert(*name);
            if !SHARED_NAMES.iter().any(|(allowed, _)| allowed == name) {
                faults.push(format!("`{name}` is declared in {}", files.join(", ")));
            }
        }
    }
    faults
        .extend(SHARED_NAMES.iter().filter(|(name, _)| !shared.contains(name)).map(|(n, _)| format!("`{n}` is shared no longer")));
    none(&faults);
}

#[test]
fn the_builtin_catalog_is_taken_on_top_only() {
    let call =
        |file: &&SourceFile| file.paths.iter().any(|(_, path)| path.ends_with(&["Catalog".to_owned(), "builtin".to_owned()]));
    let callers = product("compiler").iter().chain(product("runtime")).filter(call);
    // What users lay over the tables says how ECS is read. Objects of STIX are written as ECS, by the tables as they are.
    let may = |name: &String| name.starts_with("runtime/src/session/") || name == "runtime/src/source/logs/stix/table.rs";
    let faults: Vec<String> = callers.map(|f| f.name.clone()).filter(|name| !may(name)).collect();
    none(&faults);
}

/// Maps hash with keys that nobody knows: what they look up was mostly written by attackers, who could write values that
/// collide. The ids of records are the same in every request, so theirs are known.
#[test]
fn maps_hash_with_keys_that_nobody_knows() {
    let mut faults = Vec::new();
    for manifest in ["Cargo.toml", "compiler/Cargo.toml", "runtime/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let known = ["rustc-hash", "fxhash", "fnv", "nohash"].into_iter().filter(|name| text.contains(name));
        faults.extend(known.map(|name| format!("{manifest} names {name}, whose keys are known")));
    }
    for file in product("compiler").iter().chain(product("runtime")) {
        let known = ["BuildHasherDefault", "DefaultHasher", "FixedState", "SipHasher", "with_hasher"];
        let ids = file.name == "runtime/src/source/elastic/columns.rs";
        let known = known.into_iter().filter(|name| file.text.contains(name) && !(ids && *name == "SipHasher"));
        faults.extend(known.map(|name| format!("{} names {name}, whose keys may be known", file.name)));
    }
    none(&faults);
}

/// The compiler is pure: Clippy refuses what its list names, in every crate-wide run.
#[test]
fn the_compiler_forbids_itself_the_world() {
    let list: toml::Table = fs::read_to_string(root().join("compiler/clippy.toml")).unwrap().parse().unwrap();
    let mut banned = BTreeSet::new();
    for key in ["disallowed-methods", "disallowed-types", "disallowed-macros"] {
        for entry in list.get(key).and_then(toml::Value::as_array).into_iter().flatten() {
            let path = entry.get("path").and_then(toml::Value::as_str).unwrap_or_else(|| panic!("{key}: {entry} has no path"));
            assert!(entry.get("reason").is_some(), "{path} has no reason");
            banned.insert(path.to_owned());
        }
    }
    for path in [
        "std::fs::File",
        "std::fs::read",
        "std::env::var",
        "std::process::Command",
        "std::thread::spawn",
        "std::time::SystemTime::now",
    ] {
        assert!(banned.contains(path), "compiler/clippy.toml does not ban {path}");
    }
    let outside = Regex::new(r"^std::(fs|env|process|thread|net)\b|^huntc_runtime\b").unwrap();
    let imports = |file: &SourceFile| {
        let used = file.imports.iter().chain(&file.exports).map(|i| i.path.join("::"));
        let named = file.paths.iter().map(|(_, path)| path.join("::"));
        used.chain(named)
            .find(|path| outside.is_match(path) && !path.starts_with("std::net::Ip"))
            .map(|path| format!("{} uses {path}", file.name))
    };
    none(&product("compiler").iter().filter_map(imports).collect::<Vec<_>>());
}

#[test]
fn no_type_of_the_argument_parser_leaves_its_room() {
    let faults: Vec<String> = product("runtime")
        .iter()
        .filter(|f| f.module.first().is_none_or(|room| room != "cli"))
        .filter(|f| {
            f.imports.iter().map(|i| &i.path).chain(f.paths.iter().map(|(_, p)| p)).any(|p| p.first().is_some_and(|s| s == "clap"))
        })
        .map(|f| f.name.clone())
        .collect();
    none(&faults);
}

/// `x_tests.rs` beside a file and modules with a `#[path]` are two more places than there should be.
#[test]
fn unit_tests_stand_in_one_place() {
    let mut faults = Vec::new();
    for path in ["compiler/src", "runtime/src"].into_iter().flat_map(rust_files) {
        let text = fs::read_to_string(&path).unwrap();
        if path.file_stem().is_some_and(|n| n.to_string_lossy().ends_with("_tests")) || text.contains("#[path") {
            faults.push(format!("{}: tests stand in `mod tests` of their file, or in NAME/tests.rs", shown(&path)));
        }
        if is_test(&path) && text.contains("\n#[cfg(test)]\nmod tests") {
            faults.push(format!("{} is a file of tests with tests of its own", shown(&path)));
        }
    }
    none(&faults);
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let folder = root().join("compiler/src/diag/pages");
    let mut pages: BTreeSet<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let mut faults = Vec::new();
    for code in codes::all() {
        if !pages.remove(code.id) {
            faults.push(format!("{} has no page, or is declared twice", code.id));
        }
        let lines = code.page.lines().filter(|l| !l.trim().is_empty()).count();
        if lines < 6 || !code.page.contains(code.id) {
            faults.push(format!(
                "the page of {} ({}) has {lines} lines; it needs what, why, an example and the way out",
                code.id, code.slug
            ));
        }
        // Keywords of the language may begin a headline; sentences may not.
        let sentence = code.title.starts_with(char::is_uppercase) && !code.title.chars().nth(1).is_some_and(char::is_uppercase);
        if code.title.len() > 100 || code.title.ends_with('.') || sentence {
            faults.push(format!("the title of {} is no headline: {}", code.id, code.title));
        }
    }
    faults.extend(pages.iter().map(|page| format!("the page {page} has no code")));
    none(&faults);
}

#[test]
fn codes_and_names_are_unique() {
    let all = codes::all();
    let ids: BTreeSet<_> = all.iter().map(|c| c.id).collect();
    let slug_twice: Vec<_> = all.iter().filter(|c| all.iter().filter(|d| d.slug == c.slug).count() > 1).map(|c| c.id).collect();
    assert_eq!((ids.len(), slug_twice), (all.len(), Vec::new()));
}

/// A mutant whose place is gone is planted by nobody, and what it would show is no longer shown.
#[test]
fn every_mutant_has_one_place() {
    let table = fs::read_to_string(root().join("tests/mutants/table.txt")).unwrap();
    let mut mutants = 0;
    for mutant in table.split("\n== ").skip(1) {
        let lines = |mark: &str| mutant.lines().filter_map(|l| l.strip_prefix(mark)).collect::<Vec<_>>().join("\n");
        let (file, original) = (lines("@ "), lines("- ").replace(['«', '»'], ""));
        let text = fs::read_to_string(root().join(&file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(text.matches(&original).count(), 1, "{file}: {original}");
        mutants += 1;
    }
    assert!(mutants >= 97, "{mutants}");
}
