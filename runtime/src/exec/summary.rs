//! The figures of variables in a report.

use super::{Run, locked};
use crate::report::model::VariableReport;
use huntc_compiler::diag::{Diagnostic, codes};
use huntc_compiler::plan::{Shape, Variable};
use std::sync::OnceLock;
use std::time::Duration;

impl Run<'_> {
    /// The report of one variable. Figures are `None` when its statement failed.
    pub(super) fn variable(&self, variable: &Variable) -> VariableReport {
        let Variable { var, node, counts_unidentified } = variable;
        let table = node.and_then(|n| self.table(n).ok());
        let grouped = matches!(var.shape, Shape::Groups { .. });
        let unidentified = table.as_ref().map(|t| if *counts_unidentified { t.unidentified } else { 0 });
        VariableReport {
            name: var.name.clone(),
            version: var.version,
            entity: self.type_name(var),
            grouped,
            entities: table.as_ref().map(|t| t.entity_count()),
            records: table.as_ref().map(|t| t.record_count()),
            unidentified,
            rungs: table.as_ref().map(|t| t.rungs()).unwrap_or_default(),
            window: var.window,
            sources: var.sources.iter().filter_map(|s| self.job.plan.source(*s)).map(|s| s.uri.clone()).collect(),
            keys: table.as_ref().filter(|_| self.options.keys && !grouped).map(|t| t.sorted_keys()),
            complete: table.as_ref().is_some_and(|t| !t.partial),
            elapsed: node.and_then(|n| self.finished.get(n.0 as usize)).and_then(OnceLock::get).copied().unwrap_or(Duration::ZERO),
        }
    }

    /// Adds a warning for each variable whose processes were partly found without an identity.
    pub(super) fn warn_unidentified(&self) {
        for Variable { var, node, counts_unidentified } in &self.job.plan.vars {
            let Some(table) = node.and_then(|n| self.table(n).ok()) else { continue };
            if table.unidentified == 0 || !counts_unidentified {
                continue;
            }
            let sightings = crate::report::text::count(table.unidentified, "process sighting");
            let message = format!("{sightings} of `{}` left out for want of an entity id", var.name);
            let diagnostic = Diagnostic::new(&codes::run::UNIDENTIFIED, var.span, message)
                .help("`--process-identity ladder` tells such processes apart by host, pid and time");
            locked(&self.warnings).push(diagnostic);
        }
    }
}
