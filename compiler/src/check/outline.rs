//! What the check of one statement needs to know of all others. `program`, which knows the commands, fills it in.

use crate::source::Span;
use crate::syntax::ast::Ident;

/// The statements of a huntflow, in order.
#[derive(Debug, Default)]
pub(crate) struct Outline<'a> {
    pub(crate) statements: Vec<Heading<'a>>,
}

/// What is known of a statement before it is checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heading<'a> {
    /// The variable before `=`.
    pub(crate) target: Option<&'a Ident>,
    pub(crate) span: Span,
    /// Whether it gives a variable, with or without a target.
    pub(crate) yields: bool,
    /// Whether it may change a variable in place.
    pub(crate) updates: bool,
    /// Whether it could not be read.
    pub(crate) broken: bool,
    /// For a GET with FROM: its entity type, and the text of FROM, which may be the name of a variable.
    pub(crate) takes: Option<(&'a str, &'a str)>,
}

impl<'a> Outline<'a> {
    /// The entity type that later statements take from the variable that statement `index` binds, until its name is bound again.
    pub(super) fn taken_as(&self, index: usize) -> Option<&'a str> {
        let target = &self.statements.get(index)?.target?.text;
        let later = self.statements.iter().skip(index + 1);
        let mut used = later.take_while(|s| s.target.is_none_or(|t| t.text != *target)).filter_map(|s| s.takes);
        used.find(|(_, from)| from == target).map(|(entity, _)| entity)
    }
}
