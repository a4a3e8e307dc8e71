//! `SORT v BY attr`: a variable with its rows in another order.

use crate::syntax::ast::{Ident, SortBy};

/// The syntax of SORT.
#[derive(Clone, PartialEq, Debug)]
pub struct Sort {
    /// The variable.
    pub variable: Ident,
    /// The order.
    pub by: SortBy,
}
