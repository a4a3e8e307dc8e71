//! The part of huntc with side effects: data sources, execution, reports, the command line.
//!
//! The page below is the first page of the other crate too:
#![doc = include_str!("../../docs/architecture.md")]

pub mod allowance;
pub mod analytics;
pub mod cli;
pub mod config;
mod damage;
pub mod demo;
pub mod exec;
pub mod load_save;
pub mod matching;
mod metered_file;
pub mod nightly;
pub mod ops;
mod own_files;
mod parquet;
pub mod process_group;
pub mod report;
pub mod session;
pub mod source;
pub mod table;
#[cfg(test)]
mod testing;
