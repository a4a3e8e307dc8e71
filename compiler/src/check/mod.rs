//! Names, types and windows: what the commands share when they check their statements into [`hir`], the typed form that
//! the plan is built from. `program` runs the check; nothing here knows a command by its syntax.

pub mod hir;

mod absent;
mod alias;
mod attribute;
mod columns;
mod computed;
mod context;
mod foreign;
mod lint;
mod literal;
mod never;
mod observation;
mod operand;
mod outline;
mod predicate;
mod resolve;
mod scheme;
mod scope;
mod source;
#[cfg(test)]
mod tests;
mod window;
mod wording;

pub(crate) use attribute::{Found, named as attribute_named};
pub(crate) use context::{Checked, Checker, ColumnInfo, Draft};
pub(crate) use foreign::relations as foreign_relations;
pub(crate) use outline::{Heading, Outline};
pub(crate) use predicate::Ground;
pub(crate) use scheme::ANALYTICS;
pub(crate) use source::{Origin, file_format};
pub(crate) use wording::{kind, with_article};
