//! Divides the objects of an observation among records.
//!
//! Most observations become one record. A record has one place for each type, so what does not find one gets a record of its own,
//! beside what belongs to it: a second process with its parent and its account, a second file with the process that it was
//! observed with. Two that do not belong together never share a record, since relations are read from it.

use super::objects::{Objects, PropertyPlace};
use super::table::{ObjectRole, ObjectTable, is_reference};
use foldhash::{HashMap, HashMapExt as _, HashSet};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A record on the way.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) fields: BTreeMap<String, Vec<Value>>,
    /// Objects of which it says something.
    touched: BTreeSet<usize>,
    /// Types that have their place.
    placed: BTreeSet<usize>,
    /// The object that acts.
    actor: Option<usize>,
    /// Whether a flow has its place, and its ends theirs.
    flow: bool,
}

/// The records of an observation.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub(super) all: Vec<Draft>,
    /// Whether there were more objects than records may be made.
    pub(super) cut: bool,
}

/// The most records that the objects of one observation become, and the most bytes of all of them.
pub(super) const MOST: usize = 10_000;
pub(super) const MOST_BYTES: usize = 64 << 20;

/// Makes the records of an observation.
pub(super) fn of(mut objects: Objects, table: &ObjectTable) -> Drafts {
    objects.complete(table);
    let mut maker = Maker {
        first: first(&objects, table),
        touched: vec![false; objects.all.len()],
        objects,
        table,
        drafts: Vec::new(),
        bytes: 0,
        cut: false,
    };
    maker.divide();
    maker.leftovers();
    Drafts { all: maker.drafts, cut: maker.cut }
}

/// The objects that the event names.
fn first(objects: &Objects, table: &ObjectTable) -> HashSet<usize> {
    let names: Vec<&str> = table.in_order().filter_map(|number| table.kind(number)?.event_ref).collect();
    let events = (0..objects.all.len()).filter(|at| objects.role(*at, table) == ObjectRole::Event);
    events.flat_map(|event| names.iter().filter_map(move |name| objects.referred(event, name).next())).collect()
}

struct Maker<'a> {
    objects: Objects,
    table: &'a ObjectTable,
    /// Objects that come before others of their type.
    first: HashSet<usize>,
    /// Whether some record says something of an object.
    touched: Vec<bool>,
    drafts: Vec<Draft>,
    bytes: usize,
    cut: bool,
}

impl Maker<'_> {
    fn divide(&mut self) {
        let by_type = self.by_type();
        let of = |number: usize| by_type.get(&number).map_or(&[][..], Vec::as_slice);
        let (mut base, mut actors) = (Draft::default(), Vec::new());
        for number in self.table.in_order() {
            match self.table.kind(number).map(|kind| kind.role) {
                Some(ObjectRole::Context | ObjectRole::Event) => {
                    if let Some(object) = of(number).first() {
                        self.place(&mut base, *object);
                    }
                }
                Some(ObjectRole::Actor) => actors.extend(self.roots(of(number))),
                _ => {}
            }
        }
        // Which record's actor opened which flow.
        let mut owners: HashMap<usize, usize> = HashMap::new();
        for actor in actors {
            if self.has_room() {
                let draft = self.with_actor(&base, actor);
                let owner = self.drafts.len();
                self.objects.referred(actor, CONNECTIONS).for_each(|flow| _ = owners.entry(flow).or_insert(owner));
                self.push(draft);
            }
        }
        if self.drafts.is_empty() {
            self.push(base.clone());
        }
        for number in self.table.in_order() {
            let Some(role) = self.table.kind(number).map(|kind| kind.role).filter(|role| *role != ObjectRole::Actor) else {
                continue;
            };
            for object in of(number) {
                if self.touched.get(*object) == Some(&false) {
                    self.settle(*object, role, &owners, &base);
                }
            }
        }
    }

    /// The objects of each type, those that the event names first.
    fn by_type(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut out: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, object) in self.objects.all.iter().enumerate() {
            if let Some(number) = object.number {
                out.entry(number).or_default().push(at);
            }
        }
        for all in out.values_mut() {
            all.sort_by_key(|object| !self.first.contains(object));
        }
        out
    }

    /// Those who act: all but parents of whom a child's record says everything.
    fn roots(&self, all: &[usize]) -> Vec<usize> {
        let one = |object: usize, name: &str| self.objects.referred(object, name).next();
        let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
        for object in all {
            if let Some(parent) = one(*object, PARENT) {
                children.entry(parent).or_default().push(*object);
            }
        }
        let says_more = |object: usize, children: &[usize]| {
            let creator = one(object, CREATOR);
            one(object, PARENT).is_some()
                || one(object, CONNECTIONS).is_some()
                || self.first.contains(&object)
                || (creator.is_some() && children.iter().any(|child| one(*child, CREATOR) != creator))
        };
        all.iter().copied().filter(|object| children.get(object).is_none_or(|below| says_more(*object, below))).collect()
    }

    fn with_actor(&mut self, base: &Draft, actor: usize) -> Draft {
        let mut draft = base.clone();
        self.place(&mut draft, actor);
        draft.actor = Some(actor);
        // An account has more to say than what is said of it as an owner.
        for account in self.objects.referred(actor, CREATOR).collect::<Vec<_>>() {
            if self.objects.role(account, self.table) == ObjectRole::Account {
                self.place(&mut draft, account);
            }
        }
        draft
    }

    /// Finds a record for an object that no record speaks of.
    fn settle(&mut self, object: usize, role: ObjectRole, owners: &HashMap<usize, usize>, base: &Draft) {
        let owner = owners.get(&object).copied();
        let wanted = owner.unwrap_or(0);
        // Where it is said who opened which connection, the others are not that one's.
        let strange = role == ObjectRole::Flow && owner.is_none() && !owners.is_empty();
        if !strange && let Some(mut draft) = self.drafts.get_mut(wanted).map(std::mem::take) {
            let placed = self.place(&mut draft, object);
            if let Some(place) = self.drafts.get_mut(wanted) {
                *place = draft;
            }
            if placed {
                return;
            }
        }
        if !self.has_room() {
            return;
        }
        let actor = self.drafts.get(wanted).and_then(|draft| draft.actor);
        let alone = role == ObjectRole::Account || (role == ObjectRole::Flow && owner.is_none());
        let mut draft = match (role, actor) {
            (ObjectRole::Context | ObjectRole::Event, _) => Draft::default(),
            (_, Some(actor)) if !alone => self.with_actor(base, actor),
            _ => base.clone(),
        };
        // Of an address that is a flow's source already, and of the like, the record has the base alone.
        if !self.place(&mut draft, object) {
            draft = Draft::default();
            self.place(&mut draft, object);
        }
        self.push(draft);
    }

    /// Whether one more record may be made. What has none stands in the first one, under names of its own.
    fn has_room(&mut self) -> bool {
        let room = self.drafts.is_empty() || (self.drafts.len() < MOST && self.bytes < MOST_BYTES);
        self.cut |= !room;
        room
    }

    fn push(&mut self, draft: Draft) {
        let text = |value: &Value| value.as_str().map_or(8, str::len);
        let size = |(name, values): (&String, &Vec<Value>)| name.len() + values.iter().map(text).sum::<usize>();
        self.bytes += draft.fields.iter().map(size).sum::<usize>();
        self.drafts.push(draft);
    }

    /// Puts all that attributes say of an object into a record; nothing where the place is another one's.
    fn place(&mut self, draft: &mut Draft, object: usize) -> bool {
        let Some(number) = self.objects.all.get(object).and_then(|object| object.number) else { return false };
        let Some(kind) = self.table.kind(number).filter(|_| !draft.placed.contains(&number)) else { return false };
        // An address beside a flow would be the flow's.
        if draft.flow && matches!(kind.role, ObjectRole::Address | ObjectRole::Hardware) {
            return false;
        }
        let mut found = Found::default();
        for reading in &kind.readings {
            let places = self.objects.find(object, reading, self.table);
            if !reading.whole {
                found.parts.extend(places.into_iter().filter_map(|place| Some((place, reading.fields.first()?.as_str()))));
                continue;
            }
            let mut values: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
            for value in places.iter().filter_map(|place| self.objects.at(*place)).flat_map(|property| &property.values) {
                if let Some(field) = self.table.field_of(&reading.fields, value.as_str()) {
                    values.entry(field).or_default().push(value.clone());
                }
            }
            if reading.key && values.iter().any(|(field, values)| draft.fields.get(*field).is_some_and(|known| known != values)) {
                return false;
            }
            found.add(&draft.fields, values, places);
        }
        draft.placed.insert(number);
        draft.flow |= kind.role == ObjectRole::Flow;
        draft.touched.insert(object);
        self.touch(object);
        draft.fields.extend(found.fields.into_iter().map(|(field, values)| (field.to_owned(), values)));
        let is_part = |(place, field): &(PropertyPlace, &str)| {
            let whole = draft.fields.get(*field).and_then(|values| values.first()).and_then(Value::as_str).unwrap_or_default();
            let part = self.objects.at(*place).and_then(|property| property.values.first()).and_then(Value::as_str);
            part.is_some_and(|part| whole.ends_with(part) || whole.starts_with(part))
        };
        let (parts, others): (Vec<_>, Vec<_>) = found.parts.into_iter().partition(is_part);
        for (place, taken) in found.places.into_iter().chain(parts.into_iter().map(|(place, _)| (place, true))) {
            draft.touched.insert(place.0);
            self.touch(place.0);
            if taken {
                self.objects.take(place);
            }
        }
        for ((other, _), _) in others {
            draft.touched.insert(other);
            self.touch(other);
        }
        true
    }

    fn touch(&mut self, object: usize) {
        if let Some(touched) = self.touched.get_mut(object) {
            *touched = true;
        }
    }

    /// Keeps what no attribute says, under names that a hunt may use: `stix.TYPE.PROPERTY`.
    fn leftovers(&mut self) {
        let untouched: Vec<usize> = (0..self.objects.all.len()).filter(|at| self.touched.get(*at) == Some(&false)).collect();
        for (number, draft) in self.drafts.iter_mut().enumerate() {
            if number == 0 {
                draft.touched.extend(&untouched);
            }
            let parent = draft.actor.and_then(|actor| self.objects.referred(actor, PARENT).next());
            for at in std::mem::take(&mut draft.touched) {
                let Some(object) = self.objects.all.get(at) else { continue };
                let is_parent = parent == Some(at) && draft.actor != Some(at);
                for property in object.properties.iter().filter(|property| !property.taken && !is_reference(&property.path)) {
                    let below = if is_parent { "parent_ref." } else { "" };
                    let field = format!("{PREFIX}.{}.{below}{}", object.kind, property.path);
                    draft.fields.entry(field).or_default().extend(property.values.iter().cloned());
                }
            }
            // Hosts are known by this name.
            if let Some(names) = draft.fields.get("host.hostname").filter(|_| !draft.fields.contains_key("host.name")).cloned() {
                draft.fields.insert("host.name".to_owned(), names);
            }
        }
    }
}

/// What an object gives a record.
#[derive(Default)]
struct Found<'a> {
    fields: BTreeMap<&'a str, Vec<Value>>,
    /// Where it was found, and whether the record has it.
    places: Vec<(PropertyPlace, bool)>,
    /// Parts of paths, and the fields of the paths.
    parts: Vec<(PropertyPlace, &'a str)>,
}

impl<'a> Found<'a> {
    /// Adds what one attribute says. What another one said of the same field stays.
    fn add(&mut self, known: &BTreeMap<String, Vec<Value>>, values: BTreeMap<&'a str, Vec<Value>>, places: Vec<PropertyPlace>) {
        let mut taken = true;
        for (field, values) in values {
            let said = known.get(field).or_else(|| self.fields.get(field));
            match said {
                Some(said) => taken &= values.iter().all(|value| said.contains(value)),
                None => _ = self.fields.insert(field, values),
            }
        }
        self.places.extend(places.into_iter().map(|place| (place, taken)));
    }
}

const PARENT: &str = "parent_ref";
const CREATOR: &str = "creator_user_ref";
const CONNECTIONS: &str = "opened_connection_refs";
/// Begins the names of fields that are neither the catalog's nor ECS's.
const PREFIX: &str = "stix";
