//! Random statements, the less common ones: observation expressions, files, analytics, facts.

use super::hunt::{Env, Form, Known};
use super::pattern::written;
use crate::oracle::value::Kind;
use std::fmt::Write;

impl Env<'_> {
    /// A part of an observation expression, with its qualifiers. Parts are narrow: their matches are written out.
    fn observed(&mut self, entity: &str, depth: usize) -> String {
        let mut part = if depth > 0 && self.rng.chance(30) {
            format!("({})", self.expression(entity, depth - 1))
        } else {
            let (name, kind) = self.attribute(entity);
            let mut parts = vec![self.comparison(entity, name, kind, false)];
            if self.rng.chance(50) {
                let (name, kind) = self.attribute(entity);
                parts.push(self.comparison(entity, name, kind, false));
            }
            format!("[{}]", parts.join(" AND "))
        };
        let single = part.starts_with('[');
        match self.rng.below(14) {
            10 | 11 => part.push_str(self.by()),
            12 if single => {
                let (name, kind) = self.attribute(entity);
                let absent = self.comparison(entity, name, kind, false);
                let by = if self.rng.chance(60) { self.by() } else { "" };
                let seconds = *self.rng.pick(&["0.5", "1", "5", "600"]);
                let _ = write!(part, " WITHOUT [{absent}] WITHIN {seconds} SECONDS{by}");
            }
            0 | 1 => part.push_str(self.rng.pick::<&str>(&[" WITHIN 1 SECONDS", " WITHIN 0.5 SECONDS", " WITHIN 600 SECONDS"])),
            2 | 3 => part.push_str(self.rng.pick::<&str>(&[" REPEATS 2 TIMES", " REPEATS 3 TIMES"])),
            4 => {
                let last = self.times.len() - 1;
                let start = self.rng.below(last);
                part = format!("({part} START t'{}' STOP t'{}')", self.times[start], self.times[last]);
            }
            _ => {}
        }
        part
    }

    /// What keeps records together.
    fn by(&mut self) -> &'static str {
        self.rng.pick::<&str>(&[" BY host.name", " BY host.name", " BY user.name", " BY host.name, user.name"])
    }

    fn expression(&mut self, entity: &str, depth: usize) -> String {
        let word = *self.rng.pick(&["AND", "OR", "FOLLOWEDBY"]);
        let parts: Vec<String> = (0..2 + self.rng.below(2)).map(|_| self.observed(entity, depth)).collect();
        let whole = parts.join(&format!(" {word} "));
        match self.rng.below(10) {
            0 | 1 => format!("({whole}) WITHIN 5 SECONDS"),
            2 => format!("({whole}) WITHIN 600 SECONDS{}", self.by()),
            3 => format!("({whole}){}", self.by()),
            4 => format!("({whole}) REPEATS 2 TIMES"),
            _ => whole,
        }
    }

    pub(crate) fn observation(&mut self) -> String {
        let entity = *self.rng.pick(&["process", "network-traffic", "file", "domain-name", "ipv4-addr", "user-account"]);
        let from = *self.rng.pick(&["stixshifter://s", "stixshifter://s", "stixshifter://s,t"]);
        let expression = self.expression(entity, 1);
        let (window, limit) = (self.window(40), self.limit(8));
        let name = self.bind(entity, Form::Entities);
        format!("{name} = GET {entity} FROM {from} WHERE {expression}{window}{limit}")
    }

    /// SAVE, and LOAD of the same file.
    pub(crate) fn files(&mut self, known: &Known) -> Option<String> {
        let columns = known.saved()?;
        let file = format!("f{:x}.{}", self.rng.next() >> 40, self.rng.pick(&["csv", "json", "csv.gz", "json.zst"]));
        let save = format!("SAVE {} TO {file}", known.name);
        // CSV has no types: what a GROUP counted comes back as text, which nobody declares.
        if known.is_groups() || self.rng.chance(25) {
            return Some(save);
        }
        let name = self.bind(&known.entity, Form::Columns { columns, groups: false });
        let typed = if self.rng.chance(30) { format!(" AS {}", known.entity) } else { String::new() };
        Some(format!("{save}\n{name} = LOAD {file}{typed}"))
    }

    /// APPLY changes the variable in place.
    pub(crate) fn apply(&mut self, known: &Known) -> Option<String> {
        if !matches!(known.shape, Form::Entities | Form::PerRecord(_)) {
            return None;
        }
        let (uri, outputs): (_, &[&str]) = match known.entity.as_str() {
            "process" | "file" => ("lookup://names", &["x_note", "x_rank"]),
            "domain-name" | "ipv4-addr" | "ipv6-addr" => ("lookup://values", &["x_owner"]),
            _ => return None,
        };
        let found = self.known.iter_mut().find(|k| k.name == known.name)?;
        for output in outputs {
            if !found.added.iter().any(|(n, _)| n == output) {
                found.added.push(((*output).to_owned(), Kind::Text));
            }
        }
        Some(format!("APPLY {uri} ON {}", known.name))
    }

    pub(crate) fn facts(&mut self, known: &Known) -> String {
        if self.rng.chance(30) {
            return format!("INFO {}", known.name);
        }
        let (name, _) = self.rng.pick(&known.columns()).clone();
        format!("DESCRIBE {}.{}", known.name, written(&mut self.rng, &name))
    }
}
