//! One mistake, one diagnostic: huntflows with one token deleted, doubled, swapped, misspelt or put in.
//!
//! What one mutation adds is counted: every diagnostic of level error, and every one of level warning whose code the
//! unmutated text has less often. Advice is left out: it says what is true of the mutated text (`x` is never used) and
//! never stands for a mistake. A mutant that means something else without being wrong counts as one that adds nothing.

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

/// Every so many of all mutants are tried; no multiple of the number of mutations, so that all come equally often.
const STRIDE: usize = 10;

/// A mutant and what it adds.
struct Tried {
    name: String,
    mutation: Mutation,
    line: String,
    added: Vec<&'static str>,
}

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

/// The huntflows: the corpus, and each hunt of the oracle by itself.
fn originals() -> Vec<(String, String)> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut out = Vec::new();
    for path in ["tests/corpus", "huntflows"].into_iter().flat_map(huntflows) {
        out.push((name(&path), fs::read_to_string(&path).unwrap()));
    }
    for path in huntflows("tests/oracle/hunts") {
        let text = fs::read_to_string(&path).unwrap();
        let range = text.lines().find_map(|line| line.strip_prefix("# range: ")).unwrap_or_default();
        for hunt in text.split("\n## ").skip(1) {
            let (title, body) = hunt.split_once('\n').unwrap_or((hunt, ""));
            out.push((format!("{}: {title}", name(&path)), body.replace("$ALL", range)));
        }
    }
    out.retain(|(name, text)| told(name, text).iter().all(|d| d.severity != Severity::Error));
    out
}

fn tried() -> Vec<Tried> {
    let stride = std::env::var("HUNTC_MUTANTS_STRIDE").ok().and_then(|s| s.parse().ok()).unwrap_or(STRIDE);
    let mut out = Vec::new();
    let mut number = 0;
    for (name, text) in originals() {
        let origin = told(&name, &text);
        let places = tokens(&text);
        for at in 0..places.len() {
            for mutation in Mutation::ALL {
                number += 1;
                if number % stride != 0 {
                    continue;
                }
                let Some(mutant) = mutate(&text, &places, at, mutation, number / stride) else { continue };
                let added = added(&told(&name, &mutant), &origin);
                let start = text[..places[at].0].rfind('\n').map_or(0, |i| i + 1);
                let line = mutant[start..].lines().next().unwrap_or_default().to_owned();
                out.push(Tried { name: name.clone(), mutation, line, added });
            }
        }
    }
    out
}

pub fn run() { one_mistake_is_one_diagnostic() }
#[cfg_attr(test, test)]
fn one_mistake_is_one_diagnostic() {
    let tried = tried();
    let many = |n: usize| tried.iter().filter(move |t| t.added.len() > n);
    let mut worst: BTreeMap<(Mutation, Vec<&str>), Vec<&Tried>> = BTreeMap::new();
    for mutant in many(1) {
        worst.entry((mutant.mutation, mutant.added.clone())).or_default().push(mutant);
    }
    let mut worst: Vec<_> = worst.into_iter().collect();
    worst.sort_by_key(|((_, codes), mutants)| std::cmp::Reverse(mutants.len()));
    let mut list = String::new();
    for ((mutation, codes), mutants) in worst.iter().take(60) {
        let _ = writeln!(list, "{} × {mutation:?} {}", mutants.len(), codes.join(" "));
        for mutant in mutants.iter().take(3) {
            let _ = writeln!(list, "    {}: {}", mutant.name, mutant.line);
        }
    }
    let (several, too_many) = (many(1).count(), many(3).count());
    let figures = format!("{} mutants, {several} with two diagnostics or more, {too_many} with more than three", tried.len());
    assert!(tried.len() >= 5_000, "{figures}");
    assert!(several * 20 <= tried.len() && too_many == 0, "{figures}\n{list}");
}
