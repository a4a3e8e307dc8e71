//! Variables: the sightings they hold, and the rows that these make.

use super::identity::Ident;
use super::slots::{Item, Place, value};
use super::value::{Kind, NullLast, Val};
use super::{World, attributes};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A half-open range in nanoseconds; `None` is everything.
pub(crate) type Window = Option<(i64, i64)>;

/// Source and record.
pub(crate) type RecordId = (usize, usize);

/// Record, slot, and which of several values there.
type Spot = (RecordId, &'static str, Option<Item>);

/// One entity somewhere: in a slot of a record, or in a row of NEW.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub(crate) ident: Ident,
    /// Whether it counts in `records`: it matched or passed itself. Creation records are held uncounted.
    pub(crate) counted: bool,
    /// Whether a condition that let it in could not be decided on it.
    pub(crate) undecided: bool,
    pub(crate) at: At,
}

/// Where a sighting is.
#[derive(Clone, Debug)]
pub(crate) enum At {
    Record {
        id: RecordId,
        slot: &'static str,
        item: Option<Item>,
    },
    /// The columns of a row of NEW.
    Given(Rc<BTreeMap<String, Option<Val>>>),
}

/// What a variable's rows are.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Entities,
    /// A row for each entity and record.
    PerRecord,
    /// GROUP: rows by column, and the headers of the columns in order.
    Table(Vec<BTreeMap<String, Option<Val>>>, Vec<String>),
    /// JOIN: pairs of rows of the first and the second variable.
    Pairs(Vec<(RowId, RowId)>, Rc<Var>),
}

/// What tells the rows of a variable apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowId {
    Entity(Ident),
    Record(NullLast, Ident, RecordId),
    /// Index into the table or the pairs.
    Index(usize),
}

/// One binding of a name.
#[derive(Clone, Debug)]
pub(crate) struct Var {
    pub(crate) entity: String,
    pub(crate) shape: Shape,
    pub(crate) sightings: Vec<Sighting>,
    pub(crate) unidentified: u64,
    pub(crate) window: Window,
    pub(crate) sources: Vec<usize>,
    /// The statement that made it.
    pub(crate) born: &'static str,
    /// Header and attribute of the columns that ATTR left.
    pub(crate) kept: Option<Vec<(String, String)>>,
    /// Columns that a transformer put in front.
    pub(crate) own: &'static [&'static str],
    /// What analytics and DEPTH said of entities, and the names of these attributes in order.
    pub(crate) added: BTreeMap<Ident, BTreeMap<String, Option<Val>>>,
    pub(crate) added_names: Vec<String>,
    /// How those that WITH computed compare.
    pub(crate) added_kinds: BTreeMap<String, Kind>,
    /// Records of the input of a GROUP.
    pub(crate) grouped: usize,
    /// Rows in the order of a SORT; where absent, the order of first sightings.
    pub(crate) order: Option<Vec<RowId>>,
}

impl Sighting {
    pub(crate) fn place<'a>(&self, world: &'a World) -> Option<Place<'a>> {
        match &self.at {
            At::Record { id, slot, item } => Some(Place { record: world.record(*id), slot, item: *item }),
            At::Given(_) => None,
        }
    }

    pub(crate) fn record(&self) -> Option<RecordId> {
        match &self.at {
            At::Record { id, .. } => Some(*id),
            At::Given(_) => None,
        }
    }

    /// Nulls, rows of NEW, come last.
    fn time(&self, world: &World) -> NullLast {
        NullLast(self.place(world).map(|p| Val::Time(p.record.time)))
    }

    pub(crate) fn values(&self, world: &World, entity: &str, name: &str) -> Vec<Val> {
        match (&self.at, self.place(world)) {
            (_, Some(place)) => value(place, entity, name),
            (At::Given(columns), None) => {
                let raw = match columns.get(name).cloned().flatten() {
                    Some(Val::List(items)) => items,
                    raw => raw.into_iter().collect(),
                };
                match attributes::kind(entity, name) {
                    Some(kind) => raw.iter().filter_map(|v| super::value::typed(kind, v)).collect(),
                    None => raw,
                }
            }
            (At::Record { .. }, None) => Vec::new(),
        }
    }

    /// Whether it stands in slot `self` of the record that created it.
    pub(crate) fn is_creation(&self, world: &World, entity: &str) -> bool {
        entity == "process" && self.place(world).is_some_and(|p| p.slot == "self" && p.record.is_creation())
    }

    /// What makes two sightings the same.
    fn spot(&self) -> (Option<Spot>, Ident) {
        let place = match &self.at {
            At::Record { id, slot, item } => Some((*id, *slot, *item)),
            At::Given(_) => None,
        };
        (place, self.ident.clone())
    }
}

impl Var {
    pub(crate) fn new(entity: &str, window: Window, sources: Vec<usize>) -> Self {
        let (shape, sightings) = (Shape::Entities, Vec::new());
        let (kept, order, added, added_names, added_kinds) = (None, None, BTreeMap::new(), Vec::new(), BTreeMap::new());
        let (entity, born, own) = (entity.to_owned(), "", &[][..]);
        let (unidentified, grouped) = (0, 0);
        Self {
            entity,
            shape,
            sightings,
            unidentified,
            window,
            sources,
            born,
            kept,
            own,
            added,
            added_names,
            added_kinds,
            grouped,
            order,
        }
    }

    /// Header and attribute of what DISP shows where it names nothing; `None`: not of the oracle.
    pub(crate) fn all_columns(&self) -> Option<Vec<(String, String)>> {
        let plain = |names: &mut dyn Iterator<Item = &str>| names.map(|n| (n.to_owned(), n.to_owned())).collect::<Vec<_>>();
        if let Shape::Table(_, headers) = &self.shape {
            return Some(headers.iter().map(|h| (h.clone(), h.replace("[*]", "").replace('\'', ""))).collect());
        }
        let own = plain(&mut self.own.iter().copied());
        if let Some(kept) = &self.kept {
            let more = kept.iter().filter(|k| !own.contains(k)).cloned();
            return Some(own.iter().cloned().chain(more).collect());
        }
        let shown = attributes::shown(&self.entity);
        let names = shown.iter().copied().chain(self.added_names.iter().map(String::as_str));
        let known = !shown.is_empty() && !matches!(self.shape, Shape::Pairs(..));
        known.then(|| own.into_iter().chain(plain(&mut names.into_iter())).collect())
    }

    /// Makes equal sightings one; counted if one of them was.
    pub(crate) fn unite(&mut self) {
        let mut united: BTreeMap<_, Sighting> = BTreeMap::new();
        for sighting in std::mem::take(&mut self.sightings) {
            let given = if let At::Given(columns) = &sighting.at { Some(columns.clone()) } else { None };
            let held = united.entry((sighting.spot(), given)).or_insert_with(|| sighting.clone());
            held.undecided = match (held.counted, sighting.counted) {
                (true, true) => held.undecided && sighting.undecided,
                (false, true) => sighting.undecided,
                _ => held.undecided,
            };
            held.counted |= sighting.counted;
        }
        self.sightings = united.into_values().collect();
    }

    /// The entities: those that count, and rows of NEW.
    pub(crate) fn idents(&self) -> BTreeSet<Ident> {
        self.sightings.iter().filter(|s| s.counted).map(|s| s.ident.clone()).collect()
    }

    /// How many sightings count that a condition could not be decided on; `None`: not of the oracle.
    pub(crate) fn undecided(&self) -> Option<u64> {
        let known = matches!(self.shape, Shape::Entities | Shape::PerRecord);
        known.then(|| self.sightings.iter().filter(|s| s.counted && s.undecided).count() as u64)
    }

    pub(crate) fn records(&self) -> BTreeSet<RecordId> {
        self.sightings.iter().filter(|s| s.counted).filter_map(Sighting::record).collect()
    }

    /// Keeps the creation records of entities that are left, and nothing else of those that went.
    pub(crate) fn keep_only(&mut self, idents: &BTreeSet<Ident>) {
        self.sightings.retain(|s| idents.contains(&s.ident));
    }

    /// The rows in order.
    pub(crate) fn rows(&self, world: &World) -> Vec<RowId> {
        let rows = self.default_rows(world);
        match &self.order {
            Some(order) => {
                let present: BTreeSet<&RowId> = rows.iter().collect();
                let held = order.iter().filter(|r| present.contains(r));
                // Creation records that count since a filter found that they pass are rows that no SORT has seen.
                let known: BTreeSet<&RowId> = order.iter().collect();
                held.chain(rows.iter().filter(|r| !known.contains(r))).cloned().collect()
            }
            None => rows,
        }
    }

    /// The rows in the order of their first sightings.
    pub(crate) fn default_rows(&self, world: &World) -> Vec<RowId> {
        match &self.shape {
            Shape::Table(rows, _) => (0..rows.len()).map(RowId::Index).collect(),
            Shape::Pairs(pairs, _) => (0..pairs.len()).map(RowId::Index).collect(),
            Shape::PerRecord => {
                let counted = self.sightings.iter().filter(|s| s.counted);
                let rows: BTreeSet<RowId> =
                    counted.filter_map(|s| Some(RowId::Record(s.time(world), s.ident.clone(), s.record()?))).collect();
                rows.into_iter().collect()
            }
            Shape::Entities => {
                let mut first: BTreeMap<&Ident, NullLast> = BTreeMap::new();
                for sighting in self.sightings.iter().filter(|s| s.counted) {
                    let time = sighting.time(world);
                    let held = first.entry(&sighting.ident).or_insert_with(|| time.clone());
                    if time < *held {
                        *held = time;
                    }
                }
                let ordered: BTreeSet<(NullLast, &Ident)> = first.into_iter().map(|(i, t)| (t, i)).collect();
                ordered.into_iter().map(|(_, i)| RowId::Entity(i.clone())).collect()
            }
        }
    }

    /// The set of an attribute's values over the rows, lists taken apart.
    pub(crate) fn column(&self, world: &World, name: &str) -> Vec<Val> {
        let view = View::of(self, world);
        let values = self.rows(world).into_iter().filter_map(|row| view.value(&row, name));
        let flat: BTreeSet<Val> = values.flat_map(|v| if let Val::List(items) = v { items } else { vec![v] }).collect();
        flat.into_iter().collect()
    }
}

/// A variable's rows with their values.
pub(crate) struct View<'a> {
    var: &'a Var,
    world: &'a World,
    held: BTreeMap<&'a Ident, Vec<&'a Sighting>>,
    right: Option<Box<View<'a>>>,
    /// Values that were asked before.
    seen: RefCell<BTreeMap<(&'a Ident, String), Option<Val>>>,
}

impl<'a> View<'a> {
    pub(crate) fn of(var: &'a Var, world: &'a World) -> Self {
        let mut held: BTreeMap<&Ident, Vec<&Sighting>> = BTreeMap::new();
        for sighting in &var.sightings {
            held.entry(&sighting.ident).or_default().push(sighting);
        }
        let right = if let Shape::Pairs(_, right) = &var.shape { Some(Box::new(View::of(right, world))) } else { None };
        Self { var, world, held, right, seen: RefCell::default() }
    }

    /// The entity that a row stands for.
    pub(crate) fn ident(&self, row: &RowId) -> Option<Ident> {
        match (row, &self.var.shape) {
            (RowId::Entity(ident) | RowId::Record(_, ident, _), _) => Some(ident.clone()),
            (RowId::Index(i), Shape::Pairs(pairs, _)) => self.ident(&pairs[*i].0),
            (RowId::Index(_), _) => None,
        }
    }

    /// The time of a row: of its first sighting that counts, or of its own record; of a pair, of the first variable's row.
    pub(crate) fn time(&self, row: &RowId) -> Option<i64> {
        match (row, &self.var.shape) {
            (RowId::Entity(ident), _) => {
                let counted = self.held.get(ident)?.iter().filter(|s| s.counted);
                counted.filter_map(|s| Some(s.place(self.world)?.record.time)).min()
            }
            (RowId::Record(.., id), _) => Some(self.world.record(*id).time),
            (RowId::Index(i), Shape::Pairs(pairs, _)) => self.time(&pairs[*i].0),
            (RowId::Index(_), _) => None,
        }
    }

    /// The value of an attribute in a row.
    pub(crate) fn value(&self, row: &RowId, name: &str) -> Option<Val> {
        match (row, &self.var.shape, &self.right) {
            (RowId::Index(i), Shape::Table(rows, _), _) => rows[*i].get(name).cloned().flatten(),
            (RowId::Index(i), Shape::Pairs(pairs, _), Some(right)) => {
                let (a, b) = &pairs[*i];
                self.value(a, name).or_else(|| right.value(b, name))
            }
            (RowId::Record(time, ..), ..) if matches!(name, "first_observed" | "last_observed") => time.0.clone(),
            (RowId::Record(..), ..) if name == "number_observed" => Some(Val::Int(1)),
            // What it says is the engine's; it tells records apart.
            (RowId::Record(.., id), ..) if name == "observation_id" => Some(Val::Text(format!("{}/{}", id.0, id.1))),
            (RowId::Record(_, ident, id), ..) => match super::record_fields::record_field(&self.var.entity, name) {
                Some(field) => {
                    let place = Place { record: self.world.record(*id), slot: "", item: None };
                    shown(super::slots::read(field, place))
                }
                None => self.entity_value(ident, name),
            },
            (RowId::Entity(ident), ..) => self.entity_value(ident, name),
            (RowId::Index(_), ..) => None,
        }
    }

    /// An entity's value: the latest creation record's, else the earliest sighting's that has one; at one instant the smallest.
    fn entity_value(&self, ident: &Ident, name: &str) -> Option<Val> {
        if let Some(Some(value)) = self.var.added.get(ident).and_then(|a| a.get(name)) {
            return Some(value.clone());
        }
        let (ident, held) = self.held.get_key_value(ident)?;
        if let Some(value) = self.seen.borrow().get(&(*ident, name.to_owned())) {
            return value.clone();
        }
        let value = self.folded(held, name);
        self.seen.borrow_mut().insert((ident, name.to_owned()), value.clone());
        value
    }

    fn folded(&self, held: &[&Sighting], name: &str) -> Option<Val> {
        let (world, entity) = (self.world, self.var.entity.as_str());
        let value_of = |sighting: &Sighting| shown(sighting.values(world, entity, name));
        let created = || held.iter().filter(|s| s.is_creation(world, entity));
        if let Some(time) = created().map(|s| s.time(world)).max() {
            let first = created().filter(|s| s.time(world) == time);
            if let Some(value) = first.filter_map(|s| value_of(s)).min() {
                return Some(value);
            }
        }
        held.iter().filter_map(|s| Some((s.time(world), value_of(s)?))).min().map(|(_, value)| value)
    }
}

/// Several values as a row shows them: one alone, more as a list.
fn shown(mut values: Vec<Val>) -> Option<Val> {
    if values.len() > 1 { Some(Val::List(values)) } else { values.pop() }
}
