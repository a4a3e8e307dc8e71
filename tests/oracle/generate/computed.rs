//! Random WITH.

use super::hunt::{Env, Form, Known};
use super::pattern::{quoted, written};
use crate::oracle::computed::{computed, kind_of};
use crate::oracle::value::{Kind, Val};

/// What a function is called in the generated hunts; one name for one function, so that its kind is known.
const FUNCTIONS: &[(&str, &str)] = &[
    ("LOWER", "w_lower"),
    ("LENGTH", "w_length"),
    ("EXTRACT", "w_extract"),
    ("REPLACE", "w_replace"),
    ("BASE64", "w_base64"),
    ("URL_SCHEME", "w_scheme"),
    ("URL_HOST", "w_host"),
    ("URL_PORT", "w_port"),
    ("URL_PATH", "w_path"),
    ("URL_QUERY", "w_query"),
    ("REGISTERED_DOMAIN", "w_registered"),
    ("SUBDOMAIN", "w_labels"),
    ("PUBLIC_SUFFIX", "w_suffix"),
    ("ENTROPY", "w_entropy"),
    ("HOUR", "w_hour"),
    ("WEEKDAY", "w_weekday"),
    ("COALESCE", "w_text"),
    ("COALESCE", "w_number"),
];

/// Whether sums of a column depend on the order in which they are summed.
pub(crate) fn is_fraction(name: &str) -> bool {
    name == "w_entropy"
}

impl Env<'_> {
    /// ` WITH FUNCTION(…) AS …` and the variable with what that adds; nothing where the variable has no attribute for it.
    pub(crate) fn with(&mut self, known: &Known) -> (String, Known) {
        let mut seen = known.clone();
        let mut calls = Vec::new();
        if !matches!(known.shape, Form::Entities) || known.entity == "x-oca-event" {
            return (String::new(), seen);
        }
        for _ in 0..=self.rng.below(2) {
            let (function, name) = *self.rng.pick(FUNCTIONS);
            let wanted = match (function, name) {
                ("HOUR" | "WEEKDAY", _) => Kind::Time,
                (_, "w_number") => Kind::Number,
                _ => Kind::Text,
            };
            let columns: Vec<(String, Kind)> = seen.columns().into_iter().filter(|(_, k)| *k == wanted).collect();
            if columns.is_empty() || seen.added.iter().any(|(n, _)| n == name) {
                continue;
            }
            let (attribute, kind) = self.rng.pick(&columns).clone();
            let values = self.values(&known.entity, &attribute);
            let literals = self.function_literals(name, &values);
            let mut arguments = vec![written(&mut self.rng, &attribute)];
            arguments.extend(literals.iter().map(|l| self.shown_literal(l)));
            calls.push(format!("{function}({}) AS {name}", arguments.join(", ")));
            let made = values.into_iter().filter_map(|v| computed(function, Some(v), &literals, Some(kind)).ok().flatten());
            let made: Vec<Val> = made.collect();
            self.remember(&known.entity, name, made);
            seen.added.push((name.to_owned(), kind_of(function).unwrap_or(kind)));
        }
        if calls.is_empty() { (String::new(), seen) } else { (format!(" WITH {}", calls.join(", ")), seen) }
    }

    fn function_literals(&mut self, name: &str, values: &[Val]) -> Vec<Val> {
        let texts: Vec<String> = values.iter().map(Val::text).filter(|t| !t.contains(char::is_control) && !t.is_empty()).collect();
        let sample = if texts.is_empty() { "nothing".to_owned() } else { self.rng.pick(&texts).clone() };
        let chars: Vec<char> = sample.chars().collect();
        let from = self.rng.below(chars.len());
        let part: String = chars[from..].iter().take(1 + self.rng.below(3)).collect();
        let part = if part.trim().is_empty() { "e".to_owned() } else { part };
        match name {
            "w_extract" => {
                let part = regex::escape(&part);
                let pattern = match self.rng.below(7) {
                    0 => format!("{part}(.*)"),
                    1 => format!("(.+?){part}"),
                    2 => format!("(?i){part}(.)?"),
                    3 => r"(\w+)$".to_owned(),
                    4 => format!("(nothing)|{part}"),
                    5 => r"([^\\/.]+)\.(\w+)".to_owned(),
                    _ => format!("{part}.*"),
                };
                vec![Val::Text(pattern)]
            }
            "w_replace" => vec![Val::Text(part), Val::Text((*self.rng.pick(&["", "X", "ä\\", "aa"])).to_owned())],
            "w_text" => vec![Val::Text((*self.rng.pick(&["none", ""])).to_owned())],
            "w_number" => vec![Val::Int(self.rng.below(9) as i64)],
            _ => Vec::new(),
        }
    }

    fn shown_literal(&mut self, literal: &Val) -> String {
        match literal {
            Val::Int(number) => number.to_string(),
            other => quoted(&mut self.rng, &other.text()),
        }
    }
}
