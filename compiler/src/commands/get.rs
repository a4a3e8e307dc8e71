//! `GET process FROM source WHERE pattern`: entities of one type out of a data source or a variable.

use crate::syntax::ast::{Count, Ident, Observation, Path, TimeSpan};

/// The syntax of GET.
#[derive(Clone, PartialEq, Debug)]
pub struct Get {
    /// Wanted type.
    pub entity: Ident,
    /// FROM; a bare name that equals a variable is that variable.
    pub from: Option<Path>,
    /// WHERE.
    pub pattern: Option<Observation>,
    /// START/STOP or LAST.
    pub span: Option<TimeSpan>,
    /// LIMIT.
    pub limit: Option<Count>,
}
