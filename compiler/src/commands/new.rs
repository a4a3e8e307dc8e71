//! `NEW process [{…}]`: entities written in the huntflow.

use crate::catalog::{EntityId, ValueType};
use crate::check::hir::{Attr, Column, Shape, SightingAttr, StepKind};
use crate::check::{Checked, Checker, ColumnInfo, Draft, Found};
use crate::diag::codes::syntax::BAD_ROWS;
use crate::diag::codes::types::{BAD_VALUE, DUPLICATE_COLUMN, MISSING_TYPE, MIXED_TYPES, OVERRIDDEN_TYPE, RECORD_ATTRIBUTE};
use crate::diag::{Diagnostic, Reported};
use crate::source::Span;
use crate::syntax::Parts;
use crate::syntax::ast::{AttrPath, Command, Ident, Literal, LiteralKind};
use crate::syntax::clause::clauses;
use crate::syntax::fault::{Expect, Tokens};
use crate::syntax::grammar::{
    Extra, Input, P, Stop, close, comma, entity, expected, kind, look, need, opener, place, skip, tell, text_of,
};
use crate::syntax::literal::literal;
use crate::syntax::token::{Keyword, Kind, Token};
use crate::value::Value;
use chumsky::prelude::*;
use rustc_hash::FxHashSet;

/// The syntax of NEW.
#[derive(Clone, PartialEq, Debug)]
pub struct New {
    /// The type; may be given as a `type` key instead.
    pub entity: Option<Ident>,
    /// The rows.
    pub rows: Rows,
    /// The bracketed part.
    pub span: Span,
}

/// The rows of NEW.
#[derive(Clone, PartialEq, Debug)]
pub enum Rows {
    /// `["a", "b"]`: values of the type's primary attribute.
    Names(Vec<Literal>),
    /// `[{"name": "a"}]`: flat objects.
    Objects(Vec<Vec<Field>>),
    /// Not readable; reported.
    Error,
}

/// One `key: value` of an object. The value is text, a number, or one of the words below.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// The key.
    pub key: Ident,
    /// The value; `None` is null. `true` and `false` are `LiteralKind::Word`.
    pub value: Option<Literal>,
}

/// `NEW [TYPE] [rows]`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Command> {
    let rows = kind(Kind::OpenBracket, Expect::Rows)
        .ignore_then(rows())
        .then_ignore(close(Kind::CloseBracket, Expect::CloseBracket))
        .map_with(|rows, e| (rows, place(e.slice())));
    opener(Keyword::New)
        .ignore_then(entity().or_not().then(need(rows, Stop::Clause)))
        .then_ignore(clauses(&parts.clause, "NEW", &[]))
        .map(|(entity, rows)| rows.map_or(Command::Error, |(rows, span)| Command::New(New { entity, rows, span })))
        .boxed()
}

/// What stands between the brackets. The first row says which kind all are.
fn rows<'t>() -> P<'t, Rows> {
    let objects = commas(object()).map(|rows| rows.into_iter().collect::<Option<Vec<_>>>().map_or(Rows::Error, Rows::Objects));
    let names = commas(row_name()).map(|rows| rows.into_iter().collect::<Option<Vec<_>>>().map_or(Rows::Error, Rows::Names));
    let is_object = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == Kind::OpenBrace => Ok(()),
        _ => Err(expected(input, Expect::Rows)),
    });
    let empty = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == Kind::CloseBracket => {
            let found = Diagnostic::new(&BAD_ROWS, token.span, "NEW needs at least one row");
            tell(input, found.help("an example is NEW process [{\"name\": \"cmd.exe\"}]"));
            Ok(Rows::Error)
        }
        _ => Err(expected(input, Expect::Rows)),
    });
    choice((empty.boxed(), is_object.ignore_then(objects).boxed(), names.boxed()))
        .recover_with(via_parser(skip(Stop::Close).to(Rows::Error)))
        .boxed()
}

/// Parts with commas between; a comma behind the last is reported.
fn commas<'t, T: 't>(part: P<'t, T>) -> P<'t, Vec<T>> {
    let more = comma().ignore_then(part.clone()).repeated().collect::<Vec<_>>();
    let trailing = custom(|input: &mut Input<'t, '_>| {
        let closes = look(input, 1).is_some_and(|t| t.kind.closes());
        match look(input, 0) {
            Some(token) if token.kind == Kind::Comma && closes => {
                tell(input, Diagnostic::new(&BAD_ROWS, token.span, "nothing follows the comma").fix("remove it", token.span, ""));
                input.skip();
                Ok(())
            }
            _ => Err(expected(input, Expect::Comma)),
        }
    });
    part.then(more)
        .then_ignore(trailing.or_not())
        .map(|(first, more)| {
            let mut all = vec![first];
            all.extend(more);
            all
        })
        .boxed()
}

/// A row that is a string; None: reported.
fn row_name<'t>() -> P<'t, Option<Literal>> {
    custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if matches!(token.kind, Kind::Text | Kind::RawText) => {
            input.skip();
            Ok(Some(Literal { kind: LiteralKind::Text(json_text(token)), span: token.span }))
        }
        Some(token) if matches!(token.kind, Kind::Number | Kind::Word | Kind::OpenBrace) => {
            let found = Diagnostic::new(&BAD_ROWS, token.span, "rows are all strings or all objects");
            let example = "write [\"10.0.0.1\", \"10.0.0.2\"] or [{\"pid\": 1}, {\"pid\": 2}]";
            let quoted = format!("\"{}\"", token.text);
            let found = if token.kind == Kind::OpenBrace { found.help(example) } else { found.fix("quote it", token.span, quoted) };
            tell(input, found);
            input.skip();
            Ok(None)
        }
        _ => Err(expected(input, Expect::Rows)),
    })
    .then(custom(|input: &mut Input<'t, '_>| {
        while look(input, 0).is_some_and(|t| !matches!(t.kind, Kind::Comma | Kind::CloseBracket)) {
            input.skip();
        }
        Ok(())
    }))
    .map(|(row, ())| row)
    .boxed()
}

/// The text of a JSON string: as any string, and `\/` is `/`.
fn json_text(token: &Token<'_>) -> String {
    text_of(token).replace("\\/", "/")
}

/// `{"key": value, …}`; None: reported.
fn object<'t>() -> P<'t, Option<Vec<Field>>> {
    let field = key().then_ignore(kind(Kind::Colon, Expect::Colon)).then(json_value());
    let field = field.map(|(key, value)| value.map(|value| Field { key, value }));
    kind(Kind::OpenBrace, Expect::Rows)
        .ignore_then(commas(field.boxed()))
        .then_ignore(close(Kind::CloseBrace, Expect::CloseBrace))
        .map(|fields| fields.into_iter().collect())
        .boxed()
}

/// A quoted key.
fn key<'t>() -> impl Parser<'t, Tokens<'t>, Ident, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if matches!(token.kind, Kind::Text | Kind::RawText) => {
            input.skip();
            Ok(Ident { text: json_text(token), span: token.span })
        }
        _ => Err(expected(input, Expect::JsonKey)),
    })
}

/// A flat value: `Some(None)` is null, None is reported.
fn json_value<'t>() -> P<'t, Option<Option<Literal>>> {
    let scalar = custom(|input: &mut Input<'t, '_>| {
        let Some(token) = look(input, 0) else { return Err(expected(input, Expect::JsonValue)) };
        let is = |word: &str| token.text.eq_ignore_ascii_case(word);
        let value = match token.kind {
            Kind::Text | Kind::RawText => Some(LiteralKind::Text(json_text(token))),
            Kind::Word if is("null") => None,
            Kind::Word if is("true") || is("false") => Some(LiteralKind::Word(token.text.to_ascii_lowercase())),
            _ => return Err(expected(input, Expect::JsonValue)),
        };
        input.skip();
        Ok(Some(value.map(|kind| Literal { kind, span: token.span })))
    });
    let number_next = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == Kind::Number => Ok(()),
        _ => Err(expected(input, Expect::JsonValue)),
    });
    let number = number_next.ignore_then(literal()).map(|literal| Some(Some(literal)));
    let nested = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind.opens() || token.kind == Kind::TooDeep => {
            if token.kind != Kind::TooDeep {
                let found = Diagnostic::new(&BAD_ROWS, token.span, "rows of NEW are flat");
                tell(input, found.help("a reference is written with a dot: {\"parent_ref.pid\": 4}"));
            }
            input.skip();
            Ok(token.kind.opens())
        }
        _ => Err(expected(input, Expect::JsonValue)),
    });
    let closing = custom(|input: &mut Input<'t, '_>| {
        if look(input, 0).is_some_and(|t| t.kind.closes()) {
            input.skip();
        }
        Ok(())
    });
    let nested = nested.then(skip(Stop::Close)).then(closing).to(None);
    choice((scalar.boxed(), number.boxed(), nested.boxed())).boxed()
}

impl New {
    /// The type, the columns and the values.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let entity = self.entity_type(cx)?;
        let mut table = Table { entity, columns: Vec::new(), rows: Vec::new() };
        let filled = match &self.rows {
            Rows::Names(names) => table.names(cx, names),
            Rows::Objects(objects) => table.objects(cx, objects),
            Rows::Error => Err(cx.told()),
        };
        let mut draft = Draft { window: cx.command_line_window(), sources: cx.named_sources(), ..Draft::entities(entity, "new") };
        draft.columns = table.added();
        if let Shape::Entities { added, .. } = &mut draft.shape {
            *added = draft.columns.iter().map(|c| c.name.clone()).collect();
        }
        let out = cx.bind(draft);
        filled?;
        cx.step(StepKind::New { out, entity, columns: table.columns, rows: table.rows });
        Ok(())
    }

    /// The type: a `type` key wins over the written one, as in Kestrel.
    fn entity_type(&self, cx: &mut Checker<'_>) -> Result<EntityId, Reported> {
        let written = self.entity.as_ref().map(|word| Ok((cx.entity(word)?, word.span))).transpose()?;
        let mut keyed: Option<(EntityId, Span)> = None;
        if let Rows::Objects(objects) = &self.rows {
            for field in objects.iter().flatten().filter(|f| f.key.text == "type") {
                let entity = key_type(cx, field)?;
                match keyed {
                    Some((before, place)) if before != entity.0 => {
                        let message = format!("rows of {} and {} in one NEW", cx.type_name(before), cx.type_name(entity.0));
                        let diagnostic = Diagnostic::new(&MIXED_TYPES, entity.1, message)
                            .label("another type")
                            .also(place, "one type")
                            .help("one NEW for each type");
                        return Err(cx.report(diagnostic));
                    }
                    _ => keyed = keyed.or(Some(entity)),
                }
            }
        }
        match (written, keyed) {
            (Some((written, place)), Some((keyed, key))) => {
                if written != keyed {
                    let message = format!("the type key `{}` wins over `{}`", cx.type_name(keyed), cx.type_name(written));
                    let diagnostic = Diagnostic::new(&OVERRIDDEN_TYPE, place, message).label("not used").also(key, "used").fix(
                        "the type that is used",
                        place,
                        cx.type_name(keyed),
                    );
                    cx.report(diagnostic);
                }
                Ok(keyed)
            }
            (Some((entity, _)), None) | (None, Some((entity, _))) => Ok(entity),
            (None, None) if self.rows == Rows::Error => Err(cx.told()),
            (None, None) => {
                let diagnostic = Diagnostic::new(&MISSING_TYPE, self.span, "NEW does not tell the entity type of its rows")
                    .label("of which type?")
                    .fix("name the type", Span { end: self.span.start, ..self.span }, "process ");
                Err(cx.report(diagnostic))
            }
        }
    }
}

/// The value of a `type` key.
fn key_type(cx: &mut Checker<'_>, field: &Field) -> Result<(EntityId, Span), Reported> {
    let Some(Literal { kind: LiteralKind::Text(text) | LiteralKind::Word(text), span }) = &field.value else {
        let diagnostic =
            Diagnostic::new(&BAD_VALUE, field.key.span, "the type key needs the name of an entity type").label("not a name");
        return Err(cx.report(diagnostic.help("write \"type\": \"process\"")));
    };
    Ok((cx.entity(&Ident { text: text.clone(), span: *span })?, *span))
}

/// The rows of NEW, typed.
struct Table {
    entity: EntityId,
    columns: Vec<Column>,
    rows: Vec<Vec<Option<Value>>>,
}

impl Table {
    /// Strings: values of the primary attribute.
    fn names(&mut self, cx: &mut Checker<'_>, names: &[Literal]) -> Result<(), Reported> {
        let entity = cx.catalog.get(self.entity);
        let (primary, attribute) = (entity.primary, &entity.attributes[usize::from(entity.primary.0)]);
        self.columns.push(Column { header: attribute.name.clone(), attr: Attr::Catalog(primary) });
        let mut failed = None;
        for literal in names {
            match cx.new_value(literal, attribute.ty, &attribute.name) {
                Ok(value) => self.rows.push(vec![Some(value)]),
                Err(reported) => failed = Some(reported),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Objects: a column for each key; what a row lacks is absent.
    fn objects(&mut self, cx: &mut Checker<'_>, objects: &[Vec<Field>]) -> Result<(), Reported> {
        let mut failed = None;
        for object in objects {
            let mut row: Vec<Option<Value>> = vec![None; self.columns.len()];
            let mut seen: FxHashSet<usize> = FxHashSet::default();
            for field in object.iter().filter(|f| f.key.text != "type") {
                match self.field(cx, field) {
                    Ok((column, value)) => {
                        row.resize(self.columns.len(), None);
                        if !seen.insert(column) {
                            let message = format!("the key `{}` stands twice in one row", field.key.text);
                            let diagnostic = Diagnostic::new(&DUPLICATE_COLUMN, field.key.span, message).label("again");
                            failed = Some(cx.report(diagnostic.help("one value for each key")));
                        }
                        row[column] = value;
                    }
                    Err(reported) => failed = Some(reported),
                }
            }
            self.rows.push(row);
        }
        let width = self.columns.len();
        self.rows.iter_mut().for_each(|row| row.resize(width, None));
        failed.map_or(Ok(()), Err)
    }

    fn field(&mut self, cx: &mut Checker<'_>, field: &Field) -> Result<(usize, Option<Value>), Reported> {
        let path = AttrPath { entity: None, text: field.key.text.clone(), span: field.key.span };
        if SightingAttr::from_name(&path.canonical()).is_some() {
            let message = format!("`{}` belongs to records, NEW has none", field.key.text);
            let diagnostic = Diagnostic::new(&RECORD_ATTRIBUTE, field.key.span, message).label("of a record");
            return Err(cx.report(diagnostic.help("leave the key out, or give it another name")));
        }
        let (attr, ty) = match cx.known_attribute(self.entity, &path) {
            Some(Found { attr, ty, .. }) => (attr, ty),
            None => (Attr::Added(path.canonical()), None),
        };
        let column = self.columns.iter().position(|c| c.attr == attr).unwrap_or_else(|| {
            let header = cx.attribute_name(self.entity, &attr);
            self.columns.push(Column { header, attr });
            self.columns.len() - 1
        });
        let value = match (&field.value, ty) {
            (None, _) => None,
            (Some(literal), Some(ty)) => Some(cx.new_value(literal, ty, &field.key.text)?),
            (Some(literal), None) => Some(plain(cx, literal)?),
        };
        Ok((column, value))
    }

    /// The columns outside the catalog, with the type that all their values have.
    fn added(&self) -> Vec<ColumnInfo> {
        let added =
            self.columns.iter().enumerate().filter_map(|(i, c)| if let Attr::Added(n) = &c.attr { Some((i, n)) } else { None });
        let ty = |i: usize| {
            let mut types = self.rows.iter().filter_map(|r| r.get(i)?.as_ref()).map(|v| match v {
                Value::Int(_) | Value::Float(_) => Some(ValueType::Float),
                Value::Bool(_) => Some(ValueType::Boolean),
                Value::Text(_) => Some(ValueType::Text),
                _ => None,
            });
            let first = types.next().flatten()?;
            types.all(|t| t == Some(first)).then_some(first)
        };
        added.map(|(i, name)| ColumnInfo { name: name.clone(), ty: ty(i) }).collect()
    }
}

/// A value of a column outside the catalog, as JSON has it.
fn plain(cx: &Checker<'_>, literal: &Literal) -> Result<Value, Reported> {
    Ok(match &literal.kind {
        LiteralKind::Int(int) => Value::Int(*int),
        LiteralKind::Float(float) => Value::Float(*float),
        LiteralKind::Word(word) if word.eq_ignore_ascii_case("true") => Value::Bool(true),
        LiteralKind::Word(word) if word.eq_ignore_ascii_case("false") => Value::Bool(false),
        LiteralKind::Text(text) | LiteralKind::Word(text) => Value::text(text.as_str()),
        LiteralKind::Time(time) => Value::Time(*time),
        LiteralKind::Reference(_) | LiteralKind::Error => return Err(cx.told()),
    })
}
