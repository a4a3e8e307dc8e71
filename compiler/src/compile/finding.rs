//! What a night reports of a hunt: the variable that is the finding, what makes two of its entities the same one, and what the
//! conditions of suppressions hide of it.

use crate::catalog::{Catalog, Entity};
use crate::check::attribute_named;
use crate::check::hir::{AssignStep, Attr, Column, Hunt, Predicate, Shape, StepKind, VarId};
use crate::diag::codes::nightly::{BAD_CONDITION, UNKNOWN_KEY};
use crate::diag::{Diagnostic, Severity, Sink, suggest};
use crate::front_matter::{FrontMatter, KeyPart};
use crate::options::Options;
use crate::plan::FindingFacts;
use crate::program::{self, Command, Program, Statement};
use crate::source::{SourceId, SourceSet, Span};

/// The name that stands for the hunt's finding in the text of a condition.
const FINDING: &str = "finding";
/// ECS fields of the record that say on which host and as whom something happened.
const WHO: [&str; 2] = ["host.name", "user.name"];

/// A condition on a finding as a statement, which is what is compiled and what messages show.
pub fn hiding(condition: &str) -> String {
    format!("hidden = {FINDING} WHERE {condition}")
}

/// The finding of a hunt; `None` where it has no variable. Reports a key that the finding lacks.
pub(super) fn facts(matter: &FrontMatter, hunt: &Hunt, catalog: &Catalog, sink: &mut Sink) -> Option<FindingFacts> {
    let (var, at_least) = matter.finding_of(hunt)?;
    let bound = hunt.vars.get(var.0 as usize)?;
    let shape = &bound.shape;
    let key = match &matter.key {
        Some(parts) => parts.iter().filter_map(|part| written(part, &bound.name, shape, catalog, sink)).collect(),
        None => default_key(shape, catalog),
    };
    let who = WHO.map(|name| column(shape, catalog, name).map(|column| column.attr));
    Some(FindingFacts { var, at_least, key, who, hiding: Vec::new() })
}

/// The column of a part of the key that the front matter names.
fn written(part: &KeyPart, variable: &str, shape: &Shape, catalog: &Catalog, sink: &mut Sink) -> Option<Column> {
    let found = column(shape, catalog, &part.name);
    if found.is_none() {
        let columns = shape.columns(catalog);
        let known = columns.iter().map(|c| c.header.as_str());
        let headline = format!("the finding `{variable}` has no `{}`, which its key names", part.name);
        let problem = Diagnostic::new(&UNKNOWN_KEY, part.span, headline).label("not there");
        sink.report(match suggest::nearest(&part.name, known.clone()).first() {
            Some(near) => problem.fix(format!("`{near}` is the nearest"), part.span, *near),
            None => problem.note(format!("it has {}", known.collect::<Vec<_>>().join(", "))),
        });
    }
    found
}

/// What makes two findings the same where the front matter does not say. A key of which a part is missing would call too much
/// the same: then it is the identity, which an empty key stands for.
fn default_key(shape: &Shape, catalog: &Catalog) -> Vec<Column> {
    match shape {
        Shape::Groups { columns, keys, .. } => {
            columns.iter().take(*keys).map(|name| Column { header: name.clone(), attr: Attr::Added(name.clone()) }).collect()
        }
        Shape::Entities { entity, .. } => {
            let names = &catalog.get(*entity).finding_key;
            names.iter().map(|name| column(shape, catalog, name)).collect::<Option<_>>().unwrap_or_default()
        }
    }
}

/// The column of this name in the rows of a variable: an attribute, a field of the record, or something added.
fn column(shape: &Shape, catalog: &Catalog, name: &str) -> Option<Column> {
    let of = |attr: Attr| Some(Column { header: name.to_owned(), attr });
    match shape {
        Shape::Groups { of: grouped, columns, .. } => {
            // A column is headed as GROUP has it, mostly by the attribute that reads the field.
            let table = catalog.get(*grouped);
            let attribute = attribute_named(table, name).map(|id| catalog.attribute(*grouped, id).name.as_str());
            let header = columns.iter().find(|c| *c == name || attribute == Some(c))?;
            of(Attr::Added(header.clone()))
        }
        Shape::Entities { entity, kept, added, .. } => {
            let table: &Entity = catalog.get(*entity);
            let attribute = attribute_named(table, name).map(Attr::Catalog);
            let other = || added.iter().any(|a| a == name).then(|| Attr::Added(name.to_owned()));
            match attribute.or_else(other) {
                Some(attr) if kept.as_ref().is_some_and(|kept| !kept.iter().any(|k| k.attr == attr)) => None,
                Some(attr) => of(attr),
                // Fields of the record can be read whatever ATTR left.
                None => catalog.record_field(name).map(Attr::Record).and_then(of),
            }
        }
    }
}

/// A condition on a finding, checked as a filter behind the hunt's last statement.
pub(super) struct Hiding<'a> {
    pub program: &'a Program,
    pub sources: &'a SourceSet,
    pub catalog: &'a Catalog,
    pub options: &'a Options,
}

impl Hiding<'_> {
    /// What a condition hides; `None` where it has a fault. The diagnostics are those about its text.
    pub(super) fn check(&self, id: SourceId, finding: &str, var: VarId) -> (Option<Predicate>, Vec<Diagnostic>) {
        let mut sink = Sink::new(self.options.lints.clone());
        let condition = program::parse(self.sources, id, &mut sink);
        if sink.has_errors() {
            return (None, sink.finish());
        }
        let whole = Span::new(id, 0, self.sources.get(id).text.len());
        let Some(statement) = filter(condition, finding) else {
            let found = Diagnostic::new(&BAD_CONDITION, whole, "a suppression takes a condition and nothing else");
            sink.report(found.help("write what stands behind WHERE: `command_line LIKE '%/backup%' AND pid > 4`"));
            return (None, sink.finish());
        };
        let mut program = self.program.clone();
        program.statements.push(statement);
        let hunt = program::check(&program, self.sources, self.catalog, self.options, &mut sink);
        let mut told: Vec<Diagnostic> = sink.finish().into_iter().filter(|d| d.primary.span.source == id).collect();
        let last = hunt.and_then(|hunt| hunt.steps.into_iter().last());
        let predicate = match last.map(|step| step.kind) {
            Some(StepKind::Assign(AssignStep { expression, .. })) if expression.input == var => Some(expression.filter),
            Some(_) if !told.iter().any(|d| d.severity == Severity::Error) => {
                let found = Diagnostic::new(&BAD_CONDITION, whole, format!("`{finding}` is bound again behind the finding"));
                told.push(found.help("give the finding a name of its own, and name it with `# finding:`"));
                None
            }
            _ => None,
        };
        (predicate, told)
    }
}

/// The statement of a condition about the variable `finding`; `None` where more stands there than a condition.
fn filter(condition: Program, finding: &str) -> Option<Statement> {
    let mut statements = condition.statements;
    let (1, Some(mut statement)) = (statements.len(), statements.pop()) else { return None };
    let Command::Assign(assign) = &mut statement.command else { return None };
    let e = &mut assign.expression;
    let only = e.transformer.is_none() && e.attributes.is_none() && e.sort.is_none() && e.limit.is_none() && e.offset.is_none();
    if !only || e.filter.is_none() || e.variable.text != FINDING {
        return None;
    }
    finding.clone_into(&mut e.variable.text);
    Some(statement)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
