//! GET, filters and merges.

use super::compare::Test;
use super::pattern::{Ready, at, prepare, single};
use super::value::{Kind, Val};
use super::variable::{At, Shape, Sighting, Var, Window};
use super::{Hunt, attributes, slots};
use huntc_compiler::commands::{get::Get, merge::Merge};
use huntc_compiler::syntax::ast::{LiteralKind, Observation, Operands, Pattern, Qualifier, Reference};
use std::collections::BTreeSet;
use std::rc::Rc;

/// 300 s.
const MARGIN: i64 = 300_000_000_000;

pub(crate) fn widen(window: Window) -> Window {
    window.map(|(start, stop)| (start.saturating_sub(MARGIN), stop.saturating_add(MARGIN)))
}

pub(crate) fn hull(a: Window, b: Window) -> Window {
    let ((a, b), (c, d)) = (a?, b?);
    Some((a.min(c), b.max(d)))
}

/// The variables that a pattern's references name.
fn referred(pattern: &Pattern, found: &mut Vec<String>) {
    match pattern {
        Pattern::And(parts, _) | Pattern::Or(parts, _) => parts.iter().for_each(|p| referred(p, found)),
        Pattern::Not(part, _) => referred(part, found),
        Pattern::Compare(comparison) => {
            let literals = match &comparison.operand {
                Some(Operands::One(literal)) => std::slice::from_ref(literal),
                Some(Operands::List(list, _)) => list,
                None => &[],
            };
            for literal in literals {
                if let LiteralKind::Reference(reference) = &literal.kind {
                    found.push(reference.variable.text.clone());
                }
            }
        }
        Pattern::Error(_) => {}
    }
}

/// What is looked for in the places of records.
pub(crate) struct Sought<'a> {
    pub(crate) window: Window,
    pub(crate) ready: &'a Ready,
    pub(crate) slots: &'static [&'static str],
}

/// The patterns of an observation expression.
fn patterns<'a>(observation: &'a Observation, found: &mut Vec<&'a Pattern>) {
    match observation {
        Observation::One { pattern, .. } => found.push(pattern),
        Observation::And(parts, _) | Observation::Or(parts, _) | Observation::FollowedBy(parts, _) => {
            for part in parts {
                patterns(part, found);
            }
        }
        Observation::Qualified(part, qualifier, _) => {
            patterns(part, found);
            if let Qualifier::Without(without) = qualifier {
                found.push(&without.pattern);
            }
        }
    }
}

impl Hunt<'_> {
    pub(crate) fn refer(&self, reference: &Reference) -> Result<Vec<Val>, String> {
        Ok(self.var(&reference.variable.text)?.column(self.world, &reference.attribute.canonical()))
    }

    /// A WHERE on slots of a type, ready.
    pub(crate) fn ready(&self, filter: Option<&Observation>, entity: &str) -> Result<Ready, String> {
        match filter {
            None => Ok(Ready::And(Vec::new())),
            Some(observation) => self.ready_pattern(single(observation)?, entity),
        }
    }

    pub(crate) fn ready_pattern(&self, pattern: &Pattern, entity: &str) -> Result<Ready, String> {
        let kind_of = |name: &str| attributes::kind(entity, name);
        prepare(pattern, entity, &kind_of, &|r| self.refer(r), self.world.options.ignore_case)
    }

    /// The sources that a FROM names: `stixshifter://a,b`.
    fn sources(&mut self, from: Option<&str>) -> Result<Vec<usize>, String> {
        let Some(text) = from else { return self.last.clone().ok_or_else(|| "no source so far".to_owned()) };
        let mut found = Vec::new();
        for part in text.split(',') {
            let name = part.trim().rsplit("://").next().unwrap_or("").to_lowercase();
            let fits = |known: &str| match name.split_once('*') {
                Some((head, tail)) => known.len() >= head.len() + tail.len() && known.starts_with(head) && known.ends_with(tail),
                None => known == name,
            };
            let some = (0..self.world.sources.len()).filter(|i| fits(&self.world.sources[*i].0));
            let before = found.len();
            found.extend(some);
            if found.len() == before {
                return Err(format!("no source {name}"));
            }
        }
        let mut once = BTreeSet::new();
        found.retain(|source| once.insert(*source));
        self.last = Some(found.clone());
        Ok(found)
    }

    pub(crate) fn get(&mut self, get: &Get) -> Result<Var, String> {
        if attributes::of(&get.entity.text).is_empty() {
            return Err(format!("no type {}", get.entity.text));
        }
        let explicit = self.world.explicit(get.span.as_ref())?;
        let limit = get.limit.as_ref().map(|c| c.value.ok_or("no count")).transpose()?;
        if let Some(input) = get.from.as_ref().filter(|p| !p.quoted).and_then(|p| self.vars.get(&p.text).cloned()) {
            if input.entity != get.entity.text {
                return Err("another type".to_owned());
            }
            let mut var = self.filtered(&input, get.pattern.as_ref(), explicit)?;
            if let Some(limit) = limit {
                self.first(&mut var, limit);
            }
            return Ok(var);
        }
        let sources = self.sources(get.from.as_ref().map(|p| p.text.as_str()))?;
        let observation = get.pattern.as_ref().ok_or("GET from a source needs WHERE")?;
        let (request, search) = self.get_window(explicit, observation)?;
        let mut var = Var::new(&get.entity.text, search, sources);
        var.born = "get";
        if let Observation::One { pattern, .. } = observation {
            let ready = self.ready_pattern(pattern, &get.entity.text)?;
            self.look(&mut var, &Sought { window: request, ready: &ready, slots: slots::get_slots(&get.entity.text) });
        } else {
            self.observe(&mut var, request, observation)?;
        }
        self.finish(&mut var, request, limit);
        Ok(var)
    }

    /// Request window and search window of a GET from a source.
    fn get_window(&self, explicit: Window, observation: &Observation) -> Result<(Window, Window), String> {
        if explicit.is_some() {
            return Ok((explicit, explicit));
        }
        let (mut names, mut all) = (Vec::new(), Vec::new());
        patterns(observation, &mut all);
        for pattern in all {
            referred(pattern, &mut names);
        }
        let mut windows = Vec::new();
        for name in &names {
            windows.push(self.var(name)?.window);
        }
        Ok(match windows.into_iter().reduce(hull) {
            Some(window) => (widen(window), window),
            None => (self.world.default_window(), self.world.default_window()),
        })
    }

    /// Every place in which it is.
    pub(crate) fn look(&self, var: &mut Var, sought: &Sought<'_>) {
        let entity = var.entity.clone();
        for (id, record) in self.world.records(&var.sources.clone(), sought.window) {
            let identities = self.world.identities(id.0);
            for slot in sought.slots {
                for place in slots::places(record, &entity, slot) {
                    if !sought.ready.holds_at(place, &entity, identities) {
                        continue;
                    }
                    match identities.ident(&entity, place) {
                        Some(ident) => {
                            let at = At::Record { id, slot: place.slot, item: place.item };
                            let undecided = sought.ready.is_undecided(&|| sought.ready.holds_at(place, &entity, identities));
                            var.sightings.push(Sighting { ident, counted: true, undecided, at });
                        }
                        None => var.unidentified += 1,
                    }
                }
            }
        }
    }

    /// LIMIT, then the creation records of the window for what is left.
    pub(crate) fn finish(&self, var: &mut Var, window: Window, limit: Option<u64>) {
        if let Some(limit) = limit {
            self.first(var, limit);
        }
        if var.entity != "process" {
            return;
        }
        let idents = var.idents();
        let mut held: BTreeSet<_> = BTreeSet::new();
        for sighting in &var.sightings {
            if let At::Record { id, slot: "self", .. } = sighting.at {
                held.insert(id);
            }
        }
        for (id, record) in self.world.records(&var.sources.clone(), window) {
            if !record.is_creation() || held.contains(&id) {
                continue;
            }
            for place in slots::places(record, "process", "self") {
                if let Some(ident) = self.world.identities(id.0).ident("process", place).filter(|i| idents.contains(i)) {
                    let at = At::Record { id, slot: "self", item: None };
                    var.sightings.push(Sighting { ident, counted: false, undecided: false, at });
                }
            }
        }
    }

    /// The first n entities by (first sighting, key). What it leaves out is not reported as unidentified either.
    fn first(&self, var: &mut Var, limit: u64) {
        var.unidentified = 0;
        match &mut var.shape {
            Shape::Entities | Shape::PerRecord => {
                let entities = Var { shape: Shape::Entities, ..var.clone() }.default_rows(self.world);
                let kept = entities.into_iter().take(limit as usize).filter_map(|row| match row {
                    super::variable::RowId::Entity(ident) => Some(ident),
                    _ => None,
                });
                var.keep_only(&kept.collect());
            }
            Shape::Table(rows, _) => rows.truncate(limit as usize),
            Shape::Pairs(pairs, _) => pairs.truncate(limit as usize),
        }
    }

    /// The sightings that pass; creation records of entities that stay are held on, uncounted where they did not pass.
    pub(crate) fn filtered(&self, input: &Rc<Var>, filter: Option<&Observation>, range: Window) -> Result<Var, String> {
        if let Shape::Table(..) | Shape::Pairs(..) = input.shape {
            return self.filtered_rows(input, filter);
        }
        let kind_of = |name: &str| match attributes::kind(&input.entity, name) {
            None if name == "depth" => Some(Kind::Number),
            kind => kind.or_else(|| input.added_kinds.get(name).copied()).or(Some(Kind::Text)),
        };
        let ready = match filter {
            None => Ready::And(Vec::new()),
            Some(observation) => {
                prepare(single(observation)?, &input.entity, &kind_of, &|r| self.refer(r), self.world.options.ignore_case)?
            }
        };
        if ready.is_extended() {
            return Err("a filter cannot look at other types".to_owned());
        }
        let inside = |s: &Sighting| match (range, s.place(self.world)) {
            (Some((start, stop)), Some(place)) => start <= place.record.time && place.record.time < stop,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let added = |s: &Sighting, test: &Test| -> Option<Vec<Val>> {
            let name = &test.attribute;
            let known = input.added_names.contains(name).then(|| input.added.get(&s.ident)?.get(name)?.clone());
            known.map(|value| match value {
                Some(Val::List(values)) => values,
                one => one.into_iter().collect(),
            })
        };
        let passes = |s: &Sighting| {
            ready.holds(&|test| match (added(s, test), s.place(self.world)) {
                (Some(values), _) => test.holds(&values, &|| values.clone()),
                (None, Some(place)) => at(test, place, &input.entity),
                (None, None) => {
                    let values = s.values(self.world, &input.entity, &test.attribute);
                    if input.entity == "windows-registry-key" && test.attribute == "key" {
                        return test.holds_on_key(&s.values(self.world, &input.entity, "x_path"), &values);
                    }
                    test.holds(&values, &|| values.clone())
                }
            })
        };
        let filterless = filter.is_none() && range.is_none();
        let mut var = Var { window: range.or(input.window), unidentified: 0, born: "get", ..(**input).clone() };
        var.sightings.retain(inside);
        for sighting in &mut var.sightings {
            sighting.counted = if filterless { sighting.counted } else { passes(sighting) };
            sighting.undecided |= sighting.counted && ready.is_undecided(&|| passes(sighting));
        }
        let stay = var.idents();
        let entity = var.entity.clone();
        let world = self.world;
        var.sightings.retain(|s| stay.contains(&s.ident) && (s.counted || s.is_creation(world, &entity)));
        Ok(var)
    }

    pub(crate) fn merge(&self, merge: &Merge) -> Result<Var, String> {
        let inputs = merge.variables.iter().map(|v| self.var(&v.text)).collect::<Result<Vec<_>, _>>()?;
        let window = inputs.iter().map(|v| v.window).reduce(hull).flatten();
        let mut out = Var::new(&inputs[0].entity, window, Vec::new());
        out.born = "merge";
        for input in inputs {
            if input.entity != out.entity || !matches!(input.shape, Shape::Entities | Shape::PerRecord) {
                return Err("a merge of different types".to_owned());
            }
            for source in &input.sources {
                if !out.sources.contains(source) {
                    out.sources.push(*source);
                }
            }
            out.sightings.extend(input.sightings.iter().cloned());
            // What was added to an entity that is no longer held is gone with it.
            let held = input.idents();
            for (ident, values) in input.added.iter().filter(|(ident, _)| held.contains(ident)) {
                for (name, value) in values {
                    let slot = out.added.entry(ident.clone()).or_default().entry(name.clone()).or_default();
                    *slot = slot.take().or_else(|| value.clone());
                }
            }
            for (name, kind) in &input.added_kinds {
                out.added_kinds.entry(name.clone()).or_insert(*kind);
            }
            for name in &input.added_names {
                if !out.added_names.contains(name) {
                    out.added_names.push(name.clone());
                }
            }
        }
        out.unite();
        Ok(out)
    }
}
