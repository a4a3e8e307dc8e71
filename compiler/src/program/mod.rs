//! Whole huntflows: statements, their one dispatch over all commands, and what is done with files of them.

pub(crate) mod check;
mod command;
pub mod format;
mod layout;
mod left_out;
pub(crate) mod lower;
pub mod notebook;
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

use crate::source::Span;
use crate::syntax::ast::Ident;

/// A whole huntflow.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Program {
    /// In the order of the text.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, PartialEq, Debug)]
pub struct Statement {
    /// The variable before `=`. Without one, a yielding command fills `_`.
    pub target: Option<Ident>,
    /// What it does.
    pub command: Command,
    /// From the first to the last token.
    pub span: Span,
}
