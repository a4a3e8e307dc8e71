//! The product against the oracle: hand-written hunts over real data, and random hunts over random and real data.

use crate::oracle::generate::Rng;
use crate::oracle::generate::counted::counted_hunt;
use crate::oracle::generate::documents::documents;
use crate::oracle::generate::hunt::hunt;
use crate::oracle::report::differences;
use crate::oracle::{self, Mode, Options, World, document, shared};
use crate::product::{self, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// A hand-written hunt.
pub(crate) struct Written {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The hunts of `tests/oracle/hunts` by file of telemetry: in each file `# file:` names the data, `# range:` what `$ALL`
/// stands for, and every hunt begins with `## name`.
pub(crate) fn written() -> BTreeMap<String, Vec<Written>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/hunts");
    let mut all: BTreeMap<String, Vec<Written>> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (head, hunts) = text.split_once("\n## ").unwrap();
        let told = |what: &str| head.lines().find_map(|l| l.strip_prefix(what)).unwrap().trim().to_owned();
        let (data, range) = (told("# file:"), told("# range:"));
        for block in hunts.split("\n## ") {
            let (name, body) = block.split_once('\n').unwrap();
            let name = format!("{}: {name}", path.file_stem().unwrap().to_string_lossy());
            all.entry(data.clone()).or_default().push(Written { name, text: body.replace("$ALL", &range) });
        }
    }
    all
}

/// What a verdict has otherwise than the oracle says. `None`: the oracle has nothing to say of such a hunt.
pub(crate) fn judge(world: &World, text: &str, verdict: &Verdict) -> Option<String> {
    match (oracle::run_text(world, text), verdict) {
        (Err(_), _) => None,
        // Each counts in its own way how much work an observation expression makes, and refuses what is too much.
        (Ok(_), Err(error)) if error.contains("too many ways to match") => None,
        (Ok(_), Err(error)) => Some(format!("{error}\n")),
        (Ok(expected), Ok(got)) => Some(differences(&expected, got)).filter(|d| !d.is_empty()),
    }
}

/// What the oracle understands, the compiler must take.
#[test]
fn compiler_takes_every_hunt() {
    assert!(product::check("x = GET process FROM stixshifter://s WHERE pit = 4", &NAMES).is_err());
    let mut out = String::new();
    for one in written().into_values().flatten() {
        if let Err(error) = product::check(&one.text, &["s", "s2"]) {
            let _ = writeln!(out, "{}\n{error}\n", one.name);
        }
    }
    for seed in 1..10 {
        for statements in batch(seed).hunts {
            if let Err(error) = product::check(&statements.join("\n"), &NAMES) {
                let _ = writeln!(out, "seed {seed}\n{error}\n{}\n", statements.join("\n"));
            }
        }
    }
    assert!(out.is_empty(), "{out}");
}

fn twice(path: &Path) -> World {
    let records = shared::records(path);
    World::new(vec![("s".to_owned(), records.clone()), ("s2".to_owned(), records)], Options::default())
}

#[test]
fn oracle_reads_every_written_hunt() {
    let Some(folder) = shared::folder() else { return };
    let (mut out, mut count, mut empty) = (String::new(), 0, Vec::new());
    for (data, hunts) in written() {
        let world = twice(&folder.join("data").join(data));
        for one in hunts {
            count += 1;
            match oracle::run_text(&world, &one.text) {
                Ok(outcome) if outcome.bindings.iter().all(|b| b.entities == 0) => empty.push(one.name),
                Ok(_) => {}
                Err(error) => drop(writeln!(out, "{}: {error}", one.name)),
            }
        }
    }
    assert!(out.is_empty(), "{out}");
    assert!(count >= 135, "only {count} hunts");
    assert!(empty.len() <= 5, "hunts that find nothing: {empty:?}");
}

#[test]
fn product_agrees_on_written_hunts() {
    let Some(folder) = shared::folder() else { return };
    let mut out = String::new();
    for (data, hunts) in written() {
        let path = folder.join("data").join(data);
        let uri = path.display().to_string();
        let texts: Vec<String> = hunts.iter().map(|h| h.text.clone()).collect();
        let sources = [("s".to_owned(), uri.clone()), ("s2".to_owned(), uri)];
        let verdicts = product::run(&sources, &texts, Options::default());
        let world = twice(&path);
        for (one, verdict) in hunts.iter().zip(verdicts) {
            if let Some(difference) = judge(&world, &one.text, &verdict) {
                let _ = writeln!(out, "{}\n{difference}", one.name);
            }
        }
    }
    assert!(out.is_empty(), "{out}");
}

/// Random hunts over the same records.
pub(crate) struct Batch {
    /// NDJSON lines of the two sources.
    pub(crate) documents: Vec<Vec<String>>,
    pub(crate) hunts: Vec<Vec<String>>,
    options: Options,
    form: Form,
}

/// What the records lie in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    Ndjson,
    /// A store, made by ingesting so many files one after another.
    Store(usize),
}

/// 2024-01-01T00:15:00Z
pub(crate) const NOW: i64 = 1_704_068_100_000_000_000;

/// Hunts in one batch.
pub(crate) const EACH: usize = 20;

pub(crate) const NAMES: [&str; 2] = ["s", "t"];

pub(crate) fn world(documents: &[Vec<String>], options: Options) -> World {
    let parsed = documents.iter().map(|lines| Arc::new(document::parse(&lines.join("\n"))));
    World::new(NAMES.map(str::to_owned).into_iter().zip(parsed).collect(), options)
}

/// What is drawn before the hunts: records, and how they are looked at.
pub(crate) struct Draw {
    rng: Rng,
    pub(crate) documents: Vec<Vec<String>>,
    pub(crate) options: Options,
    pub(crate) form: Form,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let count = 8 + rng.below(40);
        let documents = vec![documents(&mut rng, count), documents(&mut rng, 6)];
        let identity = *rng.pick(&[None, None, None, Some(Mode::EntityId), Some(Mode::Ladder)]);
        let window = *rng.pick(&[None, None, None, None, Some(900 * 1_000_000_000), Some(898 * 1_000_000_000)]);
        let options = Options { now: NOW, window, identity, ignore_case: rng.chance(15) };
        let form = *rng.pick(&[Form::Ndjson, Form::Ndjson, Form::Store(1), Form::Store(3), Form::Store(9)]);
        Self { rng, documents, options, form }
    }

    /// Hunts over records: those that were drawn, or what is left of them.
    pub(crate) fn hunts(&mut self, world: &World, count: usize) -> Vec<Vec<String>> {
        (0..count).map(|_| hunt(Rng::new(self.rng.next()), world)).collect()
    }

    /// As many of those that sources may answer by counting as of all others.
    pub(crate) fn hunts_to_count(&mut self, world: &World, count: usize) -> Vec<Vec<String>> {
        let make = |number: usize| if number.is_multiple_of(2) { counted_hunt } else { hunt };
        (0..count).map(|number| make(number)(Rng::new(self.rng.next()), world)).collect()
    }
}

pub(crate) fn batch(seed: u64) -> Batch {
    let mut draw = Draw::new(seed);
    let hunts = draw.hunts(&world(&draw.documents, draw.options), EACH);
    let Draw { documents, options, form, .. } = draw;
    Batch { documents, hunts, options, form }
}

pub(crate) fn verdicts(documents: &[Vec<String>], hunts: &[String], options: Options, form: Form) -> Vec<Verdict> {
    let place = tempfile::tempdir().unwrap();
    product::run(&local_sources(place.path(), documents, form), hunts, options)
}

/// Files or stores of records in a folder.
pub(crate) fn local_sources(place: &Path, documents: &[Vec<String>], form: Form) -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for (name, lines) in NAMES.iter().zip(documents) {
        let write = |file: String, lines: &[&String]| {
            let path = place.join(file);
            let text: Vec<String> = lines.iter().map(|l| format!("{l}\n")).collect();
            std::fs::write(&path, text.concat()).unwrap();
            path
        };
        let uri = match form {
            Form::Store(files) if !lines.is_empty() => {
                let store = place.join(format!("{name}.store"));
                // Records keep their order: of one entity's records at one instant the source's first comes first.
                for (file, some) in lines.chunks(lines.len().div_ceil(files)).enumerate() {
                    let path = write(format!("{name}{file}.ndjson"), &some.iter().collect::<Vec<_>>());
                    product::ingest(&path, &store);
                }
                store
            }
            _ => write(format!("{name}.ndjson"), &lines.iter().collect::<Vec<_>>()),
        };
        sources.push(((*name).to_owned(), uri.display().to_string()));
    }
    sources
}

/// What one verdict has otherwise than the oracle says; a hunt that lost what it builds on is no hunt.
pub(crate) fn difference(documents: &[Vec<String>], text: &str, options: Options, verdict: &Verdict) -> Option<String> {
    if verdict.as_ref().is_err_and(|e| e.starts_with("\"error\"")) {
        return None;
    }
    judge(&world(documents, options), text, verdict)
}

/// What one hunt over the records of the sources has otherwise than the oracle says.
type Difference<'a> = dyn Fn(&[Vec<String>], &[String]) -> Option<String> + 'a;

/// The first difference that is left while statements and records are taken away one by one.
pub(crate) fn minimised(mut documents: Vec<Vec<String>>, mut statements: Vec<String>, fails: &Difference<'_>) -> String {
    let Some(mut difference) = fails(&documents, &statements) else {
        return "the hunt passes where it runs alone\n".to_owned();
    };
    let mut at = statements.len();
    while at > 0 {
        at -= 1;
        let mut fewer = statements.clone();
        fewer.remove(at);
        if let Some(left) = fails(&documents, &fewer) {
            (statements, difference) = (fewer, left);
        }
    }
    for source in 0..documents.len() {
        let mut size = documents[source].len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < documents[source].len() {
                let mut fewer = documents.clone();
                fewer[source].drain(at..(at + size).min(documents[source].len()));
                match fails(&fewer, &statements) {
                    Some(left) => (documents, difference) = (fewer, left),
                    None => at += size,
                }
            }
            size /= 2;
        }
    }
    let records: Vec<String> = documents.iter().zip(NAMES).map(|(d, name)| format!("{name}:\n{}", d.join("\n"))).collect();
    format!("{difference}{}\n{}\n", statements.join("\n"), records.join("\n"))
}

fn smallest(documents: &[Vec<String>], statements: &[String], options: Options, form: Form) -> String {
    let fails = |documents: &[Vec<String>], statements: &[String]| {
        let text = statements.join("\n");
        let verdict = verdicts(documents, std::slice::from_ref(&text), options, form).remove(0);
        difference(documents, &text, options, &verdict)
    };
    format!("{options:?} {form:?}\n{}", minimised(documents.to_vec(), statements.to_vec(), &fails))
}

pub(crate) fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |v| v.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// `HUNTC_DIFFERENTIAL_HUNTS` says how many, `HUNTC_DIFFERENTIAL_SEED` where to begin, `HUNTC_DIFFERENTIAL_FAILURES` how
/// many failures are collected before the test gives up; `HUNTC_DIFFERENTIAL_MINIMISE=0` leaves them as they are.
#[test]
fn product_agrees_on_random_hunts() {
    let (hunts, first) = (number("HUNTC_DIFFERENTIAL_HUNTS", 2_000), number("HUNTC_DIFFERENTIAL_SEED", 1));
    let (most, mut failures) = (number("HUNTC_DIFFERENTIAL_FAILURES", 1), Vec::new());
    for seed in first..first + hunts.div_ceil(EACH as u64) {
        let batch = batch(seed);
        let texts: Vec<String> = batch.hunts.iter().map(|h| h.join("\n")).collect();
        let verdicts = verdicts(&batch.documents, &texts, batch.options, batch.form);
        let world = world(&batch.documents, batch.options);
        for (index, verdict) in verdicts.iter().enumerate() {
            if let Some(difference) = judge(&world, &texts[index], verdict) {
                let whole = format!("HUNTC_DIFFERENTIAL_SEED={seed}, hunt {index}:\n{difference}");
                let small = match number("HUNTC_DIFFERENTIAL_MINIMISE", 1) {
                    0 => String::new(),
                    _ => smallest(&batch.documents, &batch.hunts[index], batch.options, batch.form),
                };
                failures.push(format!("{whole}\nminimised:\n{small}"));
                eprintln!("{}", failures.last().unwrap());
                assert!((failures.len() as u64) < most, "{}", failures.join("\n"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Files of telemetry that random hunts look at.
const REAL: &[&str] = &[
    "psh_lsass_memory_dump_comsvcs",
    "cmd_lsass_memory_dumpert_syscalls",
    "cmd_mshta_vbscript_execute_psh",
    "covenant_psremoting_grunt",
    "covenant_wmi_wbemcomn_dll_hijack",
    "empire_wmic_add_user_backdoor",
];

/// A few stretches of a file's lines: what belongs together stays together.
fn stretches(text: &str, rng: &mut Rng) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let length = 60.min(lines.len());
    let starts: BTreeSet<usize> = (0..3).map(|_| rng.below(lines.len() - length + 1)).collect();
    starts.into_iter().flat_map(|start| &lines[start..start + length]).map(|l| (*l).to_owned()).collect()
}

/// Random hunts over stretches of real files: what random documents do not think of.
#[test]
fn product_agrees_on_random_hunts_over_real_data() {
    let Some(folder) = shared::folder() else { return };
    let hunts = number("HUNTC_DIFFERENTIAL_HUNTS", 2_000) / 10;
    let mut rng = Rng::new(number("HUNTC_DIFFERENTIAL_SEED", 1));
    for round in 0..hunts.div_ceil((EACH * REAL.len()) as u64) {
        for name in REAL {
            let text = shared::text(&folder.join(format!("data/{name}.ndjson.gz")));
            let documents = vec![stretches(&text, &mut rng), stretches(&text, &mut rng).into_iter().take(30).collect()];
            let identity = *rng.pick(&[None, None, Some(Mode::Ladder)]);
            let options = Options { ignore_case: rng.chance(20), identity, ..Options::default() };
            let form = *rng.pick(&[Form::Ndjson, Form::Store(1), Form::Store(4)]);
            let world = world(&documents, options);
            let hunts: Vec<Vec<String>> = (0..EACH).map(|_| hunt(Rng::new(rng.next()), &world)).collect();
            let texts: Vec<String> = hunts.iter().map(|h| h.join("\n")).collect();
            for (index, verdict) in verdicts(&documents, &texts, options, form).iter().enumerate() {
                if let Some(difference) = judge(&world, &texts[index], verdict) {
                    let small = smallest(&documents, &hunts[index], options, form);
                    panic!("{name}, round {round}, hunt {index}:\n{difference}\nminimised:\n{small}");
                }
            }
        }
    }
}

/// Each numbered trap of the telemetry's README has a hunt that names it.
#[test]
fn every_trap_has_a_hunt() {
    let Some(folder) = shared::folder() else { return };
    let readme = std::fs::read_to_string(folder.join("data/README.md")).unwrap();
    let (_, traps) = readme.split_once("## What will bite").expect("the list of traps");
    let numbers: Vec<u64> = traps.lines().filter_map(|l| l.split_once(". ")?.0.parse().ok()).collect();
    assert!(numbers.len() >= 15, "the list has {} traps", numbers.len());
    let names: Vec<String> = written().into_values().flatten().map(|w| w.name).collect();
    let missing: Vec<&u64> = numbers.iter().filter(|n| !names.iter().any(|name| name.contains(&format!("trap {n}:")))).collect();
    assert!(missing.is_empty(), "no hunt names these traps: {missing:?}");
}

#[test]
fn random_hunts_are_hunts() {
    let (mut failed, mut bound, mut found) = (String::new(), 0, 0);
    for seed in 0..20 {
        let batch = batch(seed);
        let world = world(&batch.documents, batch.options);
        for statements in &batch.hunts {
            match oracle::run_text(&world, &statements.join("\n")) {
                Ok(outcome) => {
                    bound += outcome.bindings.len();
                    found += outcome.bindings.iter().filter(|b| b.entities > 0).count();
                }
                Err(error) => drop(writeln!(failed, "seed {seed}: {error}\n{}\n", statements.join("\n"))),
            }
        }
    }
    assert!(failed.is_empty(), "{failed}");
    assert!(found * 2 > bound, "only {found} of {bound} random variables hold anything");
}
