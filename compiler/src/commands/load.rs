//! `LOAD path AS process`: entities from a CSV or JSON file.

use crate::syntax::ast::{Ident, Path};

/// The syntax of LOAD.
#[derive(Clone, PartialEq, Debug)]
pub struct Load {
    /// The file.
    pub path: Path,
    /// The type, where the file has no `type` column.
    pub entity: Option<Ident>,
}
