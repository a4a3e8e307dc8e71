//! One mistake, one diagnostic: huntflows with one token deleted, doubled, swapped, misspelt or put in.
//!
//! What one mutation adds is counted: every diagnostic of level error, and every one of level warning whose code the
//! unmutated text has less often. Advice is left out: it says what is true of the mutated text (`x` is never used) and
//! never stands for a mistake. A mutant that means something else without being wrong adds nothing.
//!
//! The other way round, no mistake may hide another: two mutations that stand apart give two diagnostics.

mod mutate;

use crate::corpus::{compiled_with, huntflows};
use huntc_compiler::diag::{Diagnostic, Severity};
use huntc_compiler::options::Options;
use huntc_compiler::time::Instant;
use mutate::{Mutation, mutate, tokens};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// One in so many of all mutants is tried, and of all pairs; no multiple of the number of mutations, so that all of these
/// come equally often.
const STRIDE: usize = 19;
const STRIDE_OF_PAIRS: usize = 47;

fn told(name: &str, text: &str) -> Vec<Diagnostic> {
    let options = Options::at(Instant::parse("2023-01-01T00:00:00Z").unwrap());
    compiled_with(name, text, &options).1.diagnostics
}

/// Codes of what a text adds to the warnings of its origin.
fn added(found: &[Diagnostic], origin: &[Diagnostic]) -> Vec<&'static str> {
    let mut had: BTreeMap<&str, usize> = BTreeMap::new();
    for warning in origin {
        *had.entry(warning.code.id).or_default() += 1;
    }
    let mut out = Vec::new();
    for diagnostic in found.iter().filter(|d| d.severity != Severity::Advice) {
        match had.get_mut(diagnostic.code.id) {
            Some(left) if *left > 0 => *left -= 1,
            _ => out.push(diagnostic.code.id),
        }
    }
    out
}

/// A huntflow that compiles.
struct Original {
    name: String,
    text: String,
    told: Vec<Diagnostic>,
    tokens: Vec<(usize, usize)>,
}

/// The corpus, and each hunt of the oracle by itself.
fn originals() -> Vec<Original> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut texts = Vec::new();
    for path in ["tests/corpus", "huntflows"].into_iter().flat_map(huntflows) {
        texts.push((name(&path), fs::read_to_string(&path).unwrap()));
    }
    for path in huntflows("tests/oracle/hunts") {
        let text = fs::read_to_string(&path).unwrap();
        let range = text.lines().find_map(|line| line.strip_prefix("# range: ")).unwrap_or_default();
        for hunt in text.split("\n## ").skip(1) {
            let (title, body) = hunt.split_once('\n').unwrap_or((hunt, ""));
            texts.push((format!("{}: {title}", name(&path)), body.replace("$ALL", range)));
        }
    }
    let original = |(name, text): (String, String)| {
        let told = told(&name, &text);
        let whole = told.iter().all(|d| d.severity != Severity::Error);
        whole.then(|| Original { told, tokens: tokens(&text), name, text })
    };
    texts.into_iter().filter_map(original).collect()
}

/// Every one of `stride` places of mutations: huntflow, token, mutation, number.
fn places(originals: &[Original], stride: usize) -> impl Iterator<Item = (&Original, usize, Mutation, usize)> {
    let all = originals.iter().flat_map(|original| (0..original.tokens.len()).map(move |at| (original, at)));
    let all = all.flat_map(|(original, at)| Mutation::ALL.into_iter().map(move |mutation| (original, at, mutation)));
    let some = all.step_by(stride).enumerate();
    some.map(|(number, (original, at, mutation))| (original, at, mutation, number))
}

/// The first lines of a mutant from the line of its token on.
fn shown(original: &Original, mutant: &str, from: usize, to: usize) -> String {
    let start = original.text[..original.tokens[from].0].rfind('\n').map_or(0, |i| i + 1);
    let lines = original.text[start..original.tokens[to].1].lines().count().max(1);
    format!("{}: {}", original.name, mutant[start..].lines().take(lines).collect::<Vec<_>>().join("\n        "))
}

#[test]
fn one_mistake_is_one_diagnostic() {
    let originals = originals();
    let (mut tried, mut several, mut too_many) = (0_usize, 0_usize, 0_usize);
    let mut worst: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (original, at, mutation, number) in places(&originals, STRIDE) {
        let Some(mutant) = mutate(&original.text, &original.tokens, at, mutation, number) else { continue };
        let added = added(&told(&original.name, &mutant), &original.told);
        tried += 1;
        several += usize::from(added.len() > 1);
        too_many += usize::from(added.len() > 3);
        if added.len() > 1 {
            let kind = format!("{mutation:?} {}", added.join(" "));
            worst.entry(kind).or_default().push(shown(original, &mutant, at, at));
        }
    }
    let mut worst: Vec<_> = worst.into_iter().collect();
    worst.sort_by_key(|(kind, mutants)| (std::cmp::Reverse(mutants.len()), kind.clone()));
    let mut list = String::new();
    for (kind, mutants) in worst.iter().take(30) {
        let _ = writeln!(list, "{} × {kind}", mutants.len());
        mutants.iter().take(3).for_each(|mutant| _ = writeln!(list, "    {mutant}"));
    }
    let figures = format!("{tried} mutants, {several} with two diagnostics or more, {too_many} with more than three\n{list}");
    eprintln!("{figures}");
    assert!(tried >= 5_000, "{figures}");
    assert!(several * 20 <= tried && too_many == 0, "{figures}");
}

/// Pairs of mutations of which each alone is an error: those in different statements, and those of one statement at 12
/// tokens or more from each other. A few hide each other truly: what is said of a variable of a broken GROUP, for one.
#[test]
fn two_mistakes_are_two_diagnostics() {
    let originals = originals();
    let wrong = |name: &str, text: &str| told(name, text).iter().any(|d| d.severity == Severity::Error);
    let statement = |original: &Original, at: usize| {
        let before = &original.text[..original.tokens[at].0];
        before.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')).count()
    };
    let (mut tried, mut hidden) = ([0_usize; 2], [0_usize; 2]);
    let mut list = String::new();
    for (original, at, mutation, number) in places(&originals, STRIDE_OF_PAIRS) {
        let Original { name, text, tokens, .. } = original;
        let other = at + 12 + number % 20;
        let second = Mutation::ALL[number / Mutation::ALL.len() % Mutation::ALL.len()];
        let pair = || {
            let behind = tokens.get(other).and_then(|_| mutate(text, tokens, other, second, number))?;
            Some((mutate(text, tokens, at, mutation, number)?, mutate(&behind, tokens, at, mutation, number)?, behind))
        };
        let Some((one, both, behind)) = pair() else { continue };
        if !wrong(name, &one) || !wrong(name, &behind) {
            continue;
        }
        let apart = usize::from(statement(original, at) != statement(original, other));
        tried[apart] += 1;
        if added(&told(name, &both), &original.told).len() < 2 {
            hidden[apart] += 1;
            let _ = writeln!(list, "{mutation:?} {second:?} {}", shown(original, &both, at, other));
        }
    }
    let [within, across] = [0, 1].map(|i| (tried[i], hidden[i]));
    let figures = format!("(tried, hidden) in one statement {within:?}, in two {across:?}\n{list}");
    eprintln!("{figures}");
    assert!(within.0 >= 80 && across.0 >= 1_000, "{figures}");
    assert!(within.1 * 12 <= within.0 && across.1 * 100 <= across.0, "{figures}");
}
