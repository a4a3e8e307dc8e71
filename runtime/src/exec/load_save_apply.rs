//! LOAD and SAVE of CSV and JSON, and APPLY: the nodes that use files and programs, not data sources.

use super::{Failure, Run, failed, locked};
use crate::analytics::{self, AnalyticAnswer, AnalyticDisplay, DisplayKind};
use crate::config::analytic::how_to_bind;
use crate::load_save;
use crate::ops::new;
use crate::report::model::{Attachment, AttachmentKind};
use crate::report::text::count;
use crate::source::SourceError;
use crate::source::repair::Flaw;
use crate::table::{Rows, Table};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::diag::{Code, Diagnostic, codes};
use huntc_compiler::plan::{Attr, Column, Node, NodeId, Operand, Var, shown_columns};
use huntc_compiler::value::Value;
use std::sync::Arc;

/// The most rows that a warning names.
const NAMED: usize = 3;

impl Run<'_> {
    pub(super) fn load(&self, node: &Node, path: &str) -> Result<Table, Failure> {
        let place = load_save::Place { folder: &self.job.folder, roots: &self.options.roots };
        let loaded =
            load_save::load(path, &place, node.entity, self.job.catalog, &self.options.allowance).map_err(|e| failed(node, e))?;
        self.tell_mended(node, "row", &format!("{path:?}"), &loaded.mended);
        Ok(new::table(loaded.entity, &loaded.columns, &loaded.rows, self.job.catalog))
    }

    /// Warns of values that were mended, with what the first of them were. `of` is what holds so many `part`s.
    fn tell_mended(&self, node: &Node, part: &str, of: &str, mended: &[(u64, Flaw)]) {
        if !mended.is_empty() {
            let message = format!("{} of {of} with a value that was mended", count(mended.len() as u64, part));
            let warning = Diagnostic::new(&codes::store::MENDED, node.origin, message);
            let note = |warning: Diagnostic, (at, flaw): &(u64, Flaw)| warning.note(format!("{part} {at}: {}", flaw.text()));
            locked(&self.warnings).push(mended.iter().take(NAMED).fold(warning, note));
        }
    }

    pub(super) fn reload(&self, node: &Node, path: &str, columns: &[Column], table: &Table) -> Result<Table, Failure> {
        let Some(entity) = table.entity.or(node.entity) else { return Err(Failure::Skipped) };
        let attrs: Vec<Attr> = columns.iter().map(|c| c.attr.clone()).collect();
        let headers: Vec<&str> = columns.iter().map(|c| c.header.as_str()).collect();
        let rows = super::node::rows_of(table, &attrs);
        let loaded = load_save::reload(path, entity, &headers, &rows, self.job.catalog, &self.options.allowance)
            .map_err(|e| failed(node, e))?;
        Ok(new::table(loaded.entity, &loaded.columns, &loaded.rows, self.job.catalog))
    }

    pub(super) fn save(&self, path: &str, var: &Var, columns: &[Column], table: &Table) -> Result<(), SourceError> {
        let attrs: Vec<Attr> = columns.iter().map(|c| c.attr.clone()).collect();
        let rows = super::node::rows_of(table, &attrs);
        let headers: Vec<&str> = columns.iter().map(|c| c.header.as_str()).collect();
        let place = load_save::Place { folder: &self.job.folder, roots: &self.options.roots };
        let (entity, raw_csv) = (self.type_name(var), self.options.raw_csv);
        load_save::save(path, &place, &load_save::Saved { entity: &entity, headers: &headers, rows: &rows, raw_csv })
    }

    /// APPLY: sends the rows of every table to the analytic. Its answer holds further columns for each table and is
    /// kept until the `Pick` node of that table takes it.
    pub(super) fn apply(
        &self,
        id: NodeId,
        node: &Node,
        analytic: &str,
        arguments: &[(String, Vec<Operand>)],
        inputs: &[Arc<Table>],
    ) -> Result<Table, Failure> {
        let Some(binding) = (self.options.analytic)(analytic) else {
            let message = format!("the analytic {analytic:?} is not configured");
            return Err(Failure::Failed(Box::new(
                Diagnostic::new(&codes::run::ANALYTIC_NOT_CONFIGURED, node.origin, message).help(how_to_bind(analytic)),
            )));
        };
        let arguments: Vec<(String, String)> = arguments
            .iter()
            .map(|(name, values)| Ok((name.clone(), self.argument(node, values)?)))
            .collect::<Result<_, Failure>>()?;
        let (mut sent, mut about) = (Vec::new(), Vec::new());
        for table in inputs.iter().take(inputs.len() - node.references.len()) {
            let attrs = attributes(table, self.job.catalog);
            let names = attrs.iter().map(|a| a.name(self.job.catalog, table.entity)).collect();
            let plain = match &table.rows {
                Rows::Explicit { .. } if table.is_of_groups() => Arc::clone(table),
                _ => Arc::new(Table { rows: Rows::Entities, ..Table::clone(table) }),
            };
            sent.push(analytics::AnalyticRows { names, rows: super::node::rows_of(&plain, &attrs) });
            let entity = table.entity.map_or_else(String::new, |entity| self.job.catalog.get(entity).name.clone());
            about.push(analytics::InputFacts { entity, fixed: attrs.len() - added(table).len() });
        }
        let allowance = &self.options.allowance;
        let memory = allowance.most_memory();
        let call = analytics::AnalyticCall { binding: &binding, arguments: &arguments, about: &about, memory, allowance };
        let answer = analytics::apply(&call, &sent).map_err(|e| failed(node, e))?;
        self.tell_mended(node, "line", &format!("what {analytic:?} answered"), &answer.mended);
        self.tell_deviations(node, analytic, &answer);
        self.attach(node, analytic, answer.displays, answer.log);
        locked(&self.answers).insert(id, answer.tables);
        Ok(Table::default())
    }

    /// Warns of what an analytic of Kestrel did otherwise than it should, and of files that it left and nobody sees.
    fn tell_deviations(&self, node: &Node, analytic: &str, answer: &AnalyticAnswer) {
        let tell = |code: &'static Code, message: String, notes: Vec<String>| {
            if !notes.is_empty() {
                let warning = Diagnostic::new(code, node.origin, message);
                let help = format!("`huntc explain {}` says what an analytic must give back", code.id);
                locked(&self.warnings).push(notes.into_iter().fold(warning, Diagnostic::note).help(help));
            }
        };
        let message = format!("{analytic:?} answered otherwise than it was asked");
        tell(&codes::run::ANALYTIC_DEVIATES, message, answer.deviations.notes());
        tell(&codes::run::DISPLAY_LEFT_OUT, format!("{analytic:?} shows something that is not kept"), answer.left_out.clone());
    }

    /// Keeps what an analytic shows, and what it printed, for the report.
    fn attach(&self, node: &Node, analytic: &str, displays: Vec<AnalyticDisplay>, log: String) {
        let statement = node.statement;
        let kept = displays.into_iter().map(|display| {
            let kind = match display.kind {
                DisplayKind::Html => AttachmentKind::Html,
                DisplayKind::Svg => AttachmentKind::Svg,
                DisplayKind::Png => AttachmentKind::Png,
                DisplayKind::Jpeg => AttachmentKind::Jpeg,
            };
            (display.name, kind, display.bytes)
        });
        let log = (!log.trim().is_empty()).then(|| ("log".to_owned(), AttachmentKind::Log, log.into_bytes()));
        let attachment = |(name, kind, bytes)| Attachment { statement, analytic: analytic.to_owned(), name, kind, bytes };
        locked(&self.attachments).extend(kept.chain(log).map(attachment));
    }

    /// A table with the columns that the analytic answered for it.
    pub(super) fn pick(&self, node: &Node, number: usize, input: &Table) -> Table {
        let mut table = Table::clone(input);
        let mut answers = locked(&self.answers);
        if let Some(answer) = node.inputs.get(1).and_then(|id| answers.get_mut(id)?.get_mut(number)) {
            // Equal nodes are computed once, so no other node takes this answer.
            let answer = std::mem::take(answer);
            super::node::add_columns(&mut table, &answer.names, answer.rows);
        }
        table
    }

    /// An argument as one text: several values are joined by commas, as Kestrel's analytics expect.
    fn argument(&self, node: &Node, values: &[Operand]) -> Result<String, Failure> {
        let mut texts: Vec<String> = Vec::new();
        for value in values {
            match value {
                Operand::Value(value) => texts.push(value.to_string()),
                Operand::Reference(var, attr) => {
                    let Some((_, input)) = node.references.iter().find(|(v, _)| v == var) else { continue };
                    let table = self.table(*input).map_err(|_| Failure::Skipped)?;
                    let mut column: Vec<Value> = table.column(attr).into_iter().flatten().collect();
                    column.sort();
                    column.dedup();
                    texts.extend(column.iter().map(ToString::to_string));
                }
            }
        }
        Ok(texts.join(","))
    }
}

/// The attributes of the rows that an analytic gets: the default columns of the type, whether or not the rows were
/// written with them, and whatever else the table carries.
fn attributes(table: &Table, catalog: &Catalog) -> Vec<Attr> {
    if let Rows::Explicit { columns, .. } = &table.rows
        && table.is_of_groups()
    {
        return columns.clone();
    }
    let shown = table.entity.map(|entity| shown_columns(catalog, entity)).unwrap_or_default();
    let mut attrs: Vec<Attr> = shown.into_iter().map(|column| column.attr).collect();
    let carried = table.columns.iter().filter(|a| a.is_read());
    let more: Vec<Attr> = carried.filter(|a| !attrs.contains(a)).cloned().collect();
    attrs.extend(more);
    attrs.extend(added(table));
    attrs
}

/// The attributes that an analytic may change. What groups are made of is not among them.
fn added(table: &Table) -> Vec<Attr> {
    if table.is_of_groups() { Vec::new() } else { table.added.iter().map(|n| Attr::Added(n.clone())).collect() }
}
