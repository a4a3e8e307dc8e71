//! The displays of DISP, INFO, DESCRIBE and EXPLAIN, and the files that SAVE writes.

use super::{Failure, Run, tree};
use crate::ops::describe;
use crate::report::model::Display;
use crate::source::SourceError;
use crate::table::{Key, Table};
use foldhash::{HashMap, HashSet};
use huntc_compiler::diag::{Diagnostic, codes};
use huntc_compiler::plan::{Column, Output, OutputKind, Shape, Var, Variable, show};
use huntc_compiler::value::Value;

type Row = Vec<Option<Value>>;

impl Run<'_> {
    /// The displays of all outputs, in the order of the statements.
    pub(super) fn displays(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<Display> {
        self.job.plan.outputs.iter().filter_map(|o| self.output(o, diagnostics)).collect()
    }

    fn output(&self, output: &Output, diagnostics: &mut Vec<Diagnostic>) -> Option<Display> {
        let var = &self.job.plan.var(output.var)?.var;
        let table = match output.node.map(|n| self.table(n)) {
            Some(Ok(table)) => Some(table),
            Some(Err(failure)) => return missing(output, var, &failure),
            None => None,
        };
        match (&output.kind, table) {
            (OutputKind::Disp { columns, offset, limit }, Some(table)) => {
                Some(self.disp(output, var, columns, *offset, *limit, &table))
            }
            (OutputKind::Info, Some(table)) => Some(self.info(output, var, &table)),
            (OutputKind::Describe(column), Some(table)) => {
                let described = describe::describe(&table.column(&column.attr));
                let rows = described.into_iter().map(|(n, v)| vec![Some(Value::text(n)), v]).collect();
                Some(facts(output, var, "DESCRIBE", rows, !table.partial))
            }
            (OutputKind::Save { path, columns }, Some(table)) => {
                if let Err(problem) = self.save(path, var, columns, &table) {
                    diagnostics.push(SourceError { code: &codes::run::SAVE_FAILED, ..problem }.at(output.span));
                }
                None
            }
            (OutputKind::Explain, _) => Some(self.explain(output, var)),
            _ => None,
        }
    }

    /// DISP: projects the rows, drops repeated rows (the first stays), then applies OFFSET and LIMIT. The tree shows
    /// every entity of the remaining rows, also those that look the same, because they have their own parents and children.
    fn disp(&self, output: &Output, var: &Var, columns: &[Column], offset: u64, limit: Option<u64>, table: &Table) -> Display {
        let attrs: Vec<_> = columns.iter().map(|c| c.attr.clone()).collect();
        let mut places: HashMap<Row, usize> = HashMap::default();
        let mut rows: Vec<Row> = Vec::new();
        // For each row of the table, its place among the distinct rows.
        let mut place_of: Vec<usize> = Vec::new();
        for row in super::node::rows_of(table, &attrs) {
            let place = places.get(&row).copied().unwrap_or(rows.len());
            if place == rows.len() {
                places.insert(row.clone(), place);
                rows.push(row);
            }
            place_of.push(place);
        }
        let total = rows.len() as u64;
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let take = limit.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let rows: Vec<Row> = rows.into_iter().skip(skip).take(take).collect();
        let shown = |place: &usize| place.checked_sub(skip).filter(|row| *row < rows.len());
        let shown: Vec<_> = place_of.iter().map(shown).collect();
        let lineage = output.node.map(|node| self.lineage(node)).unwrap_or_default();
        let tree = if lineage.is_empty() {
            Vec::new()
        } else {
            tree::arrange(&lineage, &nodes(table, &shown, &self.holders(output, table)))
        };
        let evidence = if self.options.evidence { self.behind(table, &shown) } else { Vec::new() };
        let headers = columns.iter().map(|c| c.header.clone()).collect();
        Display { total, tree, evidence, complete: !table.partial, ..display(output, var, "DISP", headers, rows) }
    }

    /// The keys of other variables with entities of the type of a table, by the variables' names.
    fn holders(&self, output: &Output, table: &Table) -> Vec<(String, HashSet<Key>)> {
        let others = self.job.plan.vars.iter().filter(|other| other.var.binding && other.node != output.node);
        let held = |variable: &Variable| {
            let other = self.table(variable.node?).ok().filter(|other| other.entity == table.entity)?;
            let grouped = matches!(variable.var.shape, Shape::Groups { .. });
            let shown = self.job.plan.var(output.var).is_some_and(|shown| shown.var.name == variable.var.name);
            let keys = || other.entities().map(|entity| entity.key().clone()).collect();
            (!grouped && !shown).then(|| (variable.var.name.clone(), keys()))
        };
        others.filter_map(held).collect()
    }

    /// The nine facts of INFO, in Kestrel's order.
    fn info(&self, output: &Output, var: &Var, table: &Table) -> Display {
        let plan = self.job.plan;
        let columns = var.shape.columns(self.job.catalog);
        let names = |keep: &dyn Fn(&str) -> bool| {
            let names: Vec<&str> = columns.iter().map(|c| c.header.as_str()).filter(|n| keep(n)).collect();
            names.join(", ")
        };
        let sources: Vec<&str> = var.sources.iter().filter_map(|s| plan.source(*s)).map(|s| s.uri.as_str()).collect();
        let parents: Vec<&str> = var.parents.iter().filter_map(|p| plan.var(*p)).map(|v| v.var.name.as_str()).collect();
        let text = |t: String| Some(Value::text(t));
        let known = [
            ("Entity Type", text(self.type_name(var))),
            ("Number of Entities", Some(Value::Int(table.entity_count() as i64))),
            ("Number of Records", Some(Value::Int(table.record_count() as i64))),
            ("Entity Attributes", text(names(&|n| !n.contains('.') && !n.starts_with("x_")))),
            ("Indirect Attributes", text(names(&|n| n.contains('.')))),
            ("Customized Attributes", text(names(&|n| n.starts_with("x_")))),
            ("Birth Command", text(var.born.word().to_owned())),
            ("Associated Datasource", text(sources.join(", "))),
            ("Dependent Variables", text(parents.join(", "))),
        ];
        let rows = known.into_iter().map(|(n, v)| vec![Some(Value::text(n)), v]).collect();
        facts(output, var, "INFO", rows, !table.partial)
    }

    /// The name of a variable's entity type, as reports show it.
    pub(super) fn type_name(&self, var: &Var) -> String {
        let (Shape::Entities { entity, .. } | Shape::Groups { of: entity, .. }) = &var.shape;
        self.job.catalog.get(*entity).name.clone()
    }

    /// The plan nodes and requests behind a variable.
    fn explain(&self, output: &Output, var: &Var) -> Display {
        let plan = self.job.plan;
        let Some(root) = plan.var(output.var).and_then(|v| v.node) else {
            return facts(output, var, "EXPLAIN", Vec::new(), true);
        };
        let behind = plan.reachable_from([root]);
        let text = |t: String| Some(Value::text(t));
        let nodes = plan.iter().zip(behind).filter(|(_, behind)| *behind);
        let rows = nodes.map(|((id, node), _)| {
            let query = self.job.requests.of(id).map(|t| serde_json::to_string(&t.form.query).unwrap_or_default());
            let label = show::label(node, plan, self.job.catalog);
            vec![text(format!("{id:?}")), text(label), query.and_then(text)]
        });
        let columns = ["node", "operator", "query"].map(str::to_owned).to_vec();
        display(output, var, "EXPLAIN", columns, rows.collect())
    }
}

/// The nodes of a tree: one for each entity and each row of the display that shows it. `shown` has for each row of the
/// table the row of the display, `None` when it is not displayed; `holders` the keys of other variables.
fn nodes<'t>(table: &'t Table, shown: &[Option<usize>], holders: &[(String, HashSet<Key>)]) -> Vec<tree::TreeNode<'t>> {
    let held_by = |key: &Key| {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in holders.iter().filter(|(_, keys)| keys.contains(key)) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    };
    let mut seen = HashSet::default();
    let rows = shown.iter().enumerate().filter_map(|(number, row)| Some((table.row_entity(number), (*row)?)));
    rows.filter(|(entity, row)| entity.is_none() || seen.insert((*entity, *row)))
        .map(|(entity, row)| {
            let key = entity.and_then(|e| Some(table.one(e)?.key()));
            tree::TreeNode { key, row, held_by: key.map(held_by).unwrap_or_default() }
        })
        .collect()
}

/// The display of an output whose table is missing: it says why.
fn missing(output: &Output, var: &Var, failure: &Failure) -> Option<Display> {
    let command = command(&output.kind)?;
    let reason = match failure {
        Failure::Failed(diagnostic) => diagnostic.message.clone(),
        Failure::Skipped => "a statement that it depends on failed".to_owned(),
        Failure::Cancelled => "the run was interrupted".to_owned(),
    };
    let columns = match &output.kind {
        OutputKind::Disp { columns, .. } => columns.iter().map(|c| c.header.clone()).collect(),
        _ => vec!["fact".to_owned(), "value".to_owned()],
    };
    Some(Display { missing: Some(reason), complete: false, ..display(output, var, command, columns, Vec::new()) })
}

fn facts(output: &Output, var: &Var, command: &'static str, rows: Vec<Row>, complete: bool) -> Display {
    let columns = vec!["fact".to_owned(), "value".to_owned()];
    Display { complete, ..display(output, var, command, columns, rows) }
}

fn command(kind: &OutputKind) -> Option<&'static str> {
    match kind {
        OutputKind::Disp { .. } => Some("DISP"),
        OutputKind::Info => Some("INFO"),
        OutputKind::Describe(_) => Some("DESCRIBE"),
        OutputKind::Explain => Some("EXPLAIN"),
        OutputKind::Save { .. } | OutputKind::Apply => None,
    }
}

fn display(output: &Output, var: &Var, command: &'static str, columns: Vec<String>, rows: Vec<Row>) -> Display {
    Display {
        statement: output.statement,
        command,
        variable: var.name.clone(),
        columns,
        total: rows.len() as u64,
        rows,
        missing: None,
        complete: true,
        tree: Vec::new(),
        evidence: Vec::new(),
    }
}
