//! The commands of the language: one file each, with its syntax node, grammar, printing, checking and lowering.

pub mod apply;
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
