//! Text to syntax tree: a total lexer, a recovering parser, and the canonical printer.
//!
//! Passes never fail, they report: a broken clause becomes an `Error` node, about which later passes stay quiet.

pub mod ast;
