//! Random statements.

use super::hunt::{Env, Form, Known, TYPES};
use super::pattern::{quoted, written};
use crate::oracle::value::{Kind, Val};
use crate::oracle::{attributes, relations};
use std::fmt::Write as _;

impl Env<'_> {
    pub(crate) fn window(&mut self, percent: usize) -> String {
        if !self.rng.chance(percent) {
            return String::new();
        }
        if self.rng.chance(15) {
            return (*self.rng.pick(&[" LAST 15 m", " LAST 896 SECONDS", " LAST 1 d"])).to_owned();
        }
        let last = self.times.len() - 1;
        let start = self.rng.below(last);
        let stop = start + 1 + self.rng.below(last - start);
        format!(" START t'{}' STOP t'{}'", self.times[start], self.times[stop])
    }

    pub(crate) fn limit(&mut self, percent: usize) -> String {
        if self.rng.chance(percent) { format!(" LIMIT {}", self.rng.below(5)) } else { String::new() }
    }

    pub(crate) fn get_source(&mut self) -> String {
        let entity = *self.rng.pick(TYPES);
        let from = match self.rng.below(10) {
            0 => *self.rng.pick(&[" FROM stixshifter://s,t", " FROM stixshifter://*", " FROM stixshifter://s*,t"]),
            1 => " FROM stixshifter://t",
            2 | 3 if !self.known.is_empty() => "",
            _ => " FROM stixshifter://s",
        };
        let pattern = self.pattern(entity, true);
        let (window, limit) = (self.window(60), self.limit(if entity == "x-oca-event" { 0 } else { 8 }));
        let name = self.bind(entity, Form::Entities);
        format!("{name} = GET {entity}{from} WHERE {pattern}{window}{limit}")
    }

    pub(crate) fn statement(&mut self) -> Option<String> {
        let known = self.rng.pick(&self.known.clone()).clone();
        match self.rng.below(28) {
            22 | 23 => Some(self.observation()),
            24 => self.files(&known),
            25 => self.apply(&known),
            26 | 27 => Some(self.facts(&known)),
            0..=4 => Some(self.get_source()),
            5..=9 => self.find(&known),
            10 | 11 => self.get_variable(&known),
            12..=14 => Some(self.assign(&known)),
            15 => self.merge(&known),
            16 => Some(self.new_rows()),
            17 => self.group(&known),
            18 => self.join(&known),
            19 => Some(self.sort(&known)),
            _ => Some(self.disp(&known)),
        }
    }

    pub(crate) fn find(&mut self, known: &Known) -> Option<String> {
        if known.is_groups() {
            return None;
        }
        let named = relations::from(&known.entity);
        let (entity, relation, by) = if named.is_empty() || self.rng.chance(30) {
            (*self.rng.pick(TYPES), "linked", self.rng.chance(30))
        } else {
            *self.rng.pick(&named)
        };
        let filter = if self.rng.chance(35) { format!(" WHERE {}", self.pattern(entity, true)) } else { String::new() };
        let (window, limit) = (self.window(40), self.limit(if entity == "x-oca-event" { 0 } else { 8 }));
        let depth = match self.rng.below(8) {
            0 if entity == known.entity => " DEPTH *",
            1 if entity == known.entity => " DEPTH 2",
            2 if entity == known.entity => " DEPTH 1",
            _ => "",
        };
        let by = if by { " BY" } else { "" };
        let added = if depth.is_empty() { Vec::new() } else { vec![("depth".to_owned(), Kind::Number)] };
        let name = self.bind_with(entity, Form::Entities, added);
        Some(format!("{name} = FIND {entity} {}{by} {}{depth}{filter}{window}{limit}", relation.to_uppercase(), known.name))
    }

    fn get_variable(&mut self, known: &Known) -> Option<String> {
        if !matches!(known.shape, Form::Entities | Form::PerRecord(_)) {
            return None;
        }
        let filter = self.filter(known);
        let (window, limit) = (self.window(30), self.limit(if known.entity == "x-oca-event" { 0 } else { 10 }));
        let name = self.bind_with(&known.entity, known.shape.clone(), known.added.clone());
        Some(format!("{name} = GET {} FROM {} WHERE {filter}{window}{limit}", known.entity, known.name))
    }

    fn column(&mut self, known: &Known) -> (String, Kind) {
        self.rng.pick(&known.columns()).clone()
    }

    /// WHERE, ATTR, SORT BY, LIMIT and OFFSET of an expression; ATTR where `columns` are given.
    fn clauses(&mut self, known: &Known, columns: &[(String, Kind)]) -> String {
        let mut out = String::new();
        if self.rng.chance(40) {
            let _ = write!(out, " WHERE {}", self.filter(known));
        }
        if !columns.is_empty() {
            let names: Vec<String> = columns.iter().map(|(name, _)| written(&mut self.rng, name)).collect();
            let _ = write!(out, " ATTR {}", names.join(", "));
        }
        if self.rng.chance(50) {
            let (name, _) = self.column(known);
            let direction = *self.rng.pick(&["", " ASC", " DESC"]);
            let _ = write!(out, " SORT BY {}{direction}", written(&mut self.rng, &name));
        }
        if known.entity == "x-oca-event" {
            return out;
        }
        out.push_str(&self.limit(30));
        if self.rng.chance(15) {
            let _ = write!(out, " OFFSET {}", self.rng.below(4));
        }
        out
    }

    /// TIMESTAMPED, ADDOBSID or RECORDS, and the variable with the rows that it makes.
    fn transformed(&mut self, known: &Known) -> (&'static str, Known) {
        let (word, own): (_, &'static [&'static str]) = match self.rng.below(4) {
            0 => ("ADDOBSID", &["observation_id"]),
            1 => ("RECORDS", &["number_observed", "first_observed", "last_observed", "observation_id"]),
            _ => ("TIMESTAMPED", &["first_observed"]),
        };
        (word, Known { shape: Form::PerRecord(own), ..known.clone() })
    }

    fn assign(&mut self, known: &Known) -> String {
        let transform = matches!(known.shape, Form::Entities) && known.entity != "x-oca-event" && self.rng.chance(20);
        if transform {
            let (word, seen) = self.transformed(known);
            let clauses = self.clauses(&seen, &[]);
            let name = self.bind_with(&known.entity, seen.shape, known.added.clone());
            return format!("{name} = {word}({}){clauses}", known.name);
        }
        if matches!(known.shape, Form::Entities) && self.rng.chance(10) {
            let mut columns: Vec<(String, Kind)> = known.columns();
            let keep = 1 + self.rng.below(4);
            while columns.len() > keep {
                columns.remove(self.rng.below(columns.len()));
            }
            let clauses = self.clauses(known, &columns);
            let name = self.bind(&known.entity, Form::Columns { columns, groups: false });
            return format!("{name} = {}{clauses}", known.name);
        }
        let (with, seen) = if self.rng.chance(45) { self.with(known) } else { (String::new(), known.clone()) };
        let clauses = self.clauses(&seen, &[]);
        let name = self.bind_with(&known.entity, seen.shape, seen.added);
        format!("{name} = {}{with}{clauses}", known.name)
    }

    pub(crate) fn merge(&mut self, known: &Known) -> Option<String> {
        if !matches!(known.shape, Form::Entities) {
            return None;
        }
        let alike = self.known.iter().filter(|k| k.entity == known.entity && matches!(k.shape, Form::Entities));
        let mut names: Vec<String> = alike.map(|k| k.name.clone()).take(3).collect();
        names.push(known.name.clone());
        let mut added: Vec<(String, Kind)> = Vec::new();
        for one in self.known.iter().filter(|k| names.contains(&k.name)).flat_map(|k| &k.added) {
            if !added.contains(one) {
                added.push(one.clone());
            }
        }
        let name = self.bind_with(&known.entity, Form::Entities, added);
        Some(format!("{name} = {}", names.join(" + ")))
    }

    fn new_rows(&mut self) -> String {
        let entity = *self.rng.pick(&["process", "ipv4-addr", "ipv6-addr", "domain-name", "user-account", "file"]);
        let names: &[&str] = match entity {
            "process" => &["name", "pid", "x_unique_id"],
            "user-account" => &["user_id", "x_domain"],
            "file" => &["name", "x_path"],
            _ => &["value"],
        };
        let mut rows = Vec::new();
        for _ in 0..=self.rng.below(3) {
            let mut fields = Vec::new();
            for name in names.iter().filter(|n| names.len() == 1 || **n == names[0] || n.len() > 3) {
                let values = self.values(entity, name);
                let plain: Vec<String> = values.iter().map(Val::text).filter(|t| !t.contains(char::is_control)).collect();
                if !plain.is_empty() {
                    let text = self.rng.pick(&plain).clone();
                    let number = attributes::kind(entity, name) == Some(Kind::Number);
                    let value = if number { text } else { serde_json::Value::from(text).to_string() };
                    fields.push(format!("\"{name}\": {value}"));
                }
            }
            if fields.is_empty() {
                fields.push(format!(
                    "\"{}\": {}",
                    names[0],
                    match (entity, names[0]) {
                        ("ipv6-addr", "value") => "\"fe80::7\"",
                        (_, "value") => "\"10.0.0.7\"",
                        _ => "\"x\"",
                    }
                ));
            }
            rows.push(format!("{{{}}}", fields.join(", ")));
        }
        let name = self.bind(entity, Form::Entities);
        format!("{name} = NEW {entity} [{}]", rows.join(", "))
    }

    pub(crate) fn group(&mut self, known: &Known) -> Option<String> {
        if known.is_groups() {
            return None;
        }
        let mut columns = Vec::new();
        let mut keys = Vec::new();
        for _ in 0..=self.rng.below(2) {
            let (name, kind) = self.column(known);
            let taken = |n: &String| *n == name || *n == format!("{name}_bin");
            let binned = keys.iter().any(|k: &String| k.contains(&format!("({name},")));
            if binned || super::computed::is_fraction(&name) || columns.iter().any(|(n, _)| taken(n)) || kind == Kind::NoCase {
                continue;
            }
            if kind == Kind::Number && self.rng.chance(30) {
                keys.push(format!("BIN({name}, 100)"));
                columns.push((format!("{name}_bin"), Kind::Number));
            } else if name == "first_observed" {
                keys.push("BIN(first_observed, 5 m)".to_owned());
            } else {
                keys.push(written(&mut self.rng, &name));
                columns.push((name, kind));
            }
        }
        if keys.is_empty() {
            return None;
        }
        if matches!(known.shape, Form::Entities | Form::PerRecord(_)) && self.rng.chance(25) {
            return self.group_without_with(known, &keys, columns);
        }
        let mut aggregates = Vec::new();
        for i in 0..=self.rng.below(3) {
            let (name, kind) = self.column(known);
            let function = match kind {
                _ if super::computed::is_fraction(&name) => "COUNT",
                Kind::Number => *self.rng.pick(&["COUNT", "NUNIQUE", "MIN", "MAX", "SUM", "AVG", "LIST", "FIRST", "LAST"]),
                Kind::Text if attributes::of(&known.entity).iter().any(|a| a.name == name && !a.many) => {
                    *self.rng.pick(&["COUNT", "NUNIQUE", "MIN", "MAX", "LIST", "FIRST", "LAST"])
                }
                Kind::NoCase => "COUNT",
                _ => *self.rng.pick(&["COUNT", "NUNIQUE", "LIST", "FIRST", "LAST"]),
            };
            let result = if matches!(function, "MIN" | "MAX" | "LIST" | "FIRST" | "LAST") { kind } else { Kind::Number };
            let of = if function == "COUNT" && self.rng.chance(50) { "*".to_owned() } else { written(&mut self.rng, &name) };
            aggregates.push(format!("{function}({of}) AS n{i}"));
            columns.push((format!("n{i}"), result));
        }
        let name = self.bind(&known.entity, Form::Columns { columns, groups: true });
        Some(format!("{name} = GROUP {} BY {} WITH {}", known.name, keys.join(", "), aggregates.join(", ")))
    }

    /// The aggregates are those of every shown attribute that is no key.
    fn group_without_with(&mut self, known: &Known, keys: &[String], mut columns: Vec<(String, Kind)>) -> Option<String> {
        let shown = attributes::shown(&known.entity);
        if shown.is_empty() || known.added.iter().any(|(name, _)| super::computed::is_fraction(name)) {
            return None;
        }
        let (by, plain) = (keys.join(", "), columns.clone());
        for name in shown.iter().filter(|n| !plain.iter().any(|(k, _)| k == *n)) {
            let number = attributes::kind(&known.entity, name) == Some(Kind::Number);
            let mean = number && !name.ends_with("port") && !name.ends_with("pid");
            columns.push((format!("{}_{name}", if mean { "mean" } else { "unique" }), Kind::Number));
        }
        let name = self.bind(&known.entity, Form::Columns { columns, groups: true });
        Some(format!("{name} = GROUP {} BY {by}", known.name))
    }

    fn join(&mut self, known: &Known) -> Option<String> {
        let joins =
            |k: &Known| matches!(k.shape, Form::Entities) || matches!(k.shape, Form::PerRecord(_)) && k.entity != "x-oca-event";
        if !joins(known) {
            return None;
        }
        let others: Vec<Known> = self.known.iter().filter(|k| joins(k)).cloned().collect();
        let other = self.rng.pick(&others).clone();
        let within = if self.rng.chance(40) {
            *self.rng.pick(&[" WITHIN 0 s", " WITHIN 1 SECONDS", " WITHIN 2 s", " WITHIN 5 m"])
        } else {
            ""
        };
        let head = format!("JOIN {}, {}", known.name, other.name);
        if other.entity == known.entity && self.rng.chance(40) {
            let name = self.bind(&known.entity, Form::Pairs);
            return Some(format!("{name} = {head}{within}"));
        }
        let mut pairs = Vec::new();
        for _ in 0..=self.rng.below(2) {
            let (left, kind) = self.column(known);
            let alike: Vec<(String, Kind)> = other.columns().into_iter().filter(|(_, k)| *k == kind).collect();
            if alike.is_empty() || kind == Kind::NoCase {
                continue;
            }
            // The same attribute on both sides makes more pairs than any two do.
            let same = alike.iter().find(|(name, _)| *name == left && self.rng.chance(60)).cloned();
            let (right, _) = same.unwrap_or_else(|| self.rng.pick(&alike).clone());
            pairs.push(format!("{}, {}", written(&mut self.rng, &left), written(&mut self.rng, &right)));
        }
        if pairs.is_empty() {
            return None;
        }
        let name = self.bind(&known.entity, Form::Pairs);
        Some(format!("{name} = {head} BY {}{within}", pairs.join(" AND ")))
    }

    fn sort(&mut self, known: &Known) -> String {
        let (column, _) = self.column(known);
        let direction = *self.rng.pick(&["", " ASC", " DESC"]);
        let by = written(&mut self.rng, &column);
        let name = self.bind_with(&known.entity, known.shape.clone(), known.added.clone());
        format!("{name} = SORT {} BY {by}{direction}", known.name)
    }

    pub(crate) fn disp(&mut self, known: &Known) -> String {
        let transform = matches!(known.shape, Form::Entities) && known.entity != "x-oca-event" && self.rng.chance(15);
        let (word, seen) = if transform { self.transformed(known) } else { ("", known.clone()) };
        let (with, seen) = if !transform && self.rng.chance(10) { self.with(&seen) } else { (String::new(), seen) };
        let columns = seen.columns();
        let mut shown: Vec<(String, Kind)> = Vec::new();
        if !self.rng.chance(20) {
            for _ in 0..=self.rng.below(4) {
                let one = self.rng.pick(&columns).clone();
                if !shown.contains(&one) {
                    shown.push(one);
                }
            }
        }
        let clauses = self.clauses(&seen, &shown);
        if transform { format!("DISP {word}({}){clauses}", known.name) } else { format!("DISP {}{with}{clauses}", known.name) }
    }
}

#[test]
fn literals_survive_their_quotes() {
    let mut rng = super::Rng::new(7);
    for text in [r"C:\temp\new", "it's", "\"x\"", r"ends\", ""] {
        for _ in 0..8 {
            assert!(quoted(&mut rng, text).len() >= text.len() + 2);
        }
    }
}
