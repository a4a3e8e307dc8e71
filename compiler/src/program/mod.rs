//! Whole huntflows: reading, printing, formatting, checking and lowering them, and the one dispatch over all commands.

pub(crate) mod check;
mod command;
pub mod format;
pub mod highlight;
mod layout;
mod left_out;
pub(crate) mod lower;
pub mod notebook;
pub mod notebook_outputs;
pub(crate) mod parse;
pub mod print;
#[cfg(test)]
mod tests;
pub(crate) mod walk;

pub use check::check;
pub use command::Command;
pub use format::format;
pub use lower::lower;
pub use parse::parse;
pub(crate) use walk::fill;

use crate::source::Span;
use crate::syntax::ast::Ident;

/// A whole huntflow.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Program {
    /// In the order of the text.
    pub statements: Vec<Statement>,
}

/// One statement of a huntflow.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Statement {
    /// The variable before `=`. Without one, a yielding command fills `_`.
    pub target: Option<Ident>,
    pub command: Command,
    /// From the first to the last token.
    pub span: Span,
}
