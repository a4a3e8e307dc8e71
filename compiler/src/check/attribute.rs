//! Looking up entity types and attributes, with the nearest names where there is none.

use super::alias;
use super::context::Checker;
use super::foreign;
use super::hir::{Attr, Shape, SightingAttr, VarId};
use crate::catalog::{AttrId, Entity, EntityId, ValueType};
use crate::diag::codes::types::{
    DROPPED_ATTRIBUTE, LIST_INDEX, RECORD_ATTRIBUTE, UNDECLARED_ATTRIBUTE, UNKNOWN_ATTRIBUTE, UNKNOWN_TYPE,
};
use crate::diag::{Diagnostic, Reported, suggest};
use crate::syntax::ast::{AttrPath, Ident};
use crate::syntax::words;

/// An attribute that was found.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Found {
    pub(crate) attr: Attr,
    /// How its values compare; `None`: known only at run time.
    pub(crate) ty: Option<ValueType>,
}

impl Found {
    fn sighting(attr: SightingAttr) -> Self {
        Self { attr: Attr::Sighting(attr), ty: Some(attr.value_type()) }
    }
}

impl Checker<'_> {
    /// Looks up the entity type that a word names; an unknown one is reported.
    pub(crate) fn entity(&mut self, word: &Ident) -> Result<EntityId, Reported> {
        if word.is_missing() {
            return Err(self.told());
        }
        if let Some(id) = self.catalog.entity(&word.text) {
            return Ok(id);
        }
        let mut diagnostic =
            Diagnostic::new(&UNKNOWN_TYPE, word.span, format!("no entity type `{}`", word.text)).label("not an entity type");
        let dashed = word.text.replace('_', "-");
        let names: Vec<&str> = self.catalog.entities.iter().map(|e| e.name.as_str()).collect();
        let near = suggest::nearest(&dashed, names.iter().copied());
        let exact = names.iter().copied().find(|n| *n == dashed);
        let foreign = foreign::entity_type(&word.text);
        match exact.or(foreign).or_else(|| near.first().copied()) {
            Some(name) if foreign == Some(name) => diagnostic = diagnostic.fix("the type that has these", word.span, name),
            Some(name) => diagnostic = diagnostic.fix("an entity type with a similar name", word.span, name),
            None => diagnostic = diagnostic.note(format!("entity types: {}", names.join(", "))),
        }
        Err(self.report(diagnostic))
    }

    /// An attribute of the entities that a data source gives (GET and FIND).
    pub(crate) fn source_attribute(&mut self, entity: EntityId, path: &AttrPath) -> Result<Found, Reported> {
        if let Some(found) = self.catalog_attribute(entity, path) {
            self.index_fits(entity, path, &found)?;
            return Ok(found);
        }
        let name = path.canonical();
        if SightingAttr::from_name(&name).is_some() {
            let message = format!("`{name}` belongs to records, not to entities of a data source");
            let diagnostic = Diagnostic::new(&RECORD_ATTRIBUTE, path.span, message)
                .label("of a record")
                .help("START … STOP … limits the time of records; a variable can be filtered by this attribute");
            return Err(self.report(diagnostic));
        }
        Err(self.unknown_attribute(entity, path, &[], false))
    }

    /// A field of the record, whether or not an attribute of the type has its name (BY of observations).
    pub(crate) fn record_attribute(&mut self, entity: EntityId, path: &AttrPath) -> Result<Found, Reported> {
        self.field_of_record(entity, path).ok_or_else(|| self.unknown_field(path))
    }

    /// An attribute of a variable's rows.
    pub(crate) fn attribute(&mut self, var: VarId, path: &AttrPath) -> Result<Found, Reported> {
        let name = path.canonical();
        let added = self.columns_of(var).iter().find(|c| c.name == name || c.name == path.text);
        let added = added.map(|c| Found { attr: Attr::Added(c.name.clone()), ty: c.ty });
        let (entity, kept, open) = match &self.var(var).shape {
            Shape::Groups { of, columns, open, .. } => {
                let (of, open) = (*of, *open);
                let columns: Vec<String> = columns.clone();
                let unsure = self.unsure.contains(&var);
                if added.is_none() && open && !unsure {
                    self.undeclared(var, of, path);
                    return Ok(Found { attr: Attr::Added(name), ty: None });
                }
                return added.ok_or_else(|| if unsure { self.told() } else { self.unknown_column(of, path, &columns) });
            }
            Shape::Entities { entity, kept, open, .. } => (*entity, kept.clone(), *open),
        };
        let sighting = || SightingAttr::from_name(&name).map(Found::sighting);
        // A column that something added hides a field of the record of that name.
        let found = self.own_attribute(entity, path).or(added).or_else(sighting).or_else(|| self.field_of_record(entity, path));
        match (found, kept) {
            (Some(found), Some(kept)) if !kept.iter().any(|k| k.attr == found.attr) => {
                if self.unsure.contains(&var) {
                    return Err(self.told());
                }
                let headers: Vec<&str> = kept.iter().map(|k| k.header.as_str()).collect();
                Err(self.dropped(var, path, &headers))
            }
            (Some(found), _) => {
                self.index_fits(entity, path, &found)?;
                Ok(found)
            }
            (None, _) if self.widened.contains(&var) => Err(self.told()),
            (None, _) if open => {
                self.undeclared(var, entity, path);
                Ok(Found { attr: Attr::Added(name), ty: None })
            }
            (None, _) => {
                let columns: Vec<String> = self.columns_of(var).iter().map(|c| c.name.clone()).collect();
                Err(self.unknown_attribute(entity, path, &columns, true))
            }
        }
    }

    /// Reports `protocols[1]`: an index has the values of a list without their order. What has one value has it at 0.
    fn index_fits(&mut self, entity: EntityId, path: &AttrPath, found: &Found) -> Result<(), Reported> {
        let first = path.text.split('.').next().unwrap_or_default();
        let Some((name, number)) = words::index(first) else { return Ok(()) };
        let many = match &found.attr {
            Attr::Catalog(id) => self.catalog.attribute(entity, *id).many,
            Attr::Record(_) | Attr::Sighting(_) | Attr::Added(_) => false,
        };
        if !many && number.bytes().all(|b| b == b'0') {
            return Ok(());
        }
        let rest = path.text.get(first.len()..).unwrap_or_default();
        let diagnostic = Diagnostic::new(&LIST_INDEX, path.span, format!("`{}` cannot be asked for", path.text));
        let diagnostic = if many {
            diagnostic.label("records are found by the values of a list, not by their order").fix(
                "look at every value",
                path.span,
                format!("{name}[*]{rest}"),
            )
        } else {
            diagnostic.label("ECS has one value there").fix("look at that", path.span, format!("{name}{rest}"))
        };
        Err(self.report(diagnostic))
    }

    /// An attribute of the catalog, if the type has it.
    pub(crate) fn known_attribute(&self, entity: EntityId, path: &AttrPath) -> Option<Found> {
        self.catalog_attribute(entity, path)
    }

    /// How the values of an attribute of a variable compare.
    pub(crate) fn attribute_type(&self, var: VarId, attr: &Attr) -> Option<ValueType> {
        match attr {
            Attr::Added(name) => self.columns_of(var).iter().find(|c| c.name == *name)?.ty,
            _ => attr.value_type(self.catalog, Some(self.entity_of(var))),
        }
    }

    /// An attribute of the catalog, under its own name, its ECS field name, or another word for it; else a field of the record.
    fn catalog_attribute(&self, entity: EntityId, path: &AttrPath) -> Option<Found> {
        self.own_attribute(entity, path).or_else(|| self.field_of_record(entity, path))
    }

    /// An attribute that the type has. One behind `record:` is none.
    fn own_attribute(&self, entity: EntityId, path: &AttrPath) -> Option<Found> {
        let name = (!path.of_record()).then(|| path.canonical())?;
        let table = self.catalog.get(entity);
        let id = named(table, &name).or_else(|| {
            // `user:name` and `process:parent.name`: the type's word and the rest make the field's name.
            let word = path.entity.as_ref()?;
            named(table, &format!("{}.{name}", word.text))
        });
        Some(self.found(entity, Attr::Catalog(id?)))
    }

    /// A field of the record.
    fn field_of_record(&self, entity: EntityId, path: &AttrPath) -> Option<Found> {
        Some(self.found(entity, Attr::Record(self.catalog.record_field(&path.canonical())?)))
    }

    fn found(&self, entity: EntityId, attr: Attr) -> Found {
        let ty = attr.value_type(self.catalog, Some(entity));
        Found { attr, ty }
    }

    fn unknown_attribute(&mut self, entity: EntityId, path: &AttrPath, more: &[String], filter: bool) -> Reported {
        if path.of_record() {
            return self.unknown_field(path);
        }
        let table = self.catalog.get(entity);
        let name = path.canonical();
        let message = format!("{} has no attribute `{}`", table.name, path.text);
        let mut diagnostic =
            Diagnostic::new(&UNKNOWN_ATTRIBUTE, path.span, message).label(format!("not an attribute of {}", table.name));
        let known = table.attributes.iter().map(|a| a.name.as_str()).chain(more.iter().map(String::as_str));
        // Names of fields have dots, so a word without one is no misspelt field.
        let fields = self.catalog.record_field_names().filter(|_| name.contains('.'));
        let near = suggest::nearest(&name, known.clone().chain(fields));
        let containing = || known.clone().filter(|k| name.len() > 2 && k.to_ascii_lowercase().contains(&name.to_ascii_lowercase()));
        let foreign = foreign::attributes(&name);
        let other_words = || std::iter::once(name.as_str()).chain(foreign.iter().copied());
        let own = |word: &&&str| table.attribute(word).is_some() || self.catalog.record_field(word).is_some();
        if let Some(own) = foreign.iter().find(own) {
            diagnostic = diagnostic.fix("the same by its name here", path.span, *own);
        } else if let Some(first) = near.first() {
            diagnostic = diagnostic.fix(similar(&near), path.span, *first);
        } else if let Some((other, attr)) = other_words().find_map(|word| self.elsewhere(entity, word)) {
            diagnostic = diagnostic.note(if filter {
                format!(
                    "{other} has it: FIND leads there, and a GET from a data source can ask for `{other}:{attr}` in the same record"
                )
            } else {
                format!("{other} has it: `{other}:{attr}` in WHERE asks for one in the same record")
            });
        } else if containing().next().is_some() {
            let all: Vec<&str> = containing().take(3).collect();
            diagnostic = diagnostic.fix(similar(&all), path.span, all[0]);
        } else if let Some(field) = self.catalog.record_field_names().find(|field| ends_in(field, &name)) {
            diagnostic = diagnostic.fix("a field of the record ends in this name", path.span, field);
        } else if !name.contains('.') {
            let shown: Vec<&str> = table.attributes.iter().filter(|a| a.shown).map(|a| a.name.as_str()).collect();
            diagnostic = diagnostic.note(format!("attributes of {}: {}, …", table.name, shown.join(", ")));
        }
        // A misspelt attribute is no field of one's own, and what stands below a field is a copy of it in an index.
        let attribute = near.first().is_some_and(|near| table.attribute(near).is_some());
        let copy = name.rsplit_once('.').is_some_and(|(field, _)| self.catalog.record_field(field).is_some());
        if name.contains('.') && !attribute && !copy {
            diagnostic = diagnostic.help(declare(&name));
        }
        self.report(diagnostic)
    }

    /// Reports `record:` before what is no field of the record.
    fn unknown_field(&mut self, path: &AttrPath) -> Reported {
        let message = format!("`{}` is no field of the record", path.text);
        let name = path.canonical();
        let diagnostic = Diagnostic::new(&UNKNOWN_ATTRIBUTE, path.span, message).label("not known as one");
        let diagnostic = match suggest::best(&name, self.catalog.record_field_names()) {
            Some(near) => diagnostic.fix("a similar name", path.span, near),
            None => diagnostic.note("`huntc catalog FIELD` lists the fields that have a word in their names"),
        };
        let diagnostic = diagnostic.help(declare(&name));
        self.report(diagnostic)
    }

    /// Another entity type with this attribute or ECS field: the names of the type and of its attribute.
    fn elsewhere(&self, entity: EntityId, name: &str) -> Option<(&str, &str)> {
        let others = self.catalog.entities.iter().enumerate().filter(|(i, _)| *i != usize::from(entity.0));
        others.map(|(_, e)| e).find_map(|e| {
            // `hash` alone is no ECS field, `file.hash.md5` is one.
            let id = e.attribute(name).or_else(|| e.attribute_of_field(name).filter(|_| name.contains('.')))?;
            Some((e.name.as_str(), e.attributes[usize::from(id.0)].name.as_str()))
        })
    }

    fn unknown_column(&mut self, of: EntityId, path: &AttrPath, columns: &[String]) -> Reported {
        let message = format!("the groups have no column `{}`", path.text);
        let near = suggest::nearest(&path.canonical(), columns.iter().map(String::as_str));
        let mut diagnostic = Diagnostic::new(&UNKNOWN_ATTRIBUTE, path.span, message).label("not a column").note(format!(
            "a GROUP of {} has the columns {}",
            self.type_name(of),
            columns.join(", ")
        ));
        if let Some(first) = near.first() {
            diagnostic = diagnostic.fix(similar(&near), path.span, *first);
        }
        self.report(diagnostic)
    }

    fn dropped(&mut self, var: VarId, path: &AttrPath, kept: &[&str]) -> Reported {
        let var = self.var(var);
        let message = format!("`{}` was dropped from `{}` by ATTR", path.text, var.name);
        let diagnostic = Diagnostic::new(&DROPPED_ATTRIBUTE, path.span, message)
            .label("no longer there")
            .also(var.span, "bound here")
            .note(format!("ATTR kept {}", kept.join(", ")))
            .help("add the attribute to that ATTR list, or use the variable before it");
        self.report(diagnostic)
    }

    /// The columns of a file that a variable comes from, for people.
    fn file_columns(&self, var: VarId) -> Option<String> {
        let names: Vec<&str> = self.columns_of(var).iter().map(|c| c.name.as_str()).take(8).collect();
        let known = self.known_files.contains(&var);
        known.then(|| if names.is_empty() { "none".to_owned() } else { names.join(", ") })
    }

    fn undeclared(&mut self, var: VarId, entity: EntityId, path: &AttrPath) {
        let name = path.canonical();
        let analytic = self.enriched.contains(&var);
        let (text, kind) = (&path.text, self.type_name(entity));
        let message = match (analytic, self.known_files.contains(&var)) {
            (false, true) => format!("`{text}` is no attribute of {kind}, and the file has no such column"),
            (false, false) => format!("`{text}` is no attribute of {kind}; only the file can add it"),
            (true, _) => format!("`{text}` is no attribute of {kind}; only an analytic can add it"),
        };
        let mut diagnostic = Diagnostic::new(&UNDECLARED_ATTRIBUTE, path.span, message).label("settled at run time");
        let table = self.catalog.get(entity);
        let columns = self.columns_of(var).iter().map(|c| c.name.as_str());
        if let Some(near) = suggest::best(&name, columns) {
            diagnostic = diagnostic.fix("a similar column", path.span, near);
        } else if let Some(near) = suggest::best(&name, table.attributes.iter().map(|a| a.name.as_str())) {
            diagnostic = diagnostic.fix(format!("a similar name that {} has", table.name), path.span, near);
        } else if let (false, Some(columns)) = (analytic, self.file_columns(var)) {
            diagnostic = diagnostic.help(format!("columns of the file beside those of {}: {columns}", table.name));
        } else if analytic {
            diagnostic = diagnostic.help("declare the analytic's `outputs` in huntc.toml to have them checked");
        }
        self.report(diagnostic);
    }
}

/// Looks a name up as the catalog's, then as that of an ECS field, then as an alias.
pub(crate) fn named(table: &Entity, name: &str) -> Option<AttrId> {
    let other = || alias::attributes(name).iter().find_map(|n| table.attribute(n));
    table.attribute(name).or_else(|| table.attribute_of_field(name)).or_else(other)
}

/// How a field that the field table lacks is made known.
fn declare(name: &str) -> String {
    format!("if records have it, say so under [fields] in huntc.toml: {}", declaration(name, ValueType::Text))
}

/// The line of `[fields]` in `huntc.toml` that gives a field a type.
pub(super) fn declaration(name: &str, ty: ValueType) -> String {
    format!("\"{name}\" = \"{}\"", ty.table_word())
}

/// Whether the last part of a field's name is this word; capitals and underscores do not count: `ScriptBlockText` is
/// `script_block_text`.
fn ends_in(field: &str, word: &str) -> bool {
    let letters = |text: &str| text.bytes().filter(|b| *b != b'_').map(|b| b.to_ascii_lowercase()).collect::<Vec<u8>>();
    field.rsplit('.').next().is_some_and(|last| letters(last) == letters(word))
}

/// The text in front of a suggested name; the message shows the first of `names` as its replacement.
fn similar(names: &[&str]) -> String {
    if names.len() == 1 {
        "a similar name".to_owned()
    } else {
        format!("similar names are {}; the nearest", suggest::either(names).replace(" or ", " and "))
    }
}
