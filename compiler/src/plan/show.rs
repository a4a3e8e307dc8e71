//! A plan as text (`--emit plan`): a line for each node, then what is shown or written.

use super::output::headers;
use super::{Node, Observe, Op, Plan, Variable};
use crate::catalog::{Catalog, EntityId};
use crate::check::hir::{Attr, Depth, Names, Predicate, SourceRef};
use crate::time::{Window, duration};
use std::fmt::Write;

/// The plan as text.
pub fn plan(plan: &Plan, catalog: &Catalog) -> String {
    let show = Show { plan, catalog };
    let mut out = String::new();
    for (id, node) in plan.iter() {
        let inputs: Vec<String> = node.inputs.iter().map(|i| format!("{i:?}")).collect();
        let entity = node.entity.map_or("answers", |e| catalog.get(e).name.as_str());
        let _ = writeln!(out, "{id:?} = {} → {entity}", show.op(node));
        if !inputs.is_empty() {
            let _ = writeln!(out, "     of {}", inputs.join(", "));
        }
        if !node.columns.is_empty() {
            let columns: Vec<String> = node.columns.iter().map(|a| show.attr(a, node.entity)).collect();
            let _ = writeln!(out, "     with {}", columns.join(", "));
        }
        if matches!(node.op, Op::Scan(_) | Op::Pivot(_)) {
            let _ = writeln!(out, "     needs {}", node.detail.text());
        }
    }
    for Variable { var, node, .. } in &plan.vars {
        if var.binding {
            let node = node.map_or_else(|| "not computed".to_owned(), |n| format!("{n:?}"));
            let _ = writeln!(out, "{}#{} = {node}", var.name, var.version);
        }
    }
    for output in &plan.outputs {
        let name = plan.var(output.var).map_or("", |v| v.var.name.as_str());
        let node = output.node.map_or_else(String::new, |n| format!(" from {n:?}"));
        let _ = writeln!(out, "statement {}: {} {name}{node}", output.statement, output.kind);
    }
    out
}

/// The operator of a node on one line.
pub fn label(node: &Node, plan: &Plan, catalog: &Catalog) -> String {
    Show { plan, catalog }.op(node)
}

/// What a node does and its condition, each in few words, for graphs: source and window stand elsewhere there.
pub(super) fn in_short(node: &Node, plan: &Plan, catalog: &Catalog) -> (String, String) {
    let show = Show { plan, catalog };
    let of = |predicate| show.filter(predicate, node).trim_start().to_owned();
    match &node.op {
        Op::Scan(s) => ("scan".to_owned(), of(&s.predicate)),
        Op::Pivot(p) => (format!("pivot {}", p.relation), of(&p.filter)),
        Op::CreationRecords { .. } => ("add creation records".to_owned(), String::new()),
        Op::Filter { predicate, .. } => ("filter".to_owned(), of(predicate)),
        _ => (show.op(node), String::new()),
    }
}

struct Show<'a> {
    plan: &'a Plan,
    catalog: &'a Catalog,
}

impl Show<'_> {
    fn source(&self, source: SourceRef) -> &str {
        self.plan.source(source).map_or("?", |s| s.uri.as_str())
    }

    fn attr(&self, attr: &Attr, entity: Option<EntityId>) -> String {
        attr.name(self.catalog, entity)
    }

    fn op(&self, node: &Node) -> String {
        match &node.op {
            Op::Scan(s) => format!("scan {} {}{}", self.source(s.source), window(s.window), self.filter(&s.predicate, node)),
            Op::Pivot(p) => {
                format!("pivot {} in {} {}{}", p.relation, self.source(p.source), window(p.window), self.filter(&p.filter, node))
            }
            Op::Walk(Depth::Unlimited) => "walk as far as it goes".to_owned(),
            Op::Walk(Depth::Steps(n)) => format!("walk {n} times"),
            Op::CreationRecords { source, window: w } => {
                format!("add creation records from {} {}", self.source(*source), window(*w))
            }
            Op::Observe { shape, sources } => {
                let together = if *sources > 1 { format!(" in {sources} sources together") } else { String::new() };
                format!("observe {}{together}", observe(shape))
            }
            Op::Union => "union".to_owned(),
            Op::Filter { predicate, range } => {
                let range = range.map_or_else(String::new, |r| format!(" {}", window(Some(r))));
                format!("filter{range}{}", self.filter(predicate, node))
            }
            Op::First(n) => format!("first {n} entities"),
            Op::Transform(t) => format!("a row for each record ({})", t.word()),
            Op::Sort { attr, ascending } => {
                format!("sort by {}{}", self.attr(attr, node.entity), if *ascending { "" } else { " descending" })
            }
            Op::Slice { offset, limit } => {
                format!("rows from {offset}{}", limit.map_or_else(String::new, |n| format!(", at most {n}")))
            }
            Op::Project(columns) => format!("only {}", headers(columns)),
            Op::Compute(columns) => {
                let calls = columns.iter().map(|column| {
                    let arguments = column.arguments.iter().map(|value| format!(", {:?}", value.to_string()));
                    let attr = self.attr(&column.attr, node.entity);
                    format!("{}({attr}{}) as {}", column.function.word(), arguments.collect::<String>(), column.name)
                });
                format!("compute {}", calls.collect::<Vec<_>>().join(", "))
            }
            Op::Group { keys, aggregates } => {
                let keys: Vec<&str> = keys.iter().map(|k| k.header.as_str()).collect();
                let values: Vec<&str> = aggregates.iter().map(|a| a.header.as_str()).collect();
                format!("group by {} giving {}", keys.join(", "), values.join(", "))
            }
            Op::Join { by, within } => self.join(node, by, *within),
            Op::New { rows, .. } => format!("{} written rows", rows.len()),
            Op::Load { path } => format!("load {path:?}"),
            Op::Reload { path, columns } => format!("load {path:?} as saved ({})", headers(columns)),
            Op::Apply { analytic, .. } => format!("apply {analytic}"),
            Op::Pick(number) => format!("add what answer {number} says"),
        }
    }

    fn join(&self, node: &Node, by: &[(Attr, Attr)], within: Option<i64>) -> String {
        let right = node.inputs.get(1).and_then(|right| self.plan.node(*right).entity);
        let pairs: Vec<String> =
            by.iter().map(|(a, b)| format!("{} = {}", self.attr(a, node.entity), self.attr(b, right))).collect();
        let by = if pairs.is_empty() { "identity".to_owned() } else { pairs.join(" and ") };
        let within = within.map_or_else(String::new, |nanos| format!(" within {}", duration::exact(nanos).unwrap_or_default()));
        format!("join by {by}{within}")
    }

    fn filter(&self, predicate: &Predicate, node: &Node) -> String {
        if *predicate == Predicate::TRUE {
            return String::new();
        }
        let names = Names { catalog: self.catalog, vars: self.plan, centre: node.entity };
        format!(" where {}", predicate.display(names))
    }
}

fn window(window: Window) -> String {
    window.map_or_else(|| "[all time]".to_owned(), |w| format!("[{} .. {})", w.start, w.stop))
}

fn observe(shape: &Observe) -> String {
    let all = |parts: &[Observe], word: &str| format!("({})", parts.iter().map(observe).collect::<Vec<_>>().join(word));
    match shape {
        Observe::One(i) => format!("#{i}"),
        Observe::And(parts) => all(parts, " AND "),
        Observe::Or(parts) => all(parts, " OR "),
        Observe::FollowedBy(parts) => all(parts, " FOLLOWEDBY "),
        Observe::Within(part, nanos) => format!("{} WITHIN {} s", observe(part), *nanos as f64 / 1e9),
        Observe::Repeats(part, n) => format!("{} REPEATS {n}", observe(part)),
        Observe::By(part, by) => format!("{}{}", observe(part), fields(by)),
        Observe::Without { part, absent, nanos, by } => {
            format!("{} WITHOUT #{absent} WITHIN {} s{}", observe(part), *nanos as f64 / 1e9, fields(by))
        }
    }
}

/// ` BY f, g`, nothing without fields. All are fields of the record, which have their own names.
fn fields(by: &[Attr]) -> String {
    let names: Vec<String> = by.iter().map(|field| format!("{field:?}")).collect();
    if names.is_empty() { String::new() } else { format!(" BY {}", names.join(", ")) }
}
