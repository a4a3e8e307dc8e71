//! What works on rows: assignments, SORT, transformers, DISP, filters of tables.

use super::pattern::{prepare, single};
use super::value::{Kind, NullLast, Val};
use super::variable::{RecordId, RowId, Shape, Var, View};
use super::{Display, Hunt, attributes};
use huntc_compiler::syntax::ast::{AttrPath, Expression, Observation, SortBy};
use serde_json::Value as Json;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::rc::Rc;

impl Hunt<'_> {
    /// WITH, then WHERE, then the transformer, then SORT: a variable with its rows.
    fn shaped(&self, expression: &Expression) -> Result<(Var, Vec<RowId>), String> {
        let mut input = self.var(&expression.variable.text)?;
        if let Some(calls) = &expression.computed {
            if expression.transformer.is_some() {
                return Err("WITH and a transformer".to_owned());
            }
            input = self.with(&input, calls)?;
        }
        let mut var = match &expression.filter {
            Some(filter) => self.filtered(&input, Some(filter), None)?,
            None => Var { unidentified: 0, ..(*input).clone() },
        };
        if expression.transformer.is_some() {
            if !matches!(var.shape, Shape::Entities | Shape::PerRecord) {
                return Err("a transformer of a table".to_owned());
            }
            var.shape = Shape::PerRecord;
            var.own = expression.transformer.map_or(&[][..], |t| t.columns());
            var.order = None;
        }
        let mut rows = var.rows(self.world);
        if let Some(by) = &expression.sort {
            self.sort(&var, &mut rows, by);
        }
        Ok((var, rows))
    }

    fn sort(&self, var: &Var, rows: &mut Vec<RowId>, by: &SortBy) {
        let view = View::of(var, self.world);
        let name = by.attribute.canonical();
        let mut keyed: Vec<(NullLast, RowId)> = rows.drain(..).map(|row| (NullLast(view.value(&row, &name)), row)).collect();
        keyed.sort_by(|(a, _), (b, _)| match (&a.0, &b.0) {
            (Some(a), Some(b)) if !by.ascending => b.cmp(a),
            (None, None) => Ordering::Equal,
            _ => a.cmp(b),
        });
        rows.extend(keyed.into_iter().map(|(_, row)| row));
    }

    pub(crate) fn sorted(&self, name: &str, by: &SortBy) -> Result<Var, String> {
        let mut var = Var { unidentified: 0, born: "sort", ..(*self.var(name)?).clone() };
        let mut rows = var.rows(self.world);
        self.sort(&var, &mut rows, by);
        self.take(&mut var, rows);
        Ok(var)
    }

    pub(crate) fn assign(&self, expression: &Expression) -> Result<Var, String> {
        let (mut var, mut rows) = self.shaped(expression)?;
        let cut = expression.limit.is_some() || expression.offset.as_ref().and_then(|c| c.value).is_some_and(|n| n > 0);
        if cut || expression.sort.is_some() {
            let offset = expression.offset.as_ref().and_then(|c| c.value).unwrap_or(0) as usize;
            let limit = expression.limit.as_ref().and_then(|c| c.value).map_or(usize::MAX, |n| n as usize);
            rows = rows.into_iter().skip(offset).take(limit).collect();
            let ordered = var.order.is_some() || expression.sort.is_some();
            self.take(&mut var, rows);
            if !ordered {
                var.order = None;
            }
        }
        var.born = "assign";
        if let Some(attributes) = &expression.attributes {
            let kept = listed(&[], attributes);
            if let Shape::Table(_, headers) = &mut var.shape {
                *headers = kept.into_iter().map(|(header, _)| header).collect();
            } else {
                var.added_names.retain(|n| kept.iter().any(|(_, name)| name == n));
                var.kept = Some(kept);
            }
        }
        Ok(var)
    }

    /// Keeps these rows of a variable, in this order.
    fn take(&self, var: &mut Var, rows: Vec<RowId>) {
        let picked = |i: &RowId| if let RowId::Index(i) = i { *i } else { 0 };
        match &mut var.shape {
            Shape::Table(table, _) => {
                *table = rows.iter().map(|r| table[picked(r)].clone()).collect();
                return;
            }
            Shape::Pairs(pairs, _) => {
                *pairs = rows.iter().map(|r| pairs[picked(r)].clone()).collect();
                keep_left(var);
                return;
            }
            Shape::Entities => {
                let idents = rows.iter().filter_map(|r| if let RowId::Entity(i) = r { Some(i.clone()) } else { None });
                var.keep_only(&idents.collect());
            }
            Shape::PerRecord => {
                let left: BTreeSet<(super::identity::Ident, RecordId)> = rows
                    .iter()
                    .filter_map(|r| if let RowId::Record(_, i, id) = r { Some((i.clone(), *id)) } else { None })
                    .collect();
                for sighting in &mut var.sightings {
                    let row = sighting.record().map(|id| (sighting.ident.clone(), id));
                    sighting.counted &= row.is_some_and(|row| left.contains(&row));
                }
                let (idents, entity, world) = (var.idents(), var.entity.clone(), self.world);
                var.sightings.retain(|s| idents.contains(&s.ident) && (s.counted || s.is_creation(world, &entity)));
            }
        }
        var.order = Some(rows);
    }

    /// A WHERE on the rows of a GROUP or JOIN result.
    pub(crate) fn filtered_rows(&self, input: &Rc<Var>, filter: Option<&Observation>) -> Result<Var, String> {
        let mut var = Var { unidentified: 0, ..(**input).clone() };
        let Some(filter) = filter else { return Ok(var) };
        let view = View::of(input, self.world);
        let rows = input.rows(self.world);
        let kind_of = |name: &str| {
            // Several values are of one kind.
            let seen = || match rows.iter().find_map(|r| view.value(r, name)) {
                Some(Val::List(values)) => values.first().cloned(),
                one => one,
            };
            let known = attributes::kind(&input.entity, name);
            let known = match input.shape {
                // A column of groups is what its values are; identifiers stay identifiers.
                Shape::Table(..) => known.filter(|k| k.is_identifier() && matches!(seen(), Some(Val::Text(_)))),
                _ => known,
            };
            known.or_else(|| {
                Some(match seen() {
                    Some(Val::Int(_) | Val::Float(_)) => Kind::Number,
                    Some(Val::Addr(_)) => Kind::Addr,
                    Some(Val::Time(_)) => Kind::Time,
                    Some(Val::Bool(_)) => Kind::Bool,
                    _ => Kind::Text,
                })
            })
        };
        let ready = prepare(single(filter)?, &input.entity, &kind_of, &|r| self.refer(r), self.world.options.ignore_case)?;
        if ready.is_extended() {
            return Err("a filter cannot look at other types".to_owned());
        }
        let passes = |row: &RowId| {
            ready.holds(&|test| {
                let values = match view.value(row, &test.attribute) {
                    Some(Val::List(items)) => items,
                    other => other.into_iter().collect(),
                };
                test.holds(&values, &|| values.clone())
            })
        };
        let left: Vec<RowId> = rows.iter().filter(|r| passes(r)).cloned().collect();
        self.take(&mut var, left);
        Ok(var)
    }

    pub(crate) fn disp(&self, number: usize, expression: &Expression) -> Result<Option<Display>, String> {
        let (var, rows) = self.shaped(expression)?;
        let own = expression.transformer.map_or(&[][..], |t| t.columns());
        let columns = match &expression.attributes {
            Some(attributes) => listed(own, attributes),
            None => match var.all_columns() {
                Some(columns) => columns,
                None => return Ok(None),
            },
        };
        let view = View::of(&var, self.world);
        let (mut seen, mut projected) = (BTreeSet::new(), Vec::new());
        for row in &rows {
            let values: Vec<NullLast> = columns.iter().map(|(_, name)| NullLast(view.value(row, name))).collect();
            if seen.insert(values.clone()) {
                projected.push(values);
            }
        }
        let offset = expression.offset.as_ref().and_then(|c| c.value).unwrap_or(0) as usize;
        let limit = expression.limit.as_ref().and_then(|c| c.value).map_or(usize::MAX, |n| n as usize);
        let shown = projected.into_iter().skip(offset).take(limit);
        let mut display = Display {
            statement: number,
            variable: expression.variable.text.clone(),
            columns: columns.into_iter().map(|(header, _)| header).collect(),
            rows: shown.map(|r| r.into_iter().map(|v| v.0.map_or(Json::Null, |v| v.json())).collect()).collect(),
            unordered: var.entity == "x-oca-event",
        };
        display.hide_observations();
        Ok(Some(display))
    }
}

/// Header and attribute of an ATTR list behind a transformer's columns; what is named twice is one.
fn listed(own: &[&str], attributes: &[AttrPath]) -> Vec<(String, String)> {
    let mut columns: Vec<(String, String)> = own.iter().map(|n| ((*n).to_owned(), (*n).to_owned())).collect();
    for attribute in attributes {
        let name = attribute.canonical();
        if !columns.iter().any(|(header, n)| *header == attribute.text || (own.contains(&n.as_str()) && *n == name)) {
            columns.push((attribute.text.clone(), name));
        }
    }
    columns
}

/// Drops the entities of a JOIN that no pair holds any more.
pub(crate) fn keep_left(var: &mut Var) {
    let Shape::Pairs(pairs, _) = &var.shape else { return };
    let mut idents = BTreeSet::new();
    for (left, _) in pairs {
        if let RowId::Entity(ident) | RowId::Record(_, ident, _) = left {
            idents.insert(ident.clone());
        }
    }
    var.keep_only(&idents);
}
