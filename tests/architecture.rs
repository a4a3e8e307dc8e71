//! What holds the code base together: sizes, arrows between modules, a page for every code, the README's map.

use huntc_compiler::diag::codes;
use regex::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file and function, in lines. Most are far shorter: 400 and 60 are what to aim at.
const FILE_LIMIT: usize = 500;
const FUNCTION_LIMIT: usize = 100;

/// Which modules of the compiler may use which: each names those below it. `commands` holds vertical slices (a
/// command's syntax, printing and checking in one file), so it stands beside `syntax` and `check`.
const COMPILER: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("time", &[]),
    ("value", &["time"]),
    ("diag", &["source"]),
    ("options", &["diag", "time"]),
    ("catalog", &[]),
    ("pattern", &[]),
    ("identifier", &[]),
    ("registry_hive", &[]),
    ("syntax", &["commands", "diag", "source", "time", "value"]),
    ("commands", &["catalog", "check", "diag", "source", "syntax", "time", "value"]),
    ("check", &["catalog", "commands", "diag", "options", "pattern", "registry_hive", "source", "syntax", "time", "value"]),
    // `plan` knows how requests name a column, so that both print the same.
    ("plan", &["backend", "catalog", "check", "options", "source", "syntax", "time", "value"]),
    ("backend", &["catalog", "check", "options", "pattern", "plan", "registry_hive", "time", "value"]),
    ("front_matter", &["check", "diag", "source", "time"]),
    ("compile", &["catalog", "check", "diag", "front_matter", "options", "plan", "source", "syntax"]),
];

/// The same of the runtime, which may use all of the compiler.
const RUNTIME: &[(&str, &[&str])] = &[
    ("table", &[]),
    ("source", &[]),
    ("config", &["source"]),
    ("report", &[]),
    ("demo", &[]),
    ("sight", &["source", "table"]),
    ("ops", &["sight", "table"]),
    ("files", &["analytics", "sight", "source", "table"]),
    ("analytics", &["config", "files", "source", "table"]),
    ("exec", &["analytics", "config", "files", "ops", "report", "sight", "source", "table"]),
    ("session", &["config", "exec", "files", "report", "source"]),
    ("nightly", &["exec", "report", "session", "source", "table"]),
    ("cli", &["config", "demo", "nightly", "report", "session", "source"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a folder, sorted.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn all_files() -> Vec<PathBuf> {
    ["compiler/src", "runtime/src", "runtime/benches", "tests"].into_iter().flat_map(files).collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
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

/// The text without comments and without tests, which may use anything.
fn product(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or("");
    let code = code.split("#[cfg(test)]\n#[allow").next().unwrap_or("");
    code.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    path.components().any(|c| c.as_os_str() == "tests")
        || path.file_stem().and_then(|n| n.to_str()).is_some_and(|n| n == "tests" || n.ends_with("_tests"))
}

/// Every `crate::x` and every `{x::…}` of `use crate::{…}` outside tests, held against the allowed arrows.
fn arrows(folder: &str, allowed: &[(&str, &[&str])]) {
    let base = root().join(folder);
    let edge = Regex::new(r"\bcrate::(\{[^;]*\}|\w+)").unwrap();
    let word = Regex::new(r"(?:^|[{,]\s*)(\w+)").unwrap();
    let mut faults = Vec::new();
    for path in files(folder).iter().filter(|p| !is_test(p)) {
        let inner = path.strip_prefix(&base).unwrap();
        let module = inner.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        let Some((_, below)) = allowed.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("`{module}` has no line in the table of arrows"));
            continue;
        };
        for found in edge.captures_iter(&product(&fs::read_to_string(path).unwrap())) {
            for target in word.captures_iter(&found[1]).map(|c| c[1].to_owned()) {
                if target != module && !below.contains(&target.as_str()) && allowed.iter().any(|(name, _)| *name == target) {
                    faults.push(format!("{} uses `{target}`, which `{module}` may not", shown(path)));
                }
            }
        }
    }
    faults.sort();
    faults.dedup();
    none(&faults);
}

#[test]
fn arrows_point_one_way_in_the_compiler() {
    arrows("compiler/src", COMPILER);
}

#[test]
fn arrows_point_one_way_in_the_runtime() {
    arrows("runtime/src", RUNTIME);
}

#[test]
fn the_compiler_touches_nothing() {
    let outside =
        Regex::new(r"std::(fs|env|process|thread)\b|std::net::(Tcp|Udp|Unix|ToSocket)|SystemTime|time::Instant::now|Timestamp::now|Zoned::now|huntc_runtime")
            .unwrap();
    let mut faults = Vec::new();
    for path in files("compiler/src").iter().filter(|p| !is_test(p)) {
        if let Some(found) = outside.find(&product(&fs::read_to_string(path).unwrap())) {
            faults.push(format!("{} uses `{}`", shown(path), found.as_str()));
        }
    }
    none(&faults);
}

#[test]
fn no_type_of_the_argument_parser_leaves_its_folder() {
    let files = files("runtime/src").into_iter().filter(|p| !p.starts_with(root().join("runtime/src/cli")));
    let faults: Vec<String> =
        files.filter(|p| product(&fs::read_to_string(p).unwrap()).contains("clap::")).map(|p| shown(&p)).collect();
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

/// Folders that the README's map has to name: those at the top, and the modules of both crates.
fn folders() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for base in ["", "compiler/src/", "runtime/src/"] {
        for entry in fs::read_dir(root().join(base)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() && !name.starts_with('.') && name != "target" {
                found.insert(format!("{base}{name}/"));
            }
        }
    }
    found
}

#[test]
fn the_readmes_map_is_the_tree() {
    let Ok(readme) = fs::read_to_string(root().join("README.md")) else { return };
    let Some((_, section)) = readme.split_once("Map of the folders") else {
        panic!("README.md has no section `Map of the folders`")
    };
    let section = section.split("\n## ").next().unwrap_or("");
    let named: BTreeSet<String> = Regex::new(r"`([\w./-]+/)`").unwrap().captures_iter(section).map(|c| c[1].to_owned()).collect();
    let gone = named.iter().filter(|f| !root().join(f).is_dir()).map(|f| format!("`{f}` is in the map, but not in the tree"));
    let missing = folders().into_iter().filter(|f| !named.contains(f)).map(|f| format!("`{f}` is not in the map"));
    none(&gone.chain(missing).collect::<Vec<_>>());
}

/// A mutant whose place is gone is planted by nobody, and what it would show is no longer shown.
#[test]
fn every_mutant_has_one_place() {
    let table = fs::read_to_string(root().join("tests/mutants/table.txt")).unwrap();
    let mut mutants = 0;
    for mutant in table.split("\n== ").skip(1) {
        let lines = |mark: &str| mutant.lines().filter_map(|l| l.strip_prefix(mark)).collect::<Vec<_>>().join("\n");
        let (file, original) = (lines("@ "), lines("- ").replace(['«', '»'], ""));
        let places = fs::read_to_string(root().join(&file)).unwrap().matches(&original).count();
        assert_eq!(places, 1, "{file}: {original}");
        mutants += 1;
    }
    assert!(mutants >= 85, "{mutants}");
}
