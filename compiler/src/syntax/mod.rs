//! Text to syntax tree: a total lexer, a recovering parser, and the canonical printer.
//!
//! Passes never fail, they report: a broken clause becomes an `Error` node, about which later passes stay quiet.

pub mod ast;
pub(crate) mod clause;
pub(crate) mod expression;
pub(crate) mod fault;
mod format;
pub(crate) mod grammar;
mod layout;
pub mod lexer;
mod lexical;
pub(crate) mod literal;
pub(crate) mod mistakes;
pub mod notebook;
mod observation;
mod operators;
mod pattern;
pub mod print;
mod program;
pub(crate) mod repair;
mod report;
mod scan;
pub mod show;
pub(crate) mod strings;
pub mod token;
mod values;
mod walk;
pub(crate) mod words;

pub use format::format;
pub(crate) use program::Parts;
pub use program::parse;

#[cfg(test)]
mod tests;
