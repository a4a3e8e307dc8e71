//! A checked hunt as lines that tests compare: one for each source, variable and statement; strings are escaped.

use crate::catalog::{Catalog, EntityId};
use crate::check::hir::{
    Attr, Column, DataSource, Depth, FindStep, GetFrom, GetStep, GroupKey, Hunt, Observed, Operand, Predicate, Selection, Shape,
    SourceRef, StepKind, Test, TestOp, Var, VarId,
};
use crate::time::{TimeRange, Window};
use crate::value::Value;
use std::fmt::Write;

/// A hunt as text.
pub(super) fn hunt(hunt: &Hunt, catalog: &Catalog) -> String {
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
pub(super) fn window(window: Window) -> String {
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
            Shape::Groups { of, columns, open, .. } => {
                let _ = write!(out, ": groups of {}, columns {}", self.entity(*of), columns.join(", "));
                if *open {
                    out += ", open";
                }
            }
        }
        let _ = write!(out, " | {} | {}", var.born.word(), window(var.window));
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
            StepKind::Get(get) => self.get(get),
            StepKind::Find(find) => format!("{} = {}", name(find.out), self.find(find)),
            StepKind::New(new) => {
                let row =
                    |r: &Vec<Option<Value>>| format!("({})", list(r, |v| v.as_ref().map_or_else(|| "null".to_owned(), literal)));
                let columns = self.columns(&new.columns, new.entity);
                format!("{} = NEW {} ({columns}) {}", name(new.out), self.entity(new.entity), list(&new.rows, row))
            }
            StepKind::Load(load) => {
                format!("{} = LOAD {:?} AS {}", name(load.out), load.path, self.entity(self.entity_of(load.out)))
            }
            StepKind::Save(save) => format!("SAVE {} TO {:?}", name(save.input), save.path),
            StepKind::Merge(merge) => format!("{} = MERGE {}", name(merge.out), list(&merge.inputs, |v| name(*v))),
            StepKind::Assign(assign) => format!("{} = {}", name(assign.out), self.expression(&assign.expression)),
            StepKind::Sort(sort) => {
                let direction = if sort.ascending { "ASC" } else { "DESC" };
                let attr = self.attr(&sort.attr, self.entity_of(sort.input));
                format!("{} = {} SORT BY {attr} {direction}", name(sort.out), name(sort.input))
            }
            StepKind::Group(group) => {
                let entity = self.entity_of(group.input);
                let keys = list(&group.keys, |k| self.key(k, entity));
                let aggregates = list(&group.aggregates, |a| {
                    let of = a.attr.as_ref().map_or_else(|| "*".to_owned(), |attr| self.attr(attr, entity));
                    format!("{}({of}) AS {}", a.function.word().to_uppercase(), a.header)
                });
                format!("{} = GROUP {} BY {keys} WITH {aggregates}", name(group.out), name(group.input))
            }
            StepKind::Join(join) => {
                let pair = |(a, b): &(Attr, Attr)| {
                    format!("{}, {}", self.attr(a, self.entity_of(join.left)), self.attr(b, self.entity_of(join.right)))
                };
                let pairs: Vec<String> = join.by.iter().map(pair).collect();
                let by = if pairs.is_empty() { "identity".to_owned() } else { pairs.join(" AND ") };
                let within = join.within.map_or_else(String::new, |nanos| format!(" WITHIN {nanos} ns"));
                format!("{} = JOIN {}, {} BY {by}{within}", name(join.out), name(join.left), name(join.right))
            }
            StepKind::Apply(apply) => {
                let arguments = list(&apply.arguments, |(k, v)| format!("{k}={}", list(v, |o| self.operand(o))));
                let (outs, inputs) = (list(&apply.outs, |v| name(*v)), list(&apply.inputs, |v| name(*v)));
                format!("{outs} = APPLY {:?} ON {inputs} WITH ({arguments})", apply.analytic)
            }
            StepKind::Disp(disp) => {
                let entity = self.entity_of(disp.expression.input);
                format!("DISP {} COLUMNS {}", self.expression(&disp.expression), self.columns(&disp.columns, entity))
            }
            StepKind::Info(info) => format!("INFO {}", name(info.input)),
            StepKind::Describe(describe) => format!("DESCRIBE {}.{}", name(describe.input), describe.column.header),
            StepKind::Explain(explain) => format!("EXPLAIN {}", name(explain.input)),
        }
    }

    fn get(&self, get: &GetStep) -> String {
        let (out, limit) = (name(get.out), tail("LIMIT", get.limit));
        match &get.from {
            GetFrom::Sources { entity, sources, pattern } => {
                format!("{out} = GET {} FROM {} WHERE {}{limit}", self.entity(*entity), asked(sources), self.observed(pattern))
            }
            GetFrom::Variable { input, filter, range: within } => {
                let within = within.map_or_else(String::new, |r| format!(" {}", range(r)));
                format!("{out} = GET FROM {}{}{within}{limit}", name(*input), self.clause(filter))
            }
        }
    }

    fn find(&self, find: &FindStep) -> String {
        let entity = self.catalog.get(find.entity);
        let input = self.catalog.get(self.entity_of(find.input));
        let pivots = list(&find.ways, |p| {
            let (from, to) = (input.slots.get(usize::from(p.input.0)), entity.slots.get(usize::from(p.output.0)));
            let guard = list(&p.guard, |g| {
                if g.values.is_empty() { format!("!{}", g.field) } else { format!("{}={}", g.field, g.values.join("|")) }
            });
            let guard = if guard.is_empty() { guard } else { format!(" if {guard}") };
            format!("{}>{}{guard}", from.map_or("?", |s| &s.name), to.map_or("?", |s| &s.name))
        });
        let depth = match find.depth {
            None => String::new(),
            Some(Depth::Steps(n)) => format!(" DEPTH {n}"),
            Some(Depth::Unlimited) => " DEPTH *".to_owned(),
        };
        let filter = match &find.filter {
            Predicate::And(parts) if parts.is_empty() => String::new(),
            filter => format!(" WHERE {}", self.predicate(filter)),
        };
        let sources = asked(&find.sources);
        let limit = tail("LIMIT", find.limit);
        format!("FIND {} {} {}{depth} ({pivots}) FROM {sources}{filter}{limit}", entity.name, find.relation, name(find.input))
    }

    fn expression(&self, e: &Selection) -> String {
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
            Observed::By(inner, by) => format!("{} BY {by:?}", self.observed(inner)),
            Observed::Without(inner, without) => {
                let pattern = self.predicate(&without.pattern);
                format!("{} WITHOUT [{pattern}] WITHIN {} ns BY {:?}", self.observed(inner), without.nanos, without.by)
            }
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
            Attr::Record(field) => format!("record:{}", field.name),
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
