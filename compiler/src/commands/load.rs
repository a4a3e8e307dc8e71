//! `LOAD path AS process`: entities from a CSV or JSON file.

use crate::check::hir::{Shape, StepKind};
use crate::check::{Checked, Checker, Draft, file_format};
use crate::diag::codes::types::MISSING_TYPE;
use crate::diag::{Diagnostic, Reported};
use crate::syntax::ast::{Ident, Path};

/// The syntax of LOAD.
#[derive(Clone, PartialEq, Debug)]
pub struct Load {
    /// The file.
    pub path: Path,
    /// The type, where the file has no `type` column.
    pub entity: Option<Ident>,
}

impl Load {
    /// The type comes from AS, from what this huntflow saved there, or from how it is used.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let format = file_format(cx, &self.path);
        let entity = match &self.entity {
            Some(word) => cx.entity(word)?,
            None => match cx.saved(&self.path.text) {
                Some(entity) => entity,
                None => return Err(self.missing_type(cx)),
            },
        };
        let mut draft = Draft { window: cx.command_line_window(), sources: cx.named_sources(), ..Draft::entities(entity, "load") };
        if let Shape::Entities { open, .. } = &mut draft.shape {
            *open = true;
        }
        let out = cx.bind(draft);
        format?;
        cx.step(StepKind::Load { out, path: self.path.text.clone(), entity: Some(entity) });
        Ok(())
    }

    fn missing_type(&self, cx: &mut Checker<'_>) -> Reported {
        let diagnostic = Diagnostic::new(&MISSING_TYPE, self.path.span, "LOAD does not tell the entity type of the file")
            .label("of which type?")
            .fix("name the type", self.path.span.after(), " AS process");
        cx.report(diagnostic)
    }
}
