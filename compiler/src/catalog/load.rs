//! Reads the catalog's tables, and lays the user's rows over them.
//!
//! A row with a mistake is left out and reported. A test asserts that the built-in tables have none, so reading them cannot
//! fail at run time; in the user's tables any mistake is an error.

use super::field_table::known_field;
use super::table::{CsvCell, Problem, parts, read, read_part};
use super::words::{rule_named, value_type};
use super::{
    Access, AttrId, Attribute, Catalog, Entity, EntityId, Guard, Identity, OwnField, Relation, Rule, ShownField, Slot, SlotId,
    ValueType, Way,
};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The tables that come with huntc.
struct Tables {
    entities: &'static str,
    slots: &'static str,
    attributes: &'static str,
    relations: &'static str,
    findings: &'static str,
    shown_fields: &'static str,
}

const BUILTIN: Tables = Tables {
    entities: include_str!("data/entities.csv"),
    slots: include_str!("data/slots.csv"),
    attributes: include_str!("data/attributes.csv"),
    relations: include_str!("data/relations.csv"),
    findings: include_str!("data/findings.csv"),
    shown_fields: include_str!("data/shown_fields.csv"),
};

const ENTITY_COLUMNS: [&str; 8] = ["entity", "aliases", "words", "primary", "key", "required", "flags", "everything"];
const SLOT_COLUMNS: [&str; 3] = ["entity", "slot", "flags"];
const ATTRIBUTE_COLUMNS: [&str; 7] = ["entity", "slot", "attribute", "type", "rule", "fields", "flags"];
const RELATION_COLUMNS: [&str; 6] = ["output", "relation", "by", "input", "pivots", "reason"];

impl Catalog {
    /// The catalog that comes with huntc.
    pub fn builtin() -> &'static Self {
        static BUILT: OnceLock<Catalog> = OnceLock::new();
        BUILT.get_or_init(|| builtin().0)
    }

    /// This catalog with the user's rows: tables with the columns of the built-in ones, told apart by their headers. A row of
    /// the attribute table adds an attribute, or replaces how one is read in a slot; rows of the other tables add types, slots
    /// and relations. Mistakes are reported with `name` as the file. Ids of this catalog stay valid in the new one.
    pub fn with_overlay(&self, name: &str, csv: &str) -> Result<Self, Vec<Problem>> {
        let mut loader = Loader { catalog: self.clone(), problems: Vec::new(), table: name, overlay: true };
        let (mut entities, mut relations) = (Vec::new(), Vec::new());
        for part in parts(csv, &[ENTITY_COLUMNS[0], RELATION_COLUMNS[0]]) {
            let is = |columns: &[&str]| part.1.lines().any(|l| l.split(',').map(str::trim).eq(columns.iter().copied()));
            let problems = &mut loader.problems;
            if is(&ENTITY_COLUMNS) {
                let rows = read_part(name, part, ENTITY_COLUMNS, problems);
                for row in &rows {
                    loader.entity(row);
                }
                entities.extend(rows);
            } else if is(&SLOT_COLUMNS) {
                for row in read_part(name, part, SLOT_COLUMNS, problems) {
                    loader.slot(&row);
                }
            } else if is(&RELATION_COLUMNS) {
                relations.extend(read_part(name, part, RELATION_COLUMNS, problems));
            } else {
                for row in read_part(name, part, ATTRIBUTE_COLUMNS, problems) {
                    loader.attribute(&row);
                }
            }
        }
        for row in &entities {
            loader.identity(row);
        }
        for row in &relations {
            loader.relation(row);
        }
        if loader.problems.is_empty() { Ok(loader.catalog) } else { Err(loader.problems) }
    }
}

/// The built-in catalog, and the mistakes in its tables; a test asserts that there are none.
pub(super) fn builtin() -> (Catalog, Vec<Problem>) {
    let catalog = Catalog {
        entities: Vec::new(),
        relations: Vec::new(),
        own_fields: Vec::new(),
        lists: BTreeSet::new(),
        shown_fields: Vec::new(),
    };
    let mut loader = Loader { catalog, problems: Vec::new(), table: "", overlay: false };
    loader.tables(&BUILTIN);
    (loader.catalog, loader.problems)
}

struct Loader<'a> {
    catalog: Catalog,
    problems: Vec<Problem>,
    /// The name of the table being read, for reports.
    table: &'a str,
    /// Whether rows may replace earlier ones and name fields that are not ECS.
    overlay: bool,
}

impl Loader<'_> {
    fn tables(&mut self, tables: &Tables) {
        self.table = "entities.csv";
        let entities = read(self.table, tables.entities, ENTITY_COLUMNS, &mut self.problems);
        for row in &entities {
            self.entity(row);
        }
        self.table = "slots.csv";
        for row in read(self.table, tables.slots, SLOT_COLUMNS, &mut self.problems) {
            self.slot(&row);
        }
        self.table = "attributes.csv";
        for row in read(self.table, tables.attributes, ATTRIBUTE_COLUMNS, &mut self.problems) {
            self.attribute(&row);
        }
        self.table = "entities.csv";
        for row in &entities {
            self.identity(row);
        }
        self.table = "relations.csv";
        for row in read(self.table, tables.relations, RELATION_COLUMNS, &mut self.problems) {
            self.relation(&row);
        }
        self.table = "shown_fields.csv";
        for row in read(self.table, tables.shown_fields, ["field", "shown"], &mut self.problems) {
            self.shown_field(&row);
        }
        self.table = "findings.csv";
        for [entity, key] in read(self.table, tables.findings, ["entity", "key"], &mut self.problems) {
            let Some(id) = self.find_entity(&entity) else { continue };
            self.catalog.entities[usize::from(id.0)].finding_key = key.words().map(str::to_owned).collect();
        }
    }

    fn report(&mut self, cell: &CsvCell<'_>, message: String) {
        self.problems.push(Problem { table: self.table.to_owned(), line: cell.line, column: cell.column, message });
    }

    /// The entity type that a cell names.
    fn find_entity(&mut self, cell: &CsvCell<'_>) -> Option<EntityId> {
        let found = self.catalog.entity(&cell.text);
        if found.is_none() {
            self.report(cell, format!("`{}` is no entity type", cell.text));
        }
        found
    }

    /// Adds the type of a row of the entity table. Its identity is read after the attributes, whose names it uses.
    fn entity(&mut self, [name, aliases, words, _, _, _, flags, everything]: &[CsvCell<'_>; 8]) {
        let names = std::iter::once(&*name.text).chain(aliases.words()).chain(words.words());
        if let Some(known) = names.into_iter().find(|n| self.catalog.entity(n).is_some()).map(str::to_owned) {
            return self.report(name, format!("`{known}` is listed twice"));
        }
        if name.text.is_empty() || self.catalog.entities.len() > usize::from(u16::MAX >> 1) {
            return self.report(name, "the entity type needs a name, and there may be 32,768".to_owned());
        }
        let has = |flag: &str| flags.words().any(|f| f == flag);
        let identity = Identity {
            key: Vec::new(),
            required: Vec::new(),
            per_host: has("per_host"),
            ladder: has("ladder"),
            per_record: has("per_record"),
        };
        self.flags(flags, &["per_host", "ladder", "per_record", "whole_key", "linked_self_only", "equal_slots", "everyday"]);
        self.catalog.entities.push(Entity {
            name: name.text.to_string(),
            aliases: aliases.words().map(str::to_owned).collect(),
            words: words.words().map(str::to_owned).collect(),
            identity,
            primary: AttrId(0),
            everything: (!everything.text.is_empty()).then(|| everything.text.to_string()),
            whole_key: has("whole_key"),
            linked_self_only: has("linked_self_only"),
            equal_slots: has("equal_slots"),
            everyday: has("everyday"),
            finding_key: Vec::new(),
            slots: Vec::new(),
            attributes: Vec::new(),
        });
    }

    fn flags(&mut self, cell: &CsvCell<'_>, known: &[&str]) {
        if let Some(flag) = cell.words().find(|f| !known.contains(f)) {
            self.report(cell, format!("`{flag}` is no flag; there are {}", known.join(", ")));
        }
    }

    fn slot(&mut self, [entity, name, flags]: &[CsvCell<'_>; 3]) {
        self.flags(flags, &["get", "linked"]);
        let Some(id) = self.find_entity(entity) else { return };
        let has = |flag: &str| flags.words().any(|f| f == flag);
        let slot = Slot { name: name.text.to_string(), get: has("get"), linked: has("linked") };
        let entity = &mut self.catalog.entities[usize::from(id.0)];
        if name.text.is_empty() || entity.slot(&name.text).is_some() || entity.slots.len() > usize::from(u8::MAX >> 1) {
            return self.report(name, "the slot needs a name of its own, and there may be 128 of a type".to_owned());
        }
        entity.slots.push(slot);
        entity.attributes.iter_mut().for_each(|a| a.access.push(None));
    }

    fn identity(&mut self, [entity, _, _, primary, key, required_cell, _, _]: &[CsvCell<'_>; 8]) {
        let Some(id) = self.catalog.entity(&entity.text) else { return };
        let mut attributes = |cell: &CsvCell<'_>| -> Vec<AttrId> {
            let found = cell.words().map(|word| (word, self.catalog.get(id).attribute(word)));
            let (known, unknown): (Vec<_>, Vec<_>) = found.partition(|(_, attr)| attr.is_some());
            for (word, _) in unknown {
                self.problems.push(Problem {
                    table: self.table.to_owned(),
                    line: cell.line,
                    column: cell.column,
                    message: format!("`{word}` is no attribute of {}", entity.text),
                });
            }
            known.into_iter().filter_map(|(_, attr)| attr).collect()
        };
        let (primaries, key, required) = (attributes(primary), attributes(key), attributes(required_cell));
        let [primary_id] = primaries[..] else {
            return self.report(primary, format!("{} needs one primary attribute", entity.text));
        };
        if required.is_empty() && !self.catalog.get(id).identity.per_record {
            return self.report(required_cell, format!("{} needs attributes without which nothing stands in a slot", entity.text));
        }
        let entity = &mut self.catalog.entities[usize::from(id.0)];
        entity.primary = primary_id;
        entity.identity.key = key;
        entity.identity.required = required;
    }

    /// A row of the attribute table, built-in or the user's. The slot is empty only for a type without slots: no record has
    /// such an attribute.
    fn attribute(&mut self, [entity, slot, name, ty, rule, fields, flags]: &[CsvCell<'_>; 7]) {
        self.flags(flags, &["many", "shown", "own"]);
        let Some(id) = self.find_entity(entity) else { return };
        let Some(ty_value) = value_type(&ty.text) else {
            return self.report(ty, format!("`{}` is no value type", ty.text));
        };
        let slot_id = self.catalog.get(id).slot(&slot.text);
        if slot_id.is_none() && !(slot.text.is_empty() && self.catalog.get(id).slots.is_empty()) {
            let slots: Vec<&str> = self.catalog.get(id).slots.iter().map(|s| s.name.as_str()).collect();
            let message = format!("`{}` is no slot of {}; its slots are {}", slot.text, entity.text, slots.join(", "));
            return self.report(slot, message);
        }
        let access = match slot_id {
            None => None,
            Some(_) => match self.access(rule, fields, ty_value) {
                Some(access) => Some(Access { own: flags.words().any(|f| f == "own"), ..access }),
                None => return,
            },
        };
        let canonical = crate::attribute_name::canonical(&name.text);
        if canonical.is_empty() || self.catalog.get(id).attributes.len() > usize::from(u16::MAX >> 1) {
            return self.report(name, "the attribute needs a name, and there may be 32,768 of a type".to_owned());
        }
        let overlay = self.overlay;
        let entity_row = &mut self.catalog.entities[usize::from(id.0)];
        let attr = entity_row.attribute(&canonical).unwrap_or_else(|| {
            let access = vec![None; entity_row.slots.len()];
            entity_row.attributes.push(Attribute { name: canonical, ty: ty_value, many: false, shown: false, access });
            AttrId(entity_row.attributes.len() as u16 - 1)
        });
        let attribute = &mut entity_row.attributes[usize::from(attr.0)];
        if attribute.ty != ty_value {
            let message = format!("`{}` holds values of type {}", attribute.name, attribute.ty.word());
            return self.report(ty, message);
        }
        let many = flags.words().any(|f| f == "many");
        if let Some(access) = access.as_ref().filter(|_| many) {
            // Several fields of one value each make an attribute of several values, too.
            let single = |field: &str| known_field(field).is_some_and(|known| !known.many);
            let lists = access.fields.iter().filter(|field| access.fields.len() == 1 || !single(field));
            self.catalog.lists.extend(lists.cloned());
        }
        let place = slot_id.and_then(|s| attribute.access.get_mut(usize::from(s.0)));
        let twice = place.as_ref().is_some_and(|a| a.is_some()) && !overlay;
        if let Some(place) = place {
            *place = access;
        }
        attribute.many |= many;
        attribute.shown |= flags.words().any(|f| f == "shown");
        if twice {
            self.report(name, format!("`{}` is listed twice in a slot", name.text));
        }
    }

    /// How the rule of a row reads its fields. A field of a user's row that is unknown to the field table gets the usual index
    /// type of the attribute's values.
    fn access(&mut self, rule: &CsvCell<'_>, fields: &CsvCell<'_>, ty: ValueType) -> Option<Access> {
        let Some(rule_value) = rule_named(&rule.text) else {
            self.report(rule, format!("`{}` is no rule", rule.text));
            return None;
        };
        let names: Vec<String> = fields.words().map(str::to_owned).collect();
        let fits = match rule_value {
            Rule::Value | Rule::First => !names.is_empty(),
            Rule::RegistryKey => names.len() == 2,
            _ => names.len() == 1,
        };
        if !fits {
            self.report(fields, format!("rule `{}` does not read {} fields", rule.text, names.len()));
            return None;
        }
        // A test sees that the built-in tables name known fields: looking up each would be half of the start of the program.
        if self.overlay {
            for name in names.iter().filter(|name| !self.catalog.knows_field(name)).collect::<Vec<_>>() {
                self.catalog.add_own_field(OwnField { name: name.clone(), ty, declared: false });
            }
        }
        Some(Access { rule: rule_value, fields: names, own: false })
    }

    fn shown_field(&mut self, [name, shown]: &[CsvCell<'_>; 2]) {
        let Some(field) = self.catalog.record_field(&name.text) else {
            return self.report(name, format!("`{}` is not in record_fields.csv", name.text));
        };
        let (known, unknown): (Vec<_>, Vec<_>) =
            shown.words().map(|w| (w, self.catalog.entity(w))).partition(|(_, id)| id.is_some());
        if let Some((word, _)) = unknown.first() {
            return self.report(shown, format!("`{word}` is no entity type"));
        }
        self.catalog.shown_fields.push(ShownField { field, of: known.into_iter().filter_map(|(_, id)| id).collect() });
    }

    fn relation(&mut self, [output, name, by, input, pivots, reason]: &[CsvCell<'_>; 6]) {
        let (Some(output_id), Some(input_id)) = (self.find_entity(output), self.find_entity(input)) else { return };
        if !matches!(&*by.text, "" | "by") {
            self.report(by, format!("`{}` where `by` or nothing belongs", by.text));
        }
        let mut ways = Vec::new();
        for word in pivots.words() {
            match pivot(self.catalog.get(input_id), self.catalog.get(output_id), word) {
                Some(way) => ways.push(way),
                None => self.report(pivots, format!("`{word}` is no pivot between these types")),
            }
        }
        if ways.is_empty() == reason.text.is_empty() {
            self.report(reason, "a row has either pivots or a reason".to_owned());
        }
        let unknown = ways.iter().flat_map(|w| &w.guard).find(|g| self.overlay && !self.catalog.knows_field(&g.field));
        if let Some(field) = unknown.map(|g| g.field.clone()) {
            self.report(pivots, format!("`{field}` is not in record_fields.csv"));
        }
        let row = Relation {
            output: output_id,
            name: name.text.to_string(),
            by: by.text == "by",
            input: input_id,
            ways,
            inexpressible: (!reason.text.is_empty()).then(|| reason.text.to_string()),
        };
        if self.catalog.relation(row.output, &row.name, row.by, row.input).is_some() {
            self.report(name, format!("`{}` is listed twice between these types", name.text));
        }
        self.catalog.relations.push(row);
    }
}

/// Reads one way of a relation: `self>parent[event.code=1|5&!file.path]`.
fn pivot(input: &Entity, output: &Entity, text: &str) -> Option<Way> {
    let (slots, guard) = match text.split_once('[') {
        Some((slots, guard)) => (slots, guard.strip_suffix(']')?),
        None => (text, ""),
    };
    let (from, to): (&str, &str) = slots.split_once('>')?;
    let condition = |text: &str| -> Option<Guard> {
        if let Some(field) = text.strip_prefix('!') {
            return Some(Guard { field: field.to_owned(), values: Vec::new() });
        }
        let (field, values) = text.split_once('=')?;
        Some(Guard { field: field.to_owned(), values: values.split('|').map(str::to_owned).collect() })
    };
    let guard = guard.split('&').filter(|c| !c.is_empty()).map(condition).collect::<Option<_>>()?;
    let (input, output): (SlotId, SlotId) = (input.slot(from)?, output.slot(to)?);
    Some(Way { input, output, guard })
}
