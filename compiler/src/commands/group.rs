//! `GROUP v BY attr WITH COUNT(attr)`: rows counted and summed by keys.

mod grammar;

pub(crate) use grammar::grammar;

use crate::catalog::ValueType;
use crate::check::hir::{self, Birth, Column, Function, GroupKey, Shape, VarId};
use crate::check::{Checked, Checker, ColumnInfo, Draft, with_article};
use crate::diag::codes::types::{BAD_AGGREGATE, BAD_BIN, DUPLICATE_COLUMN};
use crate::diag::{Diagnostic, Reported};
use crate::plan::{Full, Lowering, Op};
use crate::source::Span;
use crate::syntax::ast::{AttrPath, Ident};

/// The syntax of GROUP.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Group {
    pub variable: Ident,
    pub keys: Vec<Key>,
    /// The aggregates after WITH; `None`: one for every other shown attribute.
    pub aggregates: Option<Vec<AggregateCall>>,
}

/// A grouping key.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the others are what they are called")]
pub enum Key {
    Attr(AttrPath),
    /// `BIN(attr, n unit)`
    Bin {
        attribute: AttrPath,
        /// Size of a bin: a plain number, or nanoseconds where a unit was written. `None`: it could not be read, which was
        /// reported.
        size: Option<i64>,
        /// Whether a unit was written.
        time: bool,
        span: Span,
    },
}

/// `COUNT(attr) AS name`, `COUNT(*) AS name`
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct AggregateCall {
    pub function: Function,
    /// `None` is the `*` of `COUNT(*)`.
    pub attribute: Option<AttrPath>,
    /// The column's name after AS.
    pub alias: Option<Ident>,
    pub span: Span,
}

impl Group {
    /// Checks the keys and aggregates, and makes the columns of the result.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let input = cx.resolve(&self.variable)?;
        let mut columns = Vec::new();
        let keys: Vec<_> = self.keys.iter().map(|key| key.check(cx, input, &mut columns)).collect();
        let keys: Result<Vec<_>, Reported> = keys.into_iter().collect();
        let aggregates = match &self.aggregates {
            Some(aggregates) => {
                let all: Vec<_> = aggregates.iter().map(|a| a.check(cx, input, &mut columns)).collect();
                all.into_iter().collect()
            }
            None => Ok(keys.as_ref().map(|keys| automatic(cx, input, keys, &mut columns)).unwrap_or_default()),
        };
        let (keys, aggregates) = (keys?, aggregates?);
        let names = columns.iter().map(|c| c.name.clone()).collect();
        let shape = Shape::Groups { of: cx.entity_of(input), columns: names, keys: keys.len(), open: false };
        let draft = Draft { shape, columns, ..cx.inherit(input, Birth::Group) };
        let out = cx.bind(draft);
        cx.step(hir::GroupStep { out, input, keys, aggregates });
        Ok(())
    }
}

impl Key {
    fn check(&self, cx: &mut Checker<'_>, input: VarId, columns: &mut Vec<ColumnInfo>) -> Result<GroupKey, Reported> {
        match self {
            Self::Attr(path) => {
                let found = cx.attribute(input, path)?;
                column(cx, columns, ColumnInfo { name: path.text.clone(), ty: found.ty }, path.span)?;
                Ok(GroupKey { header: path.text.clone(), attr: found.attr, bin: None })
            }
            Self::Bin { attribute, size, time, span } => {
                let found = cx.attribute(input, attribute)?;
                let size = size.ok_or_else(|| cx.told())?;
                bin_fits(cx, attribute, found.ty, size, *time, *span)?;
                let header = format!("{}_bin", attribute.text);
                let ty = if *time { ValueType::Time } else { ValueType::Integer };
                column(cx, columns, ColumnInfo { name: header.clone(), ty: Some(ty) }, *span)?;
                Ok(GroupKey { header, attr: found.attr, bin: Some((size, *time)) })
            }
        }
    }
}

/// Checks that BIN has a unit for times, and none for numbers.
fn bin_fits(
    cx: &mut Checker<'_>,
    attribute: &AttrPath,
    ty: Option<ValueType>,
    size: i64,
    time: bool,
    span: Span,
) -> Result<(), Reported> {
    let written = &attribute.text;
    let (message, help) = match ty {
        _ if size <= 0 => {
            ("the size of a bin must be greater than 0".to_owned(), format!("BIN({written}, 5 m) makes bins of five minutes"))
        }
        Some(ValueType::Time) if !time => {
            (format!("BIN of the time `{written}` needs a unit"), format!("BIN({written}, 5 m): d, h, m or s"))
        }
        Some(ty) if time && ty != ValueType::Time => (
            format!("BIN with a unit needs a time, `{written}` is {}", with_article(ty)),
            "TIMESTAMPED(v) has the time first_observed".to_owned(),
        ),
        Some(ty) if ty != ValueType::Time && !ty.is_number() => {
            (format!("BIN needs numbers or times, `{written}` is {}", with_article(ty)), format!("group by {written} itself"))
        }
        _ => return Ok(()),
    };
    Err(cx.report(Diagnostic::new(&BAD_BIN, span, message).label("cannot be binned").help(help)))
}

impl AggregateCall {
    /// Checks the aggregate and adds its column.
    fn check(&self, cx: &mut Checker<'_>, input: VarId, columns: &mut Vec<ColumnInfo>) -> Result<hir::Aggregate, Reported> {
        let found = self.attribute.as_ref().map(|attribute| cx.attribute(input, attribute)).transpose()?;
        let (word, text) = (self.function.word(), self.attribute.as_ref().map_or("", |a| &a.text));
        let ty = found.as_ref().and_then(|found| found.ty);
        self.times(cx, input)?;
        if let (Function::Sum | Function::Avg, Some(ty)) = (self.function, ty)
            && !ty.is_number()
        {
            let message = format!("{} needs numbers, `{}` is {}", word.to_uppercase(), text, with_article(ty));
            let diagnostic = Diagnostic::new(&BAD_AGGREGATE, self.span, message).label("cannot be added up").fix(
                "NUNIQUE counts distinct values",
                self.span,
                format!("NUNIQUE({text})"),
            );
            return Err(cx.report(diagnostic));
        }
        let default = if found.is_some() { format!("{word}_{text}") } else { word.to_owned() };
        let header = self.alias.as_ref().map_or(default, |a| a.text.clone());
        let place = self.alias.as_ref().map_or(self.span, |a| a.span);
        column(cx, columns, ColumnInfo { name: header.clone(), ty: result_type(self.function, ty) }, place)?;
        Ok(hir::Aggregate { header, function: self.function, attr: found.map(|found| found.attr) })
    }

    /// FIRST and LAST go by the times of rows, and groups have none.
    fn times(&self, cx: &mut Checker<'_>, input: VarId) -> Checked {
        if matches!(self.function, Function::First | Function::Last) {
            cx.needs_entities(input, self.span, &self.function.word().to_uppercase())?;
        }
        Ok(())
    }
}

/// Adds a column to the result; its name must be new.
fn column(cx: &mut Checker<'_>, columns: &mut Vec<ColumnInfo>, column: ColumnInfo, place: Span) -> Result<(), Reported> {
    if columns.iter().any(|c| c.name == column.name) {
        let message = format!("two columns have the name `{}`", column.name);
        let diagnostic =
            Diagnostic::new(&DUPLICATE_COLUMN, place, message).label("again").help("AS gives an aggregate another name");
        return Err(cx.report(diagnostic));
    }
    columns.push(column);
    Ok(())
}

fn result_type(function: Function, ty: Option<ValueType>) -> Option<ValueType> {
    match function {
        Function::Count | Function::NUnique => Some(ValueType::Integer),
        Function::Avg => Some(ValueType::Float),
        Function::Min | Function::Max | Function::Sum | Function::List | Function::First | Function::Last => ty,
    }
}

/// The aggregates of a GROUP without WITH: one of every other attribute that is shown.
fn automatic(cx: &Checker<'_>, input: VarId, keys: &[GroupKey], columns: &mut Vec<ColumnInfo>) -> Vec<hir::Aggregate> {
    let mut aggregates = Vec::new();
    for Column { header, attr } in cx.all_columns(input) {
        let ty = cx.attribute_type(input, &attr);
        let (function, name) = match header.as_str() {
            "number_observed" => (Function::Sum, header.clone()),
            "first_observed" | "start" => (Function::Min, header.clone()),
            "last_observed" | "end" => (Function::Max, header.clone()),
            // Ports and process ids are numbers that nobody averages.
            name if ty.is_some_and(ValueType::is_number) && !name.ends_with("port") && !name.ends_with("pid") => {
                (Function::Avg, format!("mean_{header}"))
            }
            _ => (Function::NUnique, format!("unique_{header}")),
        };
        if keys.iter().any(|k| k.attr == attr && k.bin.is_none()) || columns.iter().any(|c| c.name == name) {
            continue;
        }
        columns.push(ColumnInfo { name: name.clone(), ty: result_type(function, ty) });
        aggregates.push(hir::Aggregate { header: name, function, attr: Some(attr) });
    }
    aggregates
}

impl hir::GroupStep {
    /// Adds the groups of the full table's rows.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        let table = cx.full(self.input);
        let op = Op::Group { keys: self.keys.clone(), aggregates: self.aggregates.clone() };
        let node = cx.node(op, cx.entity(self.input), vec![table]);
        cx.bind(self.out, &[self.input], node, Full::Raw);
    }
}
