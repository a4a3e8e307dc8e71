//! `APPLY analytic ON v WITH k=value`: an external command or a look-up table over a variable's rows.

use crate::syntax::ast::{Ident, Operand, Path};

/// The syntax of APPLY.
#[derive(Clone, PartialEq, Debug)]
pub struct Apply {
    /// `docker://name`, `exec://name`, `lookup://name`, `python://name`, or a bare name.
    pub analytic: Path,
    /// ON.
    pub variables: Vec<Ident>,
    /// WITH.
    pub arguments: Vec<(Ident, Operand)>,
}
