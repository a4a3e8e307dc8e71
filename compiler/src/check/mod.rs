//! Names, types and windows: what the commands share when they check their statements into [`hir`], the typed form that
//! the plan is built from. `program` runs the check; nothing here knows a command by its syntax.

pub mod hir;

mod alias;
mod attribute;
mod columns;
mod context;
mod lint;
mod literal;
mod operand;
mod outline;
mod predicate;
mod scope;
mod source;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use attribute::Found;
pub(crate) use columns::ColumnInfo;
pub(crate) use context::{Checked, Checker, Draft};
pub(crate) use operand::{article, kind};
pub(crate) use outline::{Heading, Outline};
pub(crate) use predicate::Ground;
pub(crate) use source::{Origin, file_format};
