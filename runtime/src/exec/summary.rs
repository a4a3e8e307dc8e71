//! The figures of variables in a report.

use super::{Failure, Run, Source, locked};
use crate::report::model::{NodeReport, NodeStatus, RequestReport, SourceReport, VariableReport};
use huntc_compiler::diag::{Diagnostic, codes};
use huntc_compiler::plan::graph::{self, GraphNode};
use huntc_compiler::plan::{DataSource, Node, NodeId, Op, Shape, Variable};
use std::sync::OnceLock;
use std::time::Duration;

/// The way out where an expression takes more steps than it may.
const PLAINER: &str = "rewrite it without look-around and back-references, or without nested repetition";

impl Run<'_> {
    /// The report of one variable. Figures are `None` when its statement failed.
    pub(super) fn variable(&self, variable: &Variable) -> VariableReport {
        let Variable { var, node, counts_unidentified } = variable;
        // A variable stands in the statement that binds it.
        let statements = &self.job.plan.statements;
        let behind = statements.partition_point(|statement| statement.span.start <= var.span.start);
        let statement = behind.checked_sub(1).and_then(|at| statements.get(at)).map_or(0, |statement| statement.number);
        let table = node.and_then(|n| self.table(n).ok());
        let grouped = matches!(var.shape, Shape::Groups { .. });
        let unidentified = table.as_ref().map(|t| if *counts_unidentified { t.unidentified } else { 0 });
        VariableReport {
            name: var.name.clone(),
            statement,
            version: var.version,
            entity: self.type_name(var),
            grouped,
            entities: table.as_ref().map(|t| t.entity_count()),
            records: table.as_ref().map(|t| t.record_count()),
            unidentified,
            undecided: table.as_ref().map(|t| t.undecided_count()),
            rungs: table.as_ref().map(|t| t.rungs()).unwrap_or_default(),
            window: var.window,
            sources: var.sources.iter().filter_map(|s| self.job.plan.source(*s)).map(|s| s.uri.clone()).collect(),
            keys: table.as_ref().filter(|_| self.options.keys && !grouped).map(|t| t.sorted_keys()),
            complete: table.as_ref().is_some_and(|t| !t.partial),
            elapsed: node.and_then(|n| self.finished.get(n.0 as usize)).and_then(OnceLock::get).copied().unwrap_or(Duration::ZERO),
        }
    }

    /// The plan as it ran. `variables` are the figures of those that bind a name, in the plan's order.
    pub(super) fn node_reports(&self, variables: &[VariableReport], requests: &[(NodeId, u32, RequestReport)]) -> Vec<NodeReport> {
        let plan = self.job.plan;
        let mut records: Vec<Option<u64>> = vec![None; plan.nodes.len()];
        let bound = plan.vars.iter().filter(|v| v.var.binding).zip(variables);
        for (node, counted) in bound.filter_map(|(variable, report)| Some((variable.node?, report.records?))) {
            if let Some(records) = records.get_mut(node.0 as usize) {
                *records = Some(counted);
            }
        }
        let node = |node: GraphNode| {
            let at = node.id.0 as usize;
            let table = self.table(node.id);
            let repeated = matches!(&plan.node(node.id).op, Op::Pivot(pivot) if pivot.repeated);
            let status = match &table {
                Ok(table) if table.partial => NodeStatus::Partial,
                Ok(_) => NodeStatus::Ok,
                Err(Failure::Failed(_)) => NodeStatus::Failed,
                Err(Failure::Skipped | Failure::Cancelled) => NodeStatus::Skipped,
            };
            let mut came = requests.iter().filter(|(id, ..)| *id == node.id).map(|(.., report)| report.records).peekable();
            let came = came.peek().is_some().then(|| came.sum());
            let time = |of: &[OnceLock<Duration>]| of.get(at).and_then(OnceLock::get).copied();
            NodeReport {
                status,
                // A relation that a walk follows has no table of its own.
                entities: table.ok().filter(|_| !repeated).map(|table| table.entity_count()),
                records: came.or(records.get(at).copied().flatten()),
                time: time(&self.started).zip(time(&self.finished)),
                node,
            }
        };
        graph::nodes(plan, self.job.catalog).into_iter().map(node).collect()
    }

    /// The sources of which records were mended while they were read, and those that have indices.
    pub(super) fn told_sources(&self) -> Vec<SourceReport> {
        let entry = |(data, source): (&DataSource, &Source)| {
            let (ids, named) = locked(&source.mended).clone();
            let opened = source.opened.get().and_then(|opened| opened.as_ref().ok());
            let indices = opened.map(|opened| opened.indices()).unwrap_or_default();
            let (told, mended) = (!ids.is_empty() || !indices.is_empty(), ids.len() as u64);
            let passed_over = opened.map(|opened| opened.passed_over()).unwrap_or_default();
            let report = SourceReport { name: data.name.clone(), indices, passed_over, ..SourceReport::default() };
            told.then(|| SourceReport { mended, mended_lines: sorted(named), ..report })
        };
        self.job.plan.sources.iter().zip(&self.sources).filter_map(entry).collect()
    }

    /// Adds a warning for each variable whose processes were partly found without an identity.
    pub(super) fn warn_unidentified(&self) {
        for Variable { var, node, counts_unidentified } in &self.job.plan.vars {
            let Some(table) = node.and_then(|n| self.table(n).ok()) else { continue };
            if table.unidentified == 0 || !counts_unidentified {
                continue;
            }
            let sightings = crate::report::text::count(table.unidentified, "process sighting");
            let message = format!("{sightings} of `{}` left out: without an entity id", var.name);
            let diagnostic = Diagnostic::new(&codes::run::UNIDENTIFIED, var.span, message)
                .help("`--process-identity ladder` tells such processes apart by host, pid and time");
            locked(&self.warnings).push(diagnostic);
        }
    }

    /// Adds a warning for each statement whose condition could not be decided somewhere.
    pub(super) fn warn_undecided(&self) {
        let mut statements = Vec::new();
        for (id, times) in locked(&self.undecided).iter() {
            let origin = self.job.plan.node(*id).origin;
            match statements.iter_mut().find(|(known, _)| *known == origin) {
                Some((_, all)) => *all += times,
                None => statements.push((origin, *times)),
            }
        }
        statements.sort_unstable();
        for (origin, times) in statements {
            let on = crate::report::text::count(times, "sighting");
            let message = format!("a comparison could not be decided on {on}, so it counts as true there");
            let diagnostic = Diagnostic::new(&codes::run::UNDECIDED, origin, message)
                .note("an expression of MATCHES took more steps on a value than it may")
                .help(PLAINER);
            locked(&self.warnings).push(diagnostic);
        }
    }

    /// Adds a warning where EXTRACT was stopped on values.
    pub(super) fn warn_stopped(&self, node: &Node, times: u64) {
        if times > 0 {
            let on = crate::report::text::count(times, "value");
            let message = format!("EXTRACT was stopped on {on}, so nothing was found there");
            let diagnostic = Diagnostic::new(&codes::run::STOPPED, node.origin, message)
                .note("its expression took more steps on a value than it may")
                .help(PLAINER);
            locked(&self.warnings).push(diagnostic);
        }
    }
}

/// Requests come back in any order.
fn sorted(mut named: Vec<String>) -> Vec<String> {
    named.sort();
    named
}
