//! `SAVE v TO path`: a variable's rows into a CSV or JSON file.

use crate::check::hir::StepKind;
use crate::check::{Checked, Checker, file_format};
use crate::syntax::ast::{Ident, Path};

/// The syntax of SAVE.
#[derive(Clone, PartialEq, Debug)]
pub struct Save {
    /// The variable.
    pub variable: Ident,
    /// The file.
    pub path: Path,
}

impl Save {
    /// The variable is known, and so is the file format.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let format = file_format(cx, &self.path);
        let input = cx.resolve(&self.variable)?;
        cx.saves(&self.path.text, input);
        format?;
        cx.step(StepKind::Save { input, path: self.path.text.clone() });
        Ok(())
    }
}
