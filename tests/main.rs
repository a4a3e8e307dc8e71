//! The test suite.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::unwrap_used)]

#[cfg(unix)]
mod analytics;
mod architecture;
#[cfg(unix)]
mod attacks;
mod attributes;
mod bulk;
#[cfg(unix)]
mod bundles;
mod cli;
mod cli_files;
mod cluster;
mod corpus;
#[cfg(unix)]
mod damage;
mod demo_figures;
mod demo_run;
mod differential;
mod docs;
mod doctor;
mod edges;
mod entity_types;
mod error_cases;
mod examples;
mod expressions;
#[cfg(unix)]
mod faults;
mod formats;
mod found;
mod fuzz;
mod hints;
mod hints_real;
mod hostile;
mod http;
mod huntflows;
#[cfg(unix)]
mod interrupt;
#[cfg(unix)]
mod kills;
mod language;
mod lowering;
mod mappings;
mod mutated;
mod needs;
mod nightly;
mod oracle;
mod parameters;
mod parquet;
mod pasted;
mod product;
mod questions;
mod raw_logs;
mod readme;
mod reports;
mod run_cases;
mod spread;
mod stages;
mod support;
mod terminal;
mod trees;
mod tuples;
mod unseen;
mod written_back;
