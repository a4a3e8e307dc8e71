//! The pure part of huntc: huntflow text in, a plan of Elasticsearch requests out. No files, clock, environment,
//! network or threads; "now" arrives in the options.
//!
//! What follows is the page on the architecture, which both crates show.
#![doc = include_str!("../../docs/architecture.md")]

#[macro_use]
mod command_table;

pub mod attribute_name;
pub mod backend;
pub mod catalog;
pub mod check;
pub mod commands;
pub mod compile;
pub mod diag;
pub mod front_matter;
pub mod identifier;
pub mod index_name;
pub mod options;
pub mod parameter;
pub mod pattern;
pub mod plan;
pub mod program;
pub mod registry_hive;
pub mod request;
pub mod source;
pub mod syntax;
#[cfg(test)]
mod testing;
pub mod time;
pub mod tree_text;
pub mod unsafe_char;
pub mod value;
