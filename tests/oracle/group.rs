//! GROUP and JOIN.

use super::Hunt;
use super::rows::keep_left;
use super::value::{NullLast, Val, format_seconds};
use super::variable::{RowId, Shape, Var, View};
use huntc_compiler::commands::group::{Function, Group, Key};
use huntc_compiler::commands::join::Join;
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
    })
}

impl Hunt<'_> {
    pub(crate) fn group(&self, group: &Group) -> Result<Var, String> {
        let input = self.var(&group.variable.text)?;
        let aggregates = group.aggregates.as_ref().ok_or("GROUP without WITH is not of the oracle")?;
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
            for item in aggregates {
                let name = item.attribute.canonical();
                let header = item.alias.as_ref().map_or_else(|| format!("{}_{name}", item.function.word()), |a| a.text.clone());
                let values: Vec<Option<Val>> = rows.iter().map(|row| view.value(row, &name)).collect();
                columns.insert(header, aggregate(item.function, &values)?);
            }
            table.push(columns);
        }
        let mut var = Var::new(&input.entity, input.window, input.sources.clone());
        var.shape = Shape::Table(table);
        Ok(var)
    }

    pub(crate) fn join(&self, join: &Join) -> Result<Var, String> {
        let (left, right) = (self.var(&join.left.text)?, self.var(&join.right.text)?);
        if !matches!(left.shape, Shape::Entities | Shape::PerRecord) {
            return Err("a JOIN of a table".to_owned());
        }
        let (by_left, by_right) = join.by.as_ref().ok_or("JOIN without BY is not of the oracle")?;
        let (left_view, right_view) = (View::of(&left, self.world), View::of(&right, self.world));
        let mut of_right: BTreeMap<Val, Vec<RowId>> = BTreeMap::new();
        for row in right.rows(self.world) {
            if let Some(value) = right_view.value(&row, &by_right.canonical()) {
                of_right.entry(value).or_default().push(row);
            }
        }
        let mut pairs = Vec::new();
        for row in left.rows(self.world) {
            let Some(value) = left_view.value(&row, &by_left.canonical()) else { continue };
            for other in of_right.get(&value).into_iter().flatten() {
                pairs.push((row.clone(), other.clone()));
            }
        }
        let mut var = Var { unidentified: 0, order: None, ..(*left).clone() };
        var.shape = Shape::Pairs(pairs, right.clone());
        keep_left(&mut var);
        Ok(var)
    }
}
