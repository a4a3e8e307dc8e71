//! GROUP and JOIN.

use super::identity::Ident;
use super::rows::keep_left;
use super::value::{Kind, NullLast, Val, format_seconds};
use super::variable::{RowId, Shape, Var, View};
use super::{Hunt, attributes};
use huntc_compiler::check::hir::Function;
use huntc_compiler::commands::group::{AggregateCall, Group, Key};
use huntc_compiler::commands::join::Join;
use huntc_compiler::syntax::ast::AttrPath;
use std::collections::{BTreeMap, BTreeSet};

/// A group's value of a key column.
fn binned(value: Option<Val>, size: i64, time: bool) -> Result<Option<Val>, String> {
    Ok(match value {
        None => None,
        Some(Val::Time(t)) if time => Some(Val::Text(format_seconds(t.div_euclid(size) * size))),
        Some(Val::Int(i)) if !time => Some(Val::Int(i.div_euclid(size) * size)),
        Some(other) => return Err(format!("{other:?} has no bins")),
    })
}

fn aggregate(function: Function, values: &[Option<Val>]) -> Result<Option<Val>, String> {
    let present: Vec<&Val> = values.iter().flatten().collect();
    let sum = || -> Result<f64, String> {
        present
            .iter()
            .map(|v| match v {
                Val::Int(i) => Ok(*i as f64),
                Val::Float(f) => Ok(*f),
                other => Err(format!("{other:?} is no number")),
            })
            .sum()
    };
    Ok(match function {
        Function::Count => Some(Val::Int(present.len() as i64)),
        Function::NUnique => Some(Val::Int(present.into_iter().collect::<BTreeSet<_>>().len() as i64)),
        Function::Min => present.into_iter().min().cloned(),
        Function::Max => present.into_iter().max().cloned(),
        Function::Sum | Function::Avg if present.is_empty() => None,
        Function::Sum if present.iter().all(|v| matches!(v, Val::Int(_))) => Some(Val::Int(sum()? as i64)),
        Function::Sum => Some(Val::Float(sum()?)),
        Function::Avg => Some(Val::Float(sum()? / present.len() as f64)),
        Function::List if present.is_empty() => None,
        Function::List => {
            let single = |v: &Val| if let Val::List(items) = v { items.clone() } else { vec![v.clone()] };
            Some(Val::List(present.into_iter().flat_map(single).collect::<BTreeSet<_>>().into_iter().collect()))
        }
        Function::First | Function::Last => return Err("FIRST and LAST look at times".to_owned()),
    })
}

/// The value of the earliest or latest row that has one; of several at one instant the smallest. A row without a time counts
/// where none has one.
fn by_time(function: Function, rows: &[(Option<i64>, Option<Val>)]) -> Option<Val> {
    let held: Vec<(Option<i64>, &Val)> = rows.iter().filter_map(|(time, value)| Some((*time, value.as_ref()?))).collect();
    let times = held.iter().filter_map(|(time, _)| *time);
    let wanted = if function == Function::First { times.min() } else { times.max() };
    held.into_iter().filter(|(time, _)| *time == wanted).map(|(_, value)| value).min().cloned()
}

/// What two rows of a JOIN have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum JoinKey {
    Values(Vec<Val>),
    Entity(Ident),
}

/// Function, attribute and header of an aggregate. An empty attribute is `*`.
fn written(item: &AggregateCall) -> (Function, String, String) {
    let word = item.function.word();
    let default = || item.attribute.as_ref().map_or_else(|| word.to_owned(), |a| format!("{word}_{}", a.text));
    let attribute = item.attribute.as_ref().map_or_else(String::new, AttrPath::canonical);
    (item.function, attribute, item.alias.as_ref().map_or_else(default, |a| a.text.clone()))
}

/// Without WITH: one aggregate of every shown attribute that is no key.
fn automatic(input: &Var, keys: &[Key]) -> Result<Vec<(Function, String, String)>, String> {
    let keys: Vec<String> = keys.iter().filter_map(|k| if let Key::Attr(a) = k { Some(a.canonical()) } else { None }).collect();
    let columns = input.all_columns().ok_or("columns that the oracle does not know")?;
    if matches!(input.shape, Shape::Table(..)) {
        return Err("GROUP of groups without WITH is not of the oracle".to_owned());
    }
    let of = |(header, name): (String, String)| {
        let number = match attributes::kind(&input.entity, &name) {
            Some(kind) => kind == Kind::Number,
            None => name == "depth" || input.added_kinds.get(&name) == Some(&Kind::Number),
        };
        let (function, result) = match header.as_str() {
            "number_observed" => (Function::Sum, header.clone()),
            "first_observed" => (Function::Min, header.clone()),
            "last_observed" => (Function::Max, header.clone()),
            _ if number && !header.ends_with("port") && !header.ends_with("pid") => (Function::Avg, format!("mean_{header}")),
            _ => (Function::NUnique, format!("unique_{header}")),
        };
        (function, name, result)
    };
    Ok(columns.into_iter().filter(|(_, name)| !keys.contains(name)).map(of).collect())
}

impl Hunt<'_> {
    pub(crate) fn group(&self, group: &Group) -> Result<Var, String> {
        let input = self.var(&group.variable.text)?;
        let aggregates: Vec<(Function, String, String)> = match &group.aggregates {
            Some(items) => items.iter().map(written).collect(),
            None => automatic(&input, &group.keys)?,
        };
        let view = View::of(&input, self.world);
        let mut groups: BTreeMap<Vec<NullLast>, Vec<RowId>> = BTreeMap::new();
        let mut headers = Vec::new();
        for key in &group.keys {
            headers.push(match key {
                Key::Attr(attribute) => attribute.text.clone(),
                Key::Bin { attribute, .. } => format!("{}_bin", attribute.text),
            });
        }
        for row in input.rows(self.world) {
            let mut key = Vec::new();
            for part in &group.keys {
                key.push(NullLast(match part {
                    Key::Attr(attribute) => view.value(&row, &attribute.canonical()),
                    Key::Bin { attribute, size, time, .. } => {
                        binned(view.value(&row, &attribute.canonical()), size.ok_or("no bin size")?, *time)?
                    }
                }));
            }
            groups.entry(key).or_default().push(row);
        }
        let mut table = Vec::new();
        for (key, rows) in groups {
            let mut columns: BTreeMap<String, Option<Val>> = BTreeMap::new();
            for (header, part) in headers.iter().zip(key) {
                columns.insert(header.replace("[*]", "").replace('\'', ""), part.0);
            }
            for (function, name, header) in &aggregates {
                let values: Vec<Option<Val>> = rows.iter().map(|row| view.value(row, name)).collect();
                let value = match function {
                    Function::First | Function::Last => {
                        let timed: Vec<_> = rows.iter().map(|row| view.time(row)).zip(values).collect();
                        by_time(*function, &timed)
                    }
                    _ if name.is_empty() => Some(Val::Int(rows.len() as i64)),
                    _ => aggregate(*function, &values)?,
                };
                columns.insert(header.replace("[*]", "").replace('\'', ""), value);
            }
            table.push(columns);
        }
        let mut var = Var::new(&input.entity, input.window, input.sources.clone());
        headers.extend(aggregates.into_iter().map(|(.., header)| header));
        var.shape = Shape::Table(table, headers);
        (var.born, var.grouped) = ("group", if let Shape::Table(..) = input.shape { input.grouped } else { input.records().len() });
        Ok(var)
    }

    pub(crate) fn join(&self, join: &Join) -> Result<Var, String> {
        let (left, right) = (self.var(&join.left.text)?, self.var(&join.right.text)?);
        if !matches!(left.shape, Shape::Entities | Shape::PerRecord) {
            return Err("a JOIN of a table".to_owned());
        }
        if join.by.is_empty() && (left.entity != right.entity || matches!(right.shape, Shape::Table(..))) {
            return Err("a JOIN without BY of two types".to_owned());
        }
        // Without BY entities are compared: their rows stand for them.
        let key = |view: &View<'_>, row: &RowId, by: &[&AttrPath]| match by {
            [] => view.ident(row).map(JoinKey::Entity),
            by => by.iter().map(|by| view.value(row, &by.canonical())).collect::<Option<Vec<Val>>>().map(JoinKey::Values),
        };
        let (by_left, by_right): (Vec<_>, Vec<_>) = join.by.iter().map(|(l, r)| (l, r)).unzip();
        let within = match &join.within {
            Some(within) => Some(within.nanos.ok_or("an unreadable length")?),
            None => None,
        };
        let (left_view, right_view) = (View::of(&left, self.world), View::of(&right, self.world));
        let mut of_right: BTreeMap<JoinKey, Vec<RowId>> = BTreeMap::new();
        for row in right.rows(self.world) {
            if let Some(value) = key(&right_view, &row, &by_right) {
                of_right.entry(value).or_default().push(row);
            }
        }
        let mut pairs = Vec::new();
        for row in left.rows(self.world) {
            let Some(value) = key(&left_view, &row, &by_left) else { continue };
            for other in of_right.get(&value).into_iter().flatten() {
                let follows = |within: i64| {
                    let apart = Some(right_view.time(other)? - left_view.time(&row)?)?;
                    Some(0 <= apart && apart <= within)
                };
                if within.is_none_or(|within| follows(within) == Some(true)) {
                    pairs.push((row.clone(), other.clone()));
                }
            }
        }
        let mut var = Var { unidentified: 0, order: None, born: "join", ..(*left).clone() };
        var.shape = Shape::Pairs(pairs, right.clone());
        keep_left(&mut var);
        Ok(var)
    }
}
