//! Lowers a checked hunt to its plan.

use super::command;
use crate::catalog::Catalog;
use crate::check::hir::Hunt;
use crate::options::Options;
use crate::plan::{FindingFacts, Lowering, Plan};

/// The plan of a checked hunt, with its finding where a night runs it. With `options.lean`, variables that no output needs are
/// not computed.
pub fn lower(hunt: &Hunt, finding: Option<FindingFacts>, catalog: &Catalog, options: &Options) -> Plan {
    let mut cx = Lowering::new(hunt, catalog);
    for step in &hunt.steps {
        cx.begin(step);
        command::lower(&step.kind, &mut cx);
    }
    if let Some(finding) = finding {
        cx.finding(finding);
    }
    cx.finish(options)
}
