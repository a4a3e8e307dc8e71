//! Messages of the lexer and the parser: one file for each kind of mistake.
//!
//! A production for a known mistake takes its message from `lexer`, `names`, `operators` or `values`; where no production
//! matches there is a `fault`, and `expected` turns that into a message.

pub(crate) mod expected;
pub(crate) mod fault;
pub(crate) mod lexer;
pub(crate) mod names;
pub(crate) mod operators;
pub(crate) mod values;
