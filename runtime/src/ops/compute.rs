//! WITH: further values of entities, each computed from a value of their row (semantics.md §4).

mod base64;
mod domain;
mod text;
mod url;

use crate::allowance::Allowance;
use crate::matching::{Undecidable, Unread};
use crate::table::{Rows, Table, tuple_bytes};
use huntc_compiler::catalog::ValueFunction;
use huntc_compiler::plan::pattern::regex::Extractor;
use huntc_compiler::plan::{Attr, ComputedColumn};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::borrow::Cow;
use std::cell::Cell;

/// The table with further attributes of its entities, or of the rows of a JOIN. Each may be computed from those before it. Beside
/// it, on how many values EXTRACT was stopped by its step limit; it found nothing in them.
pub fn compute(input: &Table, columns: &[ComputedColumn], allowance: &Allowance) -> Result<(Table, u64), Unread> {
    let mut table = Table::clone(input);
    let mut stopped = 0;
    let mut memory = allowance.lend("the values of WITH");
    for column in columns {
        let function = Call::new(column)?;
        let mut made = Vec::new();
        for value in read(&table, &column.attr) {
            allowance.check()?;
            let mut take = |bytes: usize| memory.grow(bytes).map_err(Unread::from);
            let value = function.of_row(value.as_ref(), &mut take)?;
            take(tuple_bytes(std::slice::from_ref(&value)))?;
            made.push(value);
        }
        write(&mut table, &column.name, made);
        stopped += function.stopped.get();
    }
    Ok((table, stopped))
}

/// The values of an attribute: one for each entity, or for each row of a JOIN.
fn read(table: &Table, attr: &Attr) -> Vec<Option<Value>> {
    match &table.rows {
        Rows::Explicit { .. } => table.column(attr),
        Rows::Entities | Rows::Records(..) => table.entity_values(attr).collect(),
    }
}

fn write(table: &mut Table, name: &str, values: Vec<Option<Value>>) {
    if let Rows::Explicit { columns, rows } = &mut table.rows {
        columns.push(Attr::Added(name.to_owned()));
        for (row, value) in rows.iter_mut().zip(values) {
            row.values.push(value);
        }
        return;
    }
    table.add_column(name, values);
}

/// A function with its literals, ready to be called.
struct Call<'a> {
    function: ValueFunction,
    arguments: &'a [Value],
    extractor: Option<Extractor>,
    /// How many values the extractor was stopped on.
    stopped: Cell<u64>,
}

impl<'a> Call<'a> {
    fn new(column: &'a ComputedColumn) -> Result<Self, Undecidable> {
        let ComputedColumn { function, arguments, .. } = column;
        let extractor = match (function, arguments.first()) {
            (ValueFunction::Extract, Some(pattern)) => {
                Some(Extractor::parse(&pattern.to_string()).map_err(|e| Undecidable(e.message))?)
            }
            _ => None,
        };
        Ok(Self { function: *function, arguments, extractor, stopped: Cell::new(0) })
    }

    /// The value for a row's value. Of several values each is computed; what gives nothing is left out.
    fn of_row(&self, value: Option<&Value>, take: &mut impl FnMut(usize) -> Result<(), Unread>) -> Result<Option<Value>, Unread> {
        if self.function == ValueFunction::Coalesce {
            return Ok(value.or(self.arguments.first()).cloned());
        }
        let mut made = Vec::new();
        for value in value.map_or(&[][..], Value::each) {
            made.extend(self.of(value, take)?);
        }
        Ok(if made.len() > 1 { Some(Value::List(made.into())) } else { made.pop() })
    }

    fn of(&self, value: &Value, take: &mut impl FnMut(usize) -> Result<(), Unread>) -> Result<Option<Value>, Unread> {
        if let ValueFunction::Hour | ValueFunction::Weekday = self.function {
            return Ok(self.of_time(value));
        }
        let text = match value {
            Value::Text(text) => Cow::Borrowed(&**text),
            other => Cow::Owned(other.to_string()),
        };
        Ok(match self.function {
            ValueFunction::Lower => Some(Value::text(text.to_ascii_lowercase())),
            ValueFunction::Length => Some(Value::Int(text.chars().count() as i64)),
            ValueFunction::Extract => {
                let Some(extractor) = &self.extractor else { return Ok(None) };
                let found = extractor.first_group(&text).unwrap_or_else(|_| {
                    self.stopped.set(self.stopped.get() + 1);
                    None
                });
                found.map(Value::text)
            }
            ValueFunction::Replace => match self.arguments {
                [Value::Text(from), Value::Text(to)] => {
                    // This is the one function whose value may be longer than what it is computed from.
                    take(text.len() + text.matches(&**from).count() * to.len())?;
                    Some(Value::text(text.replace(&**from, to)))
                }
                _ => None,
            },
            ValueFunction::Base64 => base64::decoded(&text).map(Value::text),
            ValueFunction::UrlScheme => url::parts(&text).scheme.map(Value::text),
            ValueFunction::UrlHost => url::parts(&text).host.map(Value::text),
            ValueFunction::UrlPort => url::parts(&text).port.map(Value::Int),
            ValueFunction::UrlPath => url::parts(&text).path.map(Value::text),
            ValueFunction::UrlQuery => url::parts(&text).query.map(Value::text),
            ValueFunction::RegisteredDomain => domain::parts(&text).and_then(|p| p.registered).map(Value::text),
            ValueFunction::Subdomain => domain::parts(&text).and_then(|p| p.labels).map(Value::text),
            ValueFunction::PublicSuffix => domain::parts(&text).map(|p| Value::text(p.suffix)),
            ValueFunction::Entropy => Some(Value::Float(text::entropy(&text))),
            ValueFunction::Hour | ValueFunction::Weekday | ValueFunction::Coalesce => None,
        })
    }

    fn of_time(&self, value: &Value) -> Option<Value> {
        let instant = match value {
            Value::Time(instant) => *instant,
            Value::Text(text) => Instant::parse(text)?,
            _ => return None,
        };
        let hours = instant.0.div_euclid(HOUR);
        Some(Value::Int(match self.function {
            ValueFunction::Hour => hours.rem_euclid(24),
            // The first of January 1970 was a Thursday.
            _ => (hours.div_euclid(24) + 3).rem_euclid(7) + 1,
        }))
    }
}

/// Nanoseconds of an hour.
const HOUR: i64 = 3_600_000_000_000;

#[cfg(test)]
mod tests;
