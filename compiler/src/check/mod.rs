//! Names, types, windows, demand: syntax tree to [`hir`], the typed form that the plan is built from.

pub mod hir;
