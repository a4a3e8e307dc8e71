//! `NEW process [{…}]`: entities written in the huntflow.

use crate::source::Span;
use crate::syntax::ast::{Ident, Literal};

/// The syntax of NEW.
#[derive(Clone, PartialEq, Debug)]
pub struct New {
    /// The type; may be given as a `type` key instead.
    pub entity: Option<Ident>,
    /// The rows.
    pub rows: Rows,
    /// The bracketed part.
    pub span: Span,
}

/// The rows of NEW.
#[derive(Clone, PartialEq, Debug)]
pub enum Rows {
    /// `["a", "b"]`: values of the type's primary attribute.
    Names(Vec<Literal>),
    /// `[{"name": "a"}]`: flat objects.
    Objects(Vec<Vec<Field>>),
    /// Not readable; reported.
    Error,
}

/// One `key: value` of an object. The value is text, a number, or one of the words below.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// The key.
    pub key: Ident,
    /// The value; `None` is null. `true` and `false` are `LiteralKind::Word`.
    pub value: Option<Literal>,
}
