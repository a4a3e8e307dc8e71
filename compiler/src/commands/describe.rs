//! `DESCRIBE v.attr`: statistics of one attribute.

use crate::syntax::ast::{AttrPath, Ident};

/// The syntax of DESCRIBE.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Describe {
    /// The variable.
    pub variable: Ident,
    /// The attribute.
    pub attribute: AttrPath,
}
