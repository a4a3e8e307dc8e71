//! One slot of an entity type over a batch of records: the typed values of its attributes.

use super::Holds;
use super::compare::Comparer;
use super::field_has::{Creations, FieldHas};
use super::values::{first_text, typed, typed_by};
use crate::source::{Column, Records};
use huntc_compiler::catalog::{Access, AttrId, Catalog, Entity, EntityId, Rule, SlotId, ValueType};
use huntc_compiler::plan::Attr;
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::cell::OnceCell;
use std::sync::Arc;

/// One slot of an entity type over a batch of records.
pub(crate) struct View<'r> {
    pub(crate) kind: &'r Entity,
    pub(crate) slot: SlotId,
    pub(crate) records: &'r Records,
    /// By [`AttrId`]; `None` for attributes that are not read or that the slot lacks.
    readers: Vec<Option<Reader<'r>>>,
    /// Those of fields of the record.
    record_readers: Vec<(Attr, Reader<'r>)>,
    /// For a process: the attributes of which any value makes the slot hold a process.
    own: Vec<AttrId>,
    host: Option<&'r Column>,
    start: Option<&'r Column>,
    facts: SlotFacts<'r>,
    /// The attribute that makes each of its values in the slot an entity (`dns.resolved_ip`).
    pub(crate) each: Option<AttrId>,
}

/// One of several entities in a slot: the place of its field among the attribute's fields, and the dictionary code of its value.
pub(crate) type Instance = Option<(usize, u32)>;

/// Facts about records that reading rules depend on, beside the values themselves.
struct SlotFacts<'r> {
    creations: Creations<'r>,
    /// Sysmon 23 to 26: `process.hash` is the hash of a deleted file.
    deleted_files: FieldHas<'r>,
}

/// Reads the typed values of one attribute.
struct Reader<'r> {
    rule: Rule,
    parts: Vec<Part<'r>>,
}

/// One field of an attribute: the codes of each record and the typed value of each dictionary entry.
struct Part<'r> {
    column: &'r Column,
    rule: Rule,
    ty: ValueType,
    values: OnceCell<Vec<Option<Value>>>,
}

impl Part<'_> {
    fn value(&self, code: u32) -> Option<&Value> {
        let read = || self.column.dictionary.iter().map(|s| typed_by(self.rule, s, self.ty)).collect();
        self.values.get_or_init(read).get(code as usize)?.as_ref()
    }

    /// The values that a record has in this field.
    fn of(&self, record: usize) -> impl Iterator<Item = &Value> {
        self.column.codes(record).iter().filter_map(|code| self.value(*code))
    }
}

impl<'r> View<'r> {
    /// The view of `slot`. It can read `attrs`, the attributes of the identity, and those that make the slot hold a process.
    pub(crate) fn new<'a>(
        catalog: &'r Catalog,
        entity: EntityId,
        slot: SlotId,
        records: &'r Records,
        attrs: impl IntoIterator<Item = &'a Attr>,
    ) -> Self {
        let kind = catalog.get(entity);
        let identity = kind.identity.key.iter().chain(&kind.identity.required).copied();
        let all = (0u16..).map(AttrId).zip(&kind.attributes);
        let own = all.filter(|(id, _)| kind.identity.ladder && kind.access(*id, slot).is_some_and(|a| a.own)).map(|(id, _)| id);
        let own: Vec<AttrId> = own.collect();
        let mut readers: Vec<Option<Reader<'r>>> = kind.attributes.iter().map(|_| None).collect();
        let (mut asked, mut record_readers) = (Vec::new(), Vec::new());
        for attr in attrs {
            match attr {
                Attr::Catalog(id) => asked.push(*id),
                Attr::Record(field) if record_readers.iter().all(|(known, _)| known != attr) => {
                    record_readers.push((attr.clone(), Reader::new(&field.access, field.ty, records)));
                }
                _ => {}
            }
        }
        for attr in identity.chain(own.iter().copied()).chain(asked) {
            let at = usize::from(attr.0);
            if let (Some(access), Some(reader @ None)) = (kind.access(attr, slot), readers.get_mut(at)) {
                *reader = Some(Reader::new(access, kind.attributes[at].ty, records));
            }
        }
        let each = kind.each_value();
        let start = match kind.slots.get(usize::from(slot.0)).map(|s| s.name.as_str()) {
            Some("self") => records.column("process.start"),
            Some("parent") => records.column("process.parent.start"),
            _ => None,
        };
        let deleted_files = FieldHas::new(records, "event.code", &["23", "24", "25", "26"]);
        let facts = SlotFacts { creations: Creations::new(records), deleted_files };
        let host = records.column("host.name");
        Self { kind, slot, records, readers, record_readers, own, host, start, facts, each }
    }

    fn reader(&self, attr: AttrId) -> Option<&Reader<'r>> {
        self.readers.get(usize::from(attr.0))?.as_ref()
    }

    /// The reader of a column; `None` where nothing is read for it in the slot.
    fn column(&self, attr: &Attr) -> Option<&Reader<'r>> {
        match attr {
            Attr::Catalog(id) => self.reader(*id),
            Attr::Record(_) => self.record_readers.iter().find(|(known, _)| known == attr).map(|(_, reader)| reader),
            Attr::Sighting(_) | Attr::Added(_) => None,
        }
    }

    /// Whether each value of an attribute is an entity of its own in the slot.
    fn is_each(&self, attr: &Attr) -> bool {
        matches!(attr, Attr::Catalog(id) if self.each == Some(*id))
    }

    /// Replaces `out` by the values of a column; none when it is absent.
    pub(crate) fn values(&self, attr: &Attr, record: usize, instance: Instance, out: &mut Vec<Value>) {
        out.clear();
        let Some(reader) = self.column(attr) else { return };
        if let (Some((part, code)), true) = (instance, self.is_each(attr)) {
            out.extend(reader.parts.get(part).and_then(|p| p.value(code)).cloned());
            return;
        }
        out.extend(reader.counting(&self.facts, record).flat_map(|(_, p)| p.of(record)).cloned());
        if out.is_empty() && reader.rule == Rule::Created {
            out.extend(self.time_of_creation(record));
        }
    }

    /// The first value of an attribute; `None` when it is absent.
    pub(crate) fn first(&self, attr: AttrId, record: usize, instance: Instance) -> Option<Value> {
        let reader = self.reader(attr)?;
        if let (Some((part, code)), true) = (instance, self.each == Some(attr)) {
            return reader.parts.get(part).and_then(|p| p.value(code)).cloned();
        }
        let value = reader.counting(&self.facts, record).find_map(|(_, p)| p.of(record).next()).cloned();
        if reader.rule == Rule::Created { value.or_else(|| self.time_of_creation(record)) } else { value }
    }

    fn time_of_creation(&self, record: usize) -> Option<Value> {
        let time = self.records.times.get(record).copied().flatten()?;
        self.facts.creations.holds(record).then_some(Value::Time(time))
    }

    /// Writes down the codes that the values of a column depend on: equal codes mean equal values.
    pub(crate) fn fingerprint(&self, attr: &Attr, record: usize, instance: Instance, codes: &mut Vec<u32>) {
        let Some(reader) = self.column(attr) else { return };
        if let (Some((part, code)), true) = (instance, self.is_each(attr)) {
            codes.extend([part as u32, code]);
            return;
        }
        for part in &reader.parts {
            codes.extend(part.column.codes(record));
            codes.push(u32::MAX);
        }
        match reader.rule {
            Rule::ProcessHash => codes.push(self.facts.deleted_files.holds(record).into()),
            Rule::Created => {
                if let Some(Value::Time(Instant(nanos))) = self.time_of_creation(record) {
                    codes.extend([1, (nanos >> 32) as u32, nanos as u32]);
                } else {
                    codes.push(0);
                }
            }
            _ => {}
        }
    }

    /// Writes down the codes that the entity in the slot depends on. False when it depends on more than its identity attributes.
    pub(crate) fn identity_fingerprint(&self, record: usize, instance: Instance, codes: &mut Vec<u32>) -> bool {
        let identity = &self.kind.identity;
        if identity.per_record || (identity.ladder && identity.required.iter().any(|a| !self.has(*a, record))) {
            return false;
        }
        for attr in identity.key.iter().chain(identity.required.iter().filter(|a| !identity.key.contains(a))) {
            self.fingerprint(&Attr::Catalog(*attr), record, instance, codes);
        }
        if identity.per_host {
            codes.extend(self.host.map_or(&[][..], |h| h.codes(record)));
        }
        true
    }

    /// Whether a record has a value of an attribute.
    fn has(&self, attr: AttrId, record: usize) -> bool {
        self.reader(attr).is_some_and(|r| r.counting(&self.facts, record).any(|(_, p)| p.of(record).next().is_some()))
    }

    /// Whether a process has any value of its own in the slot.
    pub(crate) fn has_own(&self, record: usize) -> bool {
        // The time of a creation record is no such value: `created` counts only when a field holds it.
        self.own.iter().any(|attr| self.reader(*attr).is_some_and(|r| r.rule != Rule::Created) && self.has(*attr, record))
            || self.start(record).is_some()
    }

    /// Whether a process stands in the slot of a record that has no entity id.
    pub(crate) fn lacks_identity(&self, record: usize) -> bool {
        self.kind.identity.required.iter().any(|attr| !self.has(*attr, record)) && self.has_own(record)
    }

    /// `process.start` (or the parent's) as written; `None` in other slots than `self` and `parent`.
    pub(crate) fn start(&self, record: usize) -> Option<Instant> {
        match typed(self.start?.values(record).next()?, ValueType::Time)? {
            Value::Time(t) => Some(t),
            _ => None,
        }
    }

    pub(crate) fn host(&self, record: usize) -> Option<Arc<str>> {
        first_text(self.host, record)
    }

    /// Whether a record says that a process began.
    pub(crate) fn is_creation(&self, record: usize) -> bool {
        self.facts.creations.holds(record)
    }

    /// The entities of the slot in a record: one, or one for each value of the attribute `each`.
    pub(crate) fn instances(&self, record: usize, out: &mut Vec<Instance>) {
        out.clear();
        let Some(reader) = self.each.and_then(|attr| self.reader(attr)) else {
            out.push(None);
            return;
        };
        for (at, part) in reader.parts.iter().enumerate() {
            for code in part.column.codes(record) {
                let seen = out.iter().flatten().any(|(p, c)| (*p, *c) == (at, *code));
                if !seen && part.value(*code).is_some() {
                    out.push(Some((at, *code)));
                }
            }
        }
    }

    /// Whether a comparison holds in the slot of a record. `memo` keeps what was decided for dictionary entries.
    pub(crate) fn decide(
        &self,
        comparer: &Comparer,
        registry: bool,
        attr: &Attr,
        record: usize,
        instance: Instance,
        memo: &mut Memo,
    ) -> Holds {
        let Some(reader) = self.column(attr) else { return comparer.holds(&[]) };
        if registry && !comparer.is_null() {
            let part = |at: usize| reader.parts.get(at).map_or_else(Vec::new, |p| p.of(record).cloned().collect());
            return comparer.holds_on_registry(&part(0), &part(1));
        }
        if comparer.is_null() || reader.rule == Rule::Created {
            let mut values = Vec::new();
            self.values(attr, record, instance, &mut values);
            return comparer.holds(&values);
        }
        let single = instance.filter(|_| self.is_each(attr));
        reader.decide(comparer, &self.facts, record, single, memo)
    }
}

/// Stands for a field that no record has, so that parts and fields of an attribute have the same places.
static NOTHING: Column = Column { dictionary: Vec::new(), codes: Vec::new(), starts: Vec::new() };

/// What was decided for each dictionary entry of each part; `None`: nothing yet.
pub(crate) type Memo = Vec<Vec<Option<Holds>>>;

impl<'r> Reader<'r> {
    fn new(access: &Access, ty: ValueType, records: &'r Records) -> Self {
        let rule = access.rule;
        let column = |field: &String| records.column(field).unwrap_or(&NOTHING);
        let parts = access.fields.iter().map(|f| Part { column: column(f), rule, ty, values: OnceCell::new() });
        Self { rule, parts: parts.collect() }
    }

    /// The parts that count in a record, with their places: all, or only the first that has a value.
    fn counting(&self, facts: &SlotFacts<'_>, record: usize) -> impl Iterator<Item = (usize, &Part<'r>)> {
        let range = match self.rule {
            Rule::First => match self.parts.iter().position(|p| p.of(record).next().is_some()) {
                Some(at) => at..at + 1,
                None => 0..0,
            },
            Rule::ProcessHash if facts.deleted_files.holds(record) => 0..0,
            // The path beside a registry key is not one of its values.
            Rule::RegistryKey => 0..self.parts.len().min(1),
            _ => 0..self.parts.len(),
        };
        range.filter_map(|at| Some((at, self.parts.get(at)?)))
    }

    fn decide(&self, comparer: &Comparer, facts: &SlotFacts<'_>, record: usize, single: Instance, memo: &mut Memo) -> Holds {
        if memo.is_empty() {
            memo.extend(self.parts.iter().map(|p| vec![None; p.column.dictionary.len()]));
        }
        let mut passes: Option<Holds> = None;
        for (at, part) in self.counting(facts, record) {
            let Some(memo) = memo.get_mut(at) else { continue };
            for code in part.column.codes(record) {
                let (Some(value), Some(known)) = (part.value(*code), memo.get_mut(*code as usize)) else { continue };
                if single.is_some_and(|one| one != (at, *code)) {
                    continue;
                }
                let one = *known.get_or_insert_with(|| comparer.passes(value));
                passes = passes.max(Some(one));
            }
        }
        passes.map_or(Holds::No, |passes| if comparer.negated() { !passes } else { passes })
    }
}
