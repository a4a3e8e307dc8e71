//! `NEW process [{…}]`: entities written in the huntflow.

mod grammar;

pub(crate) use grammar::grammar;

use crate::catalog::{EntityId, ValueType};
use crate::check::hir::{self, Attr, Birth, Column, Shape, SightingAttr};
use crate::check::{Checked, Checker, ColumnInfo, Draft, Found};
use crate::diag::codes::types::{BAD_VALUE, DUPLICATE_COLUMN, MISSING_TYPE, MIXED_TYPES, OVERRIDDEN_TYPE, RECORD_ATTRIBUTE};
use crate::diag::{Diagnostic, Reported};
use crate::plan::{Full, Lowering, Op};
use crate::source::Span;
use crate::syntax::ast::{AttrPath, Ident, Literal, LiteralKind};
use crate::value::Value;
use foldhash::HashSet;

/// The syntax of NEW.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct New {
    /// The type; may be given as a `type` key instead.
    pub entity: Option<Ident>,
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
    /// They could not be read, which was reported.
    Error,
}

/// One `key: value` of an object. The value is text, a number, `true`, `false` or null.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Field {
    pub key: Ident,
    /// The value; `None` is null. `true` and `false` are `LiteralKind::Word`.
    pub value: Option<Literal>,
}

impl New {
    /// Checks the type, the columns and the values.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let entity = self.entity_type(cx)?;
        let mut table = Table { entity, columns: Vec::new(), rows: Vec::new() };
        let filled = match &self.rows {
            Rows::Names(names) => table.names(cx, names),
            Rows::Objects(objects) => table.objects(cx, objects),
            Rows::Error => Err(cx.told()),
        };
        let mut draft =
            Draft { window: cx.command_line_window(), sources: cx.named_sources(), ..Draft::entities(entity, Birth::New) };
        draft.columns = table.added();
        if let Shape::Entities { added, .. } = &mut draft.shape {
            *added = draft.columns.iter().map(|c| c.name.clone()).collect();
        }
        let out = cx.bind(draft);
        filled?;
        cx.step(hir::NewStep { out, entity, columns: table.columns, rows: table.rows });
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
                    .fix("name the type", Span { end: self.span.start, ..self.span }, format!("{} ", cx.catalog.example_type()));
                Err(cx.report(diagnostic))
            }
        }
    }
}

/// The value of a `type` key.
fn key_type(cx: &mut Checker<'_>, field: &Field) -> Result<(EntityId, Span), Reported> {
    let Some(Literal { kind: LiteralKind::Text(text) | LiteralKind::Word(text), span, .. }) = &field.value else {
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
    /// Adds rows that are strings: values of the primary attribute.
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

    /// Adds rows that are objects: a column for each key, absent in a row that lacks the key.
    fn objects(&mut self, cx: &mut Checker<'_>, objects: &[Vec<Field>]) -> Result<(), Reported> {
        let mut failed = None;
        for object in objects {
            let mut row: Vec<Option<Value>> = vec![None; self.columns.len()];
            let mut seen: HashSet<usize> = HashSet::default();
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
            let header = attr.name(cx.catalog, Some(self.entity));
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

    /// The columns outside the catalog, with the type of their values where all have the same.
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
        LiteralKind::Reference(_) | LiteralKind::Parameter(_) | LiteralKind::Error => return Err(cx.told()),
    })
}

impl hir::NewStep {
    /// Adds the written rows.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        let op = Op::New { columns: self.columns.clone(), rows: self.rows.clone() };
        let node = cx.node(op, self.entity, vec![]);
        cx.bind(self.out, &[], node, Full::Raw);
    }
}
