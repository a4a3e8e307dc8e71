//! `INFO v`: what is known about a variable.

use crate::syntax::ast::Ident;

/// The syntax of INFO.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Info {
    /// The variable.
    pub variable: Ident,
}
