//! What all statements are made of: a total lexer, the grammar of expressions, clauses, patterns and literals, with
//! recovery, and their canonical printer. It knows no command; `program` reads whole huntflows.
//!
//! Passes never fail, they report: a broken clause becomes an `Error` node, about which later passes stay quiet.

pub mod ast;
pub(crate) mod clause;
pub(crate) mod computed;
pub(crate) mod errors;
pub(crate) mod expression;
pub(crate) mod grammar;
pub mod lexer;
pub(crate) mod literal;
mod observation;
mod operators;
mod parts;
mod pattern;
pub mod print;
pub(crate) mod repair;
pub(crate) mod scan;
pub(crate) mod strings;
pub mod token;
pub(crate) mod walk;
pub(crate) mod words;

pub(crate) use parts::Parts;
