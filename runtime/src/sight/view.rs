//! A slot of an entity type over a batch of records: typed values of its attributes.

use super::compare::{self, Comparer};
use super::{Reading, Undecided};
use crate::source::{Column, Records, Scalar};
use huntc_compiler::catalog::{Access, AttrId, Entity, EntityId, Rule, SlotId, ValueType};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// An entity type's slot over records.
pub(crate) struct View<'r> {
    pub(crate) kind: &'r Entity,
    pub(crate) slot: SlotId,
    pub(crate) records: &'r Records,
    readers: FxHashMap<AttrId, Reader<'r>>,
    /// The attribute of which each value in the slot is an entity of its own (`dns.resolved_ip`).
    pub(crate) each: Option<AttrId>,
}

/// One of several entities in a slot: part and dictionary code of its identity's value.
pub(crate) type Instance = Option<(usize, u32)>;

/// Typed values of one attribute.
pub(crate) struct Reader<'r> {
    rule: Rule,
    pub(crate) parts: Vec<Part<'r>>,
}

/// One field of an attribute: the record's codes, and the typed value of each dictionary entry.
pub(crate) struct Part<'r> {
    column: &'r Column,
    pub(crate) values: Vec<Option<Value>>,
}

impl<'r> View<'r> {
    /// The view of `slot`, able to read `attrs` beside the identity and what makes a process stand.
    pub(crate) fn new(
        reading: &Reading<'r>,
        entity: EntityId,
        slot: SlotId,
        records: &'r Records,
        attrs: impl IntoIterator<Item = AttrId>,
    ) -> Self {
        let kind = reading.catalog.get(entity);
        let identity = kind.identity.key.iter().chain(&kind.identity.required).copied();
        let mut readers = FxHashMap::default();
        let own = (0u16..).map(AttrId).zip(&kind.attributes);
        let own = own.filter(|(id, _)| kind.identity.ladder && kind.access(*id, slot).is_some_and(|a| a.own)).map(|(id, _)| id);
        for attr in identity.chain(own).chain(attrs) {
            if let Some(access) = kind.access(attr, slot) {
                let ty = kind.attributes[usize::from(attr.0)].ty;
                readers.entry(attr).or_insert_with(|| Reader::new(access, ty, records));
            }
        }
        let each = match kind.identity.key.as_slice() {
            [only] if kind.attributes[usize::from(only.0)].many => Some(*only),
            _ => None,
        };
        Self { kind, slot, records, readers, each }
    }

    /// Fills `out` with the values of an attribute; none where it is absent.
    pub(crate) fn values(&self, attr: AttrId, record: usize, instance: Instance, out: &mut Vec<Value>) {
        out.clear();
        let Some(reader) = self.readers.get(&attr) else { return };
        if let (Some((part, code)), true) = (instance, self.each == Some(attr)) {
            out.extend(reader.parts.get(part).and_then(|p| p.values.get(code as usize).cloned().flatten()));
            return;
        }
        reader.values(self.records, record, out);
    }

    /// The first value of an attribute.
    pub(crate) fn first(&self, attr: AttrId, record: usize, instance: Instance) -> Option<Value> {
        let mut values = Vec::new();
        self.values(attr, record, instance, &mut values);
        values.into_iter().next()
    }

    /// Whether any of the slot's own values is there (processes).
    pub(crate) fn has_own(&self, record: usize) -> bool {
        let mut values = Vec::new();
        (0u16..).map(AttrId).zip(&self.kind.attributes).any(|(id, _)| {
            let own = self.kind.access(id, self.slot).is_some_and(|a| a.own && a.rule != Rule::Created);
            own && {
                self.values(id, record, None, &mut values);
                !values.is_empty()
            }
        }) || self.start(record).is_some()
    }

    /// `process.start` as written, of slot `self` or `parent`.
    pub(crate) fn start(&self, record: usize) -> Option<Instant> {
        let field = match self.kind.slots.get(usize::from(self.slot.0))?.name.as_str() {
            "self" => "process.start",
            "parent" => "process.parent.start",
            _ => return None,
        };
        let scalar = self.records.column(field)?.values(record).next()?;
        match typed(scalar, ValueType::Time)? {
            Value::Time(t) => Some(t),
            _ => None,
        }
    }

    /// The entities of the slot in a record: one, or one for each value of the identity.
    pub(crate) fn instances(&self, record: usize, out: &mut Vec<Instance>) {
        out.clear();
        let Some(reader) = self.each.and_then(|attr| self.readers.get(&attr)) else {
            out.push(None);
            return;
        };
        for (at, part) in reader.parts.iter().enumerate() {
            for code in part.column.codes(record) {
                let seen = out.iter().flatten().any(|(p, c)| (*p, *c) == (at, *code));
                if !seen && part.values.get(*code as usize).is_some_and(Option::is_some) {
                    out.push(Some((at, *code)));
                }
            }
        }
    }

    /// Decides a comparison in the slot of a record.
    pub(crate) fn decide(
        &self,
        comparer: &Comparer,
        registry: bool,
        attr: AttrId,
        record: usize,
        instance: Instance,
        memo: &mut Memo,
    ) -> Result<bool, Undecided> {
        let Some(reader) = self.readers.get(&attr) else { return comparer.holds(&[]) };
        if registry && !comparer.is_null() {
            let (mut key, mut path) = (Vec::new(), Vec::new());
            reader.part_values(0, record, &mut key);
            reader.part_values(1, record, &mut path);
            return comparer.holds_on_registry(&key, &path);
        }
        let single = (self.each == Some(attr)).then_some(instance).flatten();
        reader.decide(comparer, self.records, record, single, memo)
    }
}

/// A field that no record has: a part without values, so that numbers of parts stay those of fields.
static NOTHING: Column = Column { dictionary: Vec::new(), codes: Vec::new(), starts: Vec::new() };

/// What was decided for each dictionary entry of each part: 0 not yet, 1 no, 2 yes.
pub(crate) type Memo = Vec<Vec<u8>>;

impl<'r> Reader<'r> {
    fn new(access: &Access, ty: ValueType, records: &'r Records) -> Self {
        let part = |field: &String| {
            let column = records.column(field)?;
            let values = column.dictionary.iter().map(|s| typed_by(access.rule, s, ty)).collect();
            Some(Part { column, values })
        };
        let parts = access.fields.iter().map(|f| part(f).unwrap_or(Part { column: &NOTHING, values: Vec::new() }));
        Self { rule: access.rule, parts: parts.collect() }
    }

    fn part_values(&self, at: usize, record: usize, out: &mut Vec<Value>) {
        let Some(part) = self.parts.get(at) else { return };
        out.extend(part.column.codes(record).iter().filter_map(|c| part.values.get(*c as usize).cloned().flatten()));
    }

    /// Which parts count in a record: all, or the first that has any.
    fn counting(&self, records: &Records, record: usize) -> std::ops::Range<usize> {
        let has =
            |part: &Part<'_>| part.column.codes(record).iter().any(|c| part.values.get(*c as usize).is_some_and(Option::is_some));
        match self.rule {
            Rule::First => match self.parts.iter().position(has) {
                Some(at) => at..at + 1,
                None => 0..0,
            },
            Rule::ProcessHash if deleted_file(records, record) => 0..0,
            // The path beside a registry key is no value of it.
            Rule::RegistryKey => 0..self.parts.len().min(1),
            _ => 0..self.parts.len(),
        }
    }

    fn values(&self, records: &Records, record: usize, out: &mut Vec<Value>) {
        for at in self.counting(records, record) {
            self.part_values(at, record, out);
        }
        if out.is_empty()
            && self.rule == Rule::Created
            && let (true, Some(time)) = (is_creation(records, record), records.times.get(record).copied().flatten())
        {
            out.push(Value::Time(time));
        }
    }

    fn decide(
        &self,
        comparer: &Comparer,
        records: &Records,
        record: usize,
        single: Instance,
        memo: &mut Memo,
    ) -> Result<bool, Undecided> {
        if comparer.is_null() || self.rule == Rule::Created {
            let mut values = Vec::new();
            self.values(records, record, &mut values);
            return comparer.holds(&values);
        }
        if memo.is_empty() {
            memo.extend(self.parts.iter().map(|p| vec![0; p.values.len()]));
        }
        let (mut present, mut any) = (false, false);
        for at in self.counting(records, record) {
            let (Some(part), Some(memo)) = (self.parts.get(at), memo.get_mut(at)) else { continue };
            for code in part.column.codes(record) {
                let (Some(Some(value)), Some(known)) = (part.values.get(*code as usize), memo.get_mut(*code as usize)) else {
                    continue;
                };
                if single.is_some_and(|one| one != (at, *code)) {
                    continue;
                }
                if *known == 0 {
                    *known = 1 + u8::from(comparer.passes(value)?);
                }
                present = true;
                any |= *known == 2;
            }
        }
        Ok(present && (any != comparer.negated()))
    }
}

/// Whether `process.hash` of a record is a deleted file's (Sysmon 23 to 26).
fn deleted_file(records: &Records, record: usize) -> bool {
    has_text(records, "event.code", record, &["23", "24", "25", "26"])
}

/// Whether a record says that a process began (semantics.md §4).
pub(crate) fn is_creation(records: &Records, record: usize) -> bool {
    has_text(records, "event.code", record, &["1"])
        || (has_text(records, "event.category", record, &["process"]) && has_text(records, "event.type", record, &["start"]))
}

/// Whether a field of a record has one of these texts.
pub(crate) fn has_text(records: &Records, field: &str, record: usize, texts: &[&str]) -> bool {
    records.column(field).is_some_and(|c| c.values(record).any(|s| texts.contains(&text_of(s).as_ref())))
}

/// A scalar as a keyword has it.
pub fn text_of(scalar: &Scalar) -> std::borrow::Cow<'_, str> {
    match scalar {
        Scalar::Text(t) => t.as_ref().into(),
        Scalar::Bool(b) => b.to_string().into(),
        Scalar::Int(i) => i.to_string().into(),
        Scalar::Float(f) => f.to_string().into(),
    }
}

/// The typed value that a rule makes of a field's value; `None`: it does not count.
fn typed_by(rule: Rule, scalar: &Scalar, ty: ValueType) -> Option<Value> {
    let path = || text_of(scalar);
    let last = |path: &str| path.rfind(['\\', '/']);
    match rule {
        Rule::Basename => {
            let path = path();
            Some(Value::text(last(&path).map_or(path.as_ref(), |at| &path[at + 1..])))
        }
        Rule::BasenameOfPath => {
            let path = path();
            let name = last(&path).map(|at| &path[at + 1..])?;
            Some(Value::text(name))
        }
        Rule::Dirname => {
            let path = path();
            let directory = last(&path).map(|at| &path[..at])?;
            Some(Value::text(directory))
        }
        Rule::PathWithSeparator => {
            let path = path();
            last(&path)?;
            Some(Value::text(path.as_ref()))
        }
        Rule::Value | Rule::First | Rule::RegistryKey | Rule::ProcessHash | Rule::Created => typed(scalar, ty),
    }
}

/// A scalar as a value of a type; `None` where it is none (`-` as an address), which counts as absent.
pub(crate) fn typed(scalar: &Scalar, ty: ValueType) -> Option<Value> {
    match (scalar, ty) {
        (Scalar::Int(i), ValueType::Integer | ValueType::Float) => Some(Value::Int(*i)),
        (Scalar::Float(f), ValueType::Integer | ValueType::Float) => Some(number(*f)),
        (Scalar::Bool(b), ValueType::Boolean) => Some(Value::Bool(*b)),
        (Scalar::Int(i), ValueType::Time) => Some(Value::Time(Instant::from_millis(*i))),
        (Scalar::Float(f), ValueType::Time) => Some(Value::Time(Instant::from_millis(*f as i64))),
        (Scalar::Text(t), ValueType::Text) => Some(Value::Text(t.clone())),
        (other, _) => typed_text(&text_of(other), ty),
    }
}

/// A number without its fraction where that is nothing.
fn number(f: f64) -> Value {
    if f.fract() == 0.0 && f.abs() < 9.0e15 { Value::Int(f as i64) } else { Value::Float(f) }
}

/// A text as a value of a type.
pub(crate) fn typed_text(text: &str, ty: ValueType) -> Option<Value> {
    let address = |keep: fn(&IpAddr) -> bool| compare::parse_address(text).filter(keep).map(Value::Address);
    match ty {
        ValueType::Text | ValueType::Id => Some(Value::text(text)),
        ValueType::Integer | ValueType::Float => {
            let text = text.trim();
            let int = text.parse::<i64>().ok().map(Value::Int);
            int.or_else(|| text.parse::<f64>().ok().filter(|f| f.is_finite()).map(number))
        }
        ValueType::Boolean => match text {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        ValueType::Time => Instant::parse(text).map(Value::Time),
        ValueType::Address => address(|_| true),
        ValueType::Ipv4 => address(IpAddr::is_ipv4),
        ValueType::Ipv6 => address(IpAddr::is_ipv6),
    }
}
