//! `SAVE v TO path`: a variable's rows into a CSV or JSON file.

use crate::syntax::ast::{Ident, Path};

/// The syntax of SAVE.
#[derive(Clone, PartialEq, Debug)]
pub struct Save {
    /// The variable.
    pub variable: Ident,
    /// The file.
    pub path: Path,
}
