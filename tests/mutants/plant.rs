//! Plants the mutants of a table into a tree, each behind a switch: `plant TABLE TREE` prints their names in order. The
//! product then behaves as mutant n where `HUNTC_MUTANT` is n.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs, process};

/// One change.
struct Mutant {
    name: String,
    file: String,
    original: String,
    changed: String,
}

const SWITCH: &str = r#"
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod mutants {
    pub fn on(number: usize) -> bool {
        static CHOSEN: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
        *CHOSEN.get_or_init(|| std::env::var("HUNTC_MUTANT").ok().and_then(|v| v.parse().ok()).unwrap_or(0)) == number
    }
}
"#;

fn fail(message: String) -> ! {
    eprintln!("{message}");
    process::exit(2);
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| fail(format!("{}: {e}", path.display())))
}

fn parse(table: &str) -> Vec<Mutant> {
    let blocks = table.split("\n== ").skip(1);
    let block = |text: &str| {
        let lines = |mark: &str| text.lines().filter_map(|l| l.strip_prefix(mark)).collect::<Vec<_>>().join("\n");
        let name = text.lines().next().unwrap_or_default().to_owned();
        Mutant { name, file: lines("@ "), original: lines("- "), changed: lines("+ ") }
    };
    blocks.map(block).collect()
}

/// The original as it stands in the file: what is before the expression, the expression, what is behind it.
fn parts(original: &str) -> (&str, &str, &str) {
    match original.split_once('«') {
        Some((before, rest)) => {
            let (expression, after) = rest.split_once('»').unwrap_or((rest, ""));
            (before, expression, after)
        }
        None => ("", original, ""),
    }
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [table, tree] = arguments.as_slice() else { fail("plant TABLE TREE".to_owned()) };
    let mutants = parse(&read(Path::new(table)));
    // Several mutants of one place share it.
    let mut places: BTreeMap<(&str, &str), Vec<(usize, &str)>> = BTreeMap::new();
    for (index, mutant) in mutants.iter().enumerate() {
        places.entry((&mutant.file, &mutant.original)).or_default().push((index + 1, &mutant.changed));
    }
    for ((file, original), changes) in places {
        let path = Path::new(tree).join(file);
        let text = read(&path);
        let (before, expression, after) = parts(original);
        let whole = format!("{before}{expression}{after}");
        let count = text.matches(&whole).count();
        if count != 1 {
            fail(format!("{file}: {whole:?} stands there {count} times"));
        }
        let switches: String =
            changes.iter().map(|(n, changed)| format!("if crate::mutants::on({n}) {{ {changed} }} else ")).collect();
        let end = if expression.ends_with(';') { ";" } else { "" };
        let planted = format!("{before}({switches}{{ {expression} }}){end}{after}");
        fs::write(&path, text.replace(&whole, &planted)).unwrap_or_else(|e| fail(format!("{file}: {e}")));
    }
    for library in ["compiler/src/lib.rs", "runtime/src/lib.rs"] {
        let path = Path::new(tree).join(library);
        fs::write(&path, read(&path) + SWITCH).unwrap_or_else(|e| fail(format!("{library}: {e}")));
    }
    for mutant in mutants {
        println!("{}", mutant.name);
    }
}
