//! `JOIN a, b BY x, y`: rows of two variables side by side.

use crate::syntax::ast::{AttrPath, Ident};

/// The syntax of JOIN.
#[derive(Clone, PartialEq, Debug)]
pub struct Join {
    /// Its values win.
    pub left: Ident,
    /// Fills what the first lacks.
    pub right: Ident,
    /// BY; without it the keys of the entities are compared.
    pub by: Option<(AttrPath, AttrPath)>,
}
