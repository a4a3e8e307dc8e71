//! `x = a + b`: the union of variables of one type.

use crate::syntax::ast::Ident;

/// The syntax of a merge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merge {
    /// Two or more.
    pub variables: Vec<Ident>,
}
