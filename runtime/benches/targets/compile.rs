//! The compiler: checking a file from process start to exit, and compiling texts of 10 to 10,000 statements.

use super::data::Data;
use super::generate::START;
use super::limit::{Bound::AtMost, Limit};
use super::measure::{Outcome, child};
use super::rows::{Effort, Row};
use super::warm::warm;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::compile;
use huntc_compiler::options::Options;
use huntc_compiler::source::SourceSet;
use std::fmt::Write;

/// The rows of this file.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "check 10 statements",
        effort: Effort::Median,
        limits: &[Limit { unit: "CPU ms", bound: AtMost(5.0) }, Limit { unit: "MB peak", bound: AtMost(15.0) }],
        measure: check,
    },
    Row {
        name: "compile 10 statements",
        effort: Effort::Median,
        limits: &[Limit { unit: "CPU µs", bound: AtMost(200.0) }],
        measure: |_| Ok(vec![cost(&independent(10), 500)? * 1e3]),
    },
    Row { name: "compile 10,000 statements", effort: Effort::Median, limits: GROWTH, measure: |_| growth(independent) },
    Row { name: "compile a chain of 10,000", effort: Effort::Median, limits: GROWTH, measure: |_| growth(chained) },
];

/// Linear, but for caches that are full.
const GROWTH: &[Limit] =
    &[Limit { unit: "CPU ms", bound: AtMost(400.0) }, Limit { unit: "× the CPU time a statement of 1,000", bound: AtMost(1.5) }];

fn check(data: &Data) -> Outcome<Vec<f64>> {
    let path = data.path("ten.hf");
    std::fs::write(&path, independent(10))?;
    let cost = child(&data.huntc, &["check", &path.display().to_string()], |_| Ok(()))?;
    Ok(vec![cost.cpu * 1e3, cost.peak])
}

fn growth(text: fn(usize) -> String) -> Outcome<Vec<f64>> {
    let (small, large) = (cost(&text(1_000), 10)?, cost(&text(10_000), 1)?);
    Ok(vec![large, large / small / 10.0])
}

/// CPU milliseconds to compile a text, which must be without errors.
fn cost(text: &str, times: u32) -> Outcome<f64> {
    let mut sources = SourceSet::default();
    let id = sources.add_text("bench.hf", text);
    let options = Options::at(START);
    warm(times, || match compile(&sources, id, Catalog::builtin(), &options) {
        compilation if compilation.failed() => Err(format!("{:?}", compilation.diagnostics.first()).into()),
        _ => Ok(()),
    })
}

/// Hunts of ten statements, each with names and values of its own.
fn independent(statements: usize) -> String {
    let mut text = String::new();
    for n in 0..statements / 10 {
        let _ = write!(
            text,
            "a{n} = GET process FROM stixshifter://host101 WHERE name IN ('powershell.exe', 'tool{n}.exe') AND command_line LIKE '%-enc%'
                START t'2026-03-02T00:00:00Z' STOP t'2026-03-03T00:00:00Z'
             b{n} = GET network-traffic FROM stixshifter://host101 WHERE dst_port = {n} AND dst_ref.value ISSUBSET '203.0.113.0/24'
             c{n} = FIND process CREATED BY a{n}
             d{n} = FIND network-traffic CREATED BY c{n} WHERE dst_ref.value = b{n}.dst_ref.value
             e{n} = a{n} + c{n}
             f{n} = e{n} WHERE pid > 4 AND name NOT MATCHES '^svc.*[0-9]$'
             g{n} = GROUP d{n} BY dst_port WITH COUNT(src_ref.value) AS flows
             h{n} = SORT g{n} BY flows DESC
             DISP f{n} ATTR name, command_line LIMIT 20
             DISP h{n}\n"
        );
    }
    text
}

/// Statements that each build on the one before.
fn chained(statements: usize) -> String {
    let mut text = "v0 = GET process FROM stixshifter://host101 WHERE name = 'cmd.exe'\n".to_owned();
    for n in 1..statements {
        let before = n - 1;
        let _ = match n % 5 {
            0 => writeln!(text, "v{n} = FIND process CREATED v{before}"),
            1 => writeln!(text, "v{n} = v{before} WHERE name != 'tool{n}.exe'"),
            2 => writeln!(text, "v{n} = v{before} + v0"),
            3 => writeln!(text, "v{n} = v{before}"),
            _ => writeln!(text, "v{n} = GET process FROM stixshifter://host101 WHERE pid IN v{before}.pid"),
        };
    }
    text
}
