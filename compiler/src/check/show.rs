//! `--emit hir`: a checked hunt as text. One line for each source, variable and statement; strings are escaped.

use super::hir::{
    Attr, Column, DataSource, Expression, Find, GroupKey, Hunt, Observed, Operand, Predicate, Shape, SourceRef, StepKind, Test,
    TestOp, Var, VarId,
};
use crate::catalog::{Catalog, EntityId};
use crate::time::{TimeRange, Window};
use crate::value::Value;
use std::fmt::Write;

/// A hunt as text.
pub fn hunt(hunt: &Hunt, catalog: &Catalog) -> String {
    let show = Show { hunt, catalog };
    let mut out = String::new();
    for (index, DataSource { uri, .. }) in hunt.sources.iter().enumerate() {
        let _ = writeln!(out, "s{index} {uri}");
    }
    for (index, var) in hunt.vars.iter().enumerate() {
        let _ = writeln!(out, "v{index} {}", show.variable(var));
    }
    for step in &hunt.steps {
        let _ = writeln!(out, "{}: {}", step.statement, show.step(&step.kind));
    }
    out
}

/// `[2020-10-22T06:55:00.000Z, 2020-10-22T07:00:00.000Z)` or `everything`.
pub fn window(window: Window) -> String {
    window.map_or_else(|| "everything".to_owned(), range)
}

fn range(range: TimeRange) -> String {
    format!("[{}, {})", range.start, range.stop)
}

struct Show<'a> {
    hunt: &'a Hunt,
    catalog: &'a Catalog,
}

impl Show<'_> {
    fn variable(&self, var: &Var) -> String {
        let mut out = format!("{}#{}", var.name, var.version);
        if !var.binding {
            out += " (in place)";
        }
        match &var.shape {
            Shape::Entities { entity, per_record, kept, added, open } => {
                let _ = write!(out, ": {}", self.entity(*entity));
                if let Some(transformer) = per_record {
                    let _ = write!(out, ", {}", transformer.word());
                }
                if let Some(kept) = kept {
                    let _ = write!(out, ", kept {}", self.columns(kept, *entity));
                }
                if !added.is_empty() {
                    let _ = write!(out, ", added {}", added.join(", "));
                }
                if *open {
                    out += ", open";
                }
            }
            Shape::Groups { of, columns } => {
                let _ = write!(out, ": groups of {}, columns {}", self.entity(*of), columns.join(", "));
            }
        }
        let _ = write!(out, " | {} | {}", var.born, window(var.window));
        if !var.sources.is_empty() {
            let _ = write!(out, " | {}", list(&var.sources, |s| source(*s)));
        }
        if !var.parents.is_empty() {
            let _ = write!(out, " | from {}", list(&var.parents, |v| name(*v)));
        }
        out
    }

    fn step(&self, kind: &StepKind) -> String {
        match kind {
            StepKind::GetSource { out, entity, sources, pattern, limit } => {
                let pattern = self.observed(pattern);
                format!(
                    "{} = GET {} FROM {} WHERE {pattern}{}",
                    name(*out),
                    self.entity(*entity),
                    asked(sources),
                    tail("LIMIT", *limit)
                )
            }
            StepKind::GetVariable { out, input, filter, range: within, limit } => {
                let within = within.map_or_else(String::new, |r| format!(" {}", range(r)));
                let filter = self.clause(filter);
                format!("{} = GET FROM {}{filter}{within}{}", name(*out), name(*input), tail("LIMIT", *limit))
            }
            StepKind::Find { out, find } => format!("{} = {}", name(*out), self.find(find)),
            StepKind::New { out, entity, columns, rows } => {
                let row =
                    |r: &Vec<Option<Value>>| format!("({})", list(r, |v| v.as_ref().map_or_else(|| "null".to_owned(), literal)));
                format!("{} = NEW {} ({}) {}", name(*out), self.entity(*entity), self.columns(columns, *entity), list(rows, row))
            }
            StepKind::Load { out, path, entity } => {
                format!("{} = LOAD {path:?} AS {}", name(*out), entity.map_or("the file's type", |e| self.entity(e)))
            }
            StepKind::Save { input, path } => format!("SAVE {} TO {path:?}", name(*input)),
            StepKind::Merge { out, inputs } => format!("{} = MERGE {}", name(*out), list(inputs, |v| name(*v))),
            StepKind::Assign { out, expression } => format!("{} = {}", name(*out), self.expression(expression)),
            StepKind::Group { out, input, keys, aggregates } => {
                let entity = self.entity_of(*input);
                let keys = list(keys, |k| self.key(k, entity));
                let aggregates = list(aggregates, |a| {
                    format!("{}({}) AS {}", a.function.word().to_uppercase(), self.attr(&a.attr, entity), a.header)
                });
                format!("{} = GROUP {} BY {keys} WITH {aggregates}", name(*out), name(*input))
            }
            StepKind::Join { out, left, right, by } => {
                let by = by.as_ref().map_or_else(
                    || "identity".to_owned(),
                    |(a, b)| format!("{}, {}", self.attr(a, self.entity_of(*left)), self.attr(b, self.entity_of(*right))),
                );
                format!("{} = JOIN {}, {} BY {by}", name(*out), name(*left), name(*right))
            }
            StepKind::Apply { analytic, inputs, outs, arguments } => {
                let arguments = list(arguments, |(k, v)| format!("{k}={}", list(v, |o| self.operand(o))));
                let (outs, inputs) = (list(outs, |v| name(*v)), list(inputs, |v| name(*v)));
                format!("{outs} = APPLY {analytic:?} ON {inputs} WITH ({arguments})")
            }
            StepKind::Disp { expression, columns } => {
                let entity = self.entity_of(expression.input);
                format!("DISP {} COLUMNS {}", self.expression(expression), self.columns(columns, entity))
            }
            StepKind::Info { input } => format!("INFO {}", name(*input)),
            StepKind::Describe { input, column } => format!("DESCRIBE {}.{}", name(*input), column.header),
            StepKind::Explain { input } => format!("EXPLAIN {}", name(*input)),
        }
    }

    fn find(&self, find: &Find) -> String {
        let entity = self.catalog.get(find.entity);
        let input = self.catalog.get(self.entity_of(find.input));
        let pivots = list(&find.pivots, |p| {
            let (from, to) = (input.slots.get(usize::from(p.input.0)), entity.slots.get(usize::from(p.output.0)));
            let guard = list(&p.guard, |g| {
                if g.values.is_empty() { format!("!{}", g.field) } else { format!("{}={}", g.field, g.values.join("|")) }
            });
            let guard = if guard.is_empty() { guard } else { format!(" if {guard}") };
            format!("{}>{}{guard}", from.map_or("?", |s| &s.name), to.map_or("?", |s| &s.name))
        });
        let depth =
            find.depth.map_or_else(String::new, |d| format!(" DEPTH {}", d.map_or_else(|| "*".to_owned(), |n| n.to_string())));
        let filter = match &find.filter {
            Predicate::And(parts) if parts.is_empty() => String::new(),
            filter => format!(" WHERE {}", self.predicate(filter)),
        };
        let sources = asked(&find.sources);
        let limit = tail("LIMIT", find.limit);
        format!("FIND {} {} {}{depth} ({pivots}) FROM {sources}{filter}{limit}", entity.name, find.relation, name(find.input))
    }

    fn expression(&self, e: &Expression) -> String {
        let entity = self.entity_of(e.input);
        let input = e.transformer.map_or_else(|| name(e.input), |t| format!("{}({})", t.word(), name(e.input)));
        let mut out = format!("{input}{}", self.clause(&e.filter));
        if let Some(columns) = &e.columns {
            let _ = write!(out, " ATTR {}", self.columns(columns, entity));
        }
        if let Some((attr, ascending)) = &e.sort {
            let _ = write!(out, " SORT BY {} {}", self.attr(attr, entity), if *ascending { "ASC" } else { "DESC" });
        }
        if e.offset > 0 {
            let _ = write!(out, " OFFSET {}", e.offset);
        }
        out + &tail("LIMIT", e.limit)
    }

    fn clause(&self, filter: &Predicate) -> String {
        if *filter == Predicate::TRUE { String::new() } else { format!(" WHERE {}", self.predicate(filter)) }
    }

    fn observed(&self, observed: &Observed) -> String {
        let join = |parts: &[Observed], word: &str| {
            format!("({})", parts.iter().map(|p| self.observed(p)).collect::<Vec<_>>().join(&format!(" {word} ")))
        };
        match observed {
            Observed::One(predicate) => format!("[{}]", self.predicate(predicate)),
            Observed::And(parts) => join(parts, "AND"),
            Observed::Or(parts) => join(parts, "OR"),
            Observed::FollowedBy(parts) => join(parts, "FOLLOWEDBY"),
            Observed::Within(inner, nanos) => format!("{} WITHIN {nanos} ns", self.observed(inner)),
            Observed::Repeats(inner, times) => format!("{} REPEATS {times}", self.observed(inner)),
            Observed::Between(inner, within) => format!("{} IN {}", self.observed(inner), range(*within)),
        }
    }

    fn predicate(&self, predicate: &Predicate) -> String {
        let join = |parts: &[Predicate], word: &str| {
            format!("({})", parts.iter().map(|p| self.predicate(p)).collect::<Vec<_>>().join(&format!(" {word} ")))
        };
        match predicate {
            Predicate::And(parts) if parts.is_empty() => "TRUE".to_owned(),
            Predicate::Or(parts) if parts.is_empty() => "FALSE".to_owned(),
            Predicate::And(parts) => join(parts, "AND"),
            Predicate::Or(parts) => join(parts, "OR"),
            Predicate::Test(test) => self.test(test),
        }
    }

    fn test(&self, test: &Test) -> String {
        let op = match &test.op {
            TestOp::Null => "IS NULL".to_owned(),
            TestOp::OneOf(operands) => format!("IN ({})", list(operands, |o| self.operand(o))),
            TestOp::Less(v) => format!("< {}", literal(v)),
            TestOp::LessEqual(v) => format!("<= {}", literal(v)),
            TestOp::Greater(v) => format!("> {}", literal(v)),
            TestOp::GreaterEqual(v) => format!(">= {}", literal(v)),
            TestOp::Like(pattern) => format!("LIKE {pattern:?}"),
            TestOp::Matches(regex) => format!("MATCHES {regex:?}"),
            TestOp::Subset(nets) => format!("ISSUBSET ({})", list(nets, ToString::to_string)),
            TestOp::Superset(net) => format!("ISSUPERSET {net}"),
        };
        let negated = if test.negated { "NOT " } else { "" };
        let fold = if test.fold { " (any case)" } else { "" };
        format!("{}:{} {negated}{op}{fold}", self.entity(test.entity), self.attr(&test.attr, test.entity))
    }

    fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Value(value) => literal(value),
            Operand::Reference(var, attr) => format!("{}.{}", name(*var), self.attr(attr, self.entity_of(*var))),
        }
    }

    fn key(&self, key: &GroupKey, entity: EntityId) -> String {
        let attr = self.attr(&key.attr, entity);
        match key.bin {
            None => attr,
            Some((size, time)) => format!("BIN({attr}, {size}{})", if time { " ns" } else { "" }),
        }
    }

    fn columns(&self, columns: &[Column], entity: EntityId) -> String {
        list(columns, |c| {
            let attr = self.attr(&c.attr, entity);
            if attr == c.header { attr } else { format!("{attr} AS {}", c.header) }
        })
    }

    fn attr(&self, attr: &Attr, entity: EntityId) -> String {
        match attr {
            Attr::Catalog(id) => self.catalog.attribute(entity, *id).name.clone(),
            Attr::Sighting(sighting) => sighting.name().to_owned(),
            Attr::Added(name) => format!("+{name}"),
        }
    }

    fn entity(&self, id: EntityId) -> &str {
        &self.catalog.get(id).name
    }

    fn entity_of(&self, var: VarId) -> EntityId {
        self.hunt.vars[var.0 as usize].shape.entity()
    }
}

fn name(var: VarId) -> String {
    format!("v{}", var.0)
}

fn source(source: SourceRef) -> String {
    format!("s{}", source.0)
}

fn asked(sources: &[(SourceRef, Window)]) -> String {
    list(sources, |(s, w)| format!("{} {}", source(*s), window(*w)))
}

fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

fn tail(word: &str, count: Option<u64>) -> String {
    count.map_or_else(String::new, |n| format!(" {word} {n}"))
}

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    items.iter().map(show).collect::<Vec<_>>().join(", ")
}
