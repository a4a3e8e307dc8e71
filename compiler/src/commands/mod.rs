//! The commands of the language. Each has a slice with its syntax node, grammar, printing, walking, checking and lowering. Rows
//! of `command_table.rs` make them known; the checked forms are in `check::hir`.

pub mod apply;
pub mod assign;
pub mod describe;
pub mod disp;
pub mod explain;
pub mod find;
pub mod get;
pub mod group;
pub mod info;
pub mod join;
pub mod load;
pub mod merge;
pub mod new;
pub mod save;
pub mod sort;

#[cfg(test)]
mod tests;
