//! Random WHERE clauses, with literals taken from the documents and then bent.

use super::Rng;
use super::hunt::{Env, Known};
use crate::oracle::value::{Kind, Val};
use crate::oracle::{attributes, record_fields};

/// How an attribute is written: list marks, quotes.
pub(crate) fn written(rng: &mut Rng, name: &str) -> String {
    let marked = match name {
        "protocols" => "protocols[*]".to_owned(),
        "arguments" => "arguments[*]".to_owned(),
        _ => name.replace("values.", "values[*]."),
    };
    match marked.rfind("SHA-") {
        Some(at) if rng.chance(60) => format!("{}'{}'", &marked[..at], &marked[at..]),
        _ => marked,
    }
}

/// A string literal; control characters are never in it.
pub(crate) fn quoted(rng: &mut Rng, text: &str) -> String {
    if rng.chance(30) && !text.contains('\'') && !text.ends_with('\\') {
        return format!("r'{text}'");
    }
    let escaped = text.replace('\\', r"\\");
    if rng.chance(30) { format!("\"{}\"", escaped.replace('"', "\\\"")) } else { format!("'{}'", escaped.replace('\'', r"\'")) }
}

fn flip(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
}

/// A LIKE pattern near a text.
fn like(rng: &mut Rng, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().take(60).collect();
    let cut = text.chars().count() > 60;
    if !chars.is_empty() && rng.chance(60) {
        let from = rng.below(chars.len());
        let to = from + rng.below(chars.len() - from);
        chars.splice(from..to, ['%']);
    }
    if !chars.is_empty() && rng.chance(30) {
        let at = rng.below(chars.len());
        chars[at] = '_';
    }
    let mut pattern: String = chars.into_iter().collect();
    if rng.chance(30) {
        pattern = flip(&pattern);
    }
    if rng.chance(30) {
        pattern.insert(0, '%');
    }
    if cut || rng.chance(30) {
        pattern.push('%');
    }
    pattern
}

/// A regular expression near a text.
fn expression(rng: &mut Rng, text: &str) -> String {
    let chars: Vec<char> = text.chars().take(60).collect();
    let from = if chars.is_empty() { 0 } else { rng.below(chars.len()) };
    let whole = rng.chance(30);
    let part: String = if whole { chars.iter().collect() } else { chars[from..].iter().take(1 + rng.below(8)).collect() };
    let mut out = regex::escape(&part);
    match rng.below(8) {
        0 => out = out.replace(|c: char| c.is_ascii_digit(), r"\d"),
        1 => out.push_str(".*"),
        2 => out = format!("(nothing|{out})"),
        3 => out = format!("[a-z]{out}"),
        4 => out = format!("(?i){}", flip(&part).chars().map(|c| regex::escape(&c.to_string())).collect::<String>()),
        5 => out = out.replace(|c: char| c.is_ascii_alphabetic(), r"\w"),
        6 => out.push('?'),
        _ => {}
    }
    if whole && !out.starts_with("(?i)") && rng.chance(60) && text.chars().count() <= 60 {
        out = format!("^{out}$");
    }
    if out.starts_with('?') { String::from(".") } else { out }
}

/// A network around an address.
fn network(rng: &mut Rng, address: &str) -> String {
    let long: usize = if address.contains(':') { 128 } else { 32 };
    let bits = *rng.pick(&[0, 8, 10, 24, 29, long - 1, long]);
    format!("{address}/{bits}")
}

impl Env<'_> {
    /// A value that some record has there, as text, or one that none has.
    fn sample(&mut self, entity: &str, name: &str, kind: Kind) -> String {
        let values = self.values(entity, name);
        let plain: Vec<&Val> = values.iter().filter(|v| !v.text().contains(char::is_control)).collect();
        if plain.is_empty() || self.rng.chance(5) {
            return match kind {
                Kind::Number => "7".to_owned(),
                Kind::Time => "2024-01-01T00:00:02.500Z".to_owned(),
                Kind::Addr | Kind::V4 => "10.0.0.9".to_owned(),
                Kind::V6 => "2001:db8::b".to_owned(),
                Kind::Bool => "true".to_owned(),
                _ => "nothing".to_owned(),
            };
        }
        let text = self.rng.pick(&plain).text();
        if entity == "windows-registry-key" && name == "key" && self.rng.chance(50) {
            return self.hive(&text);
        }
        text
    }

    /// A registry key with its hive before it, in one of the spellings.
    fn hive(&mut self, key: &str) -> String {
        let hive = if key.starts_with("S-1-5") { ["HKU", "HKEY_USERS"] } else { ["HKLM", "HKEY_LOCAL_MACHINE"] };
        format!("{}\\{key}", self.rng.pick(&hive))
    }

    fn literal(&mut self, kind: Kind, text: &str) -> String {
        match kind {
            Kind::Number if !self.rng.chance(25) => text.to_owned(),
            Kind::Bool => text.to_owned(),
            Kind::Time if self.rng.chance(30) => format!("t'{text}'"),
            Kind::Guid | Kind::NoCase | Kind::Mac if self.rng.chance(30) && !text.ends_with('=') => {
                let flipped = flip(text);
                quoted(&mut self.rng, &flipped)
            }
            _ => quoted(&mut self.rng, text),
        }
    }

    /// One comparison on an attribute of a type.
    pub(crate) fn comparison(&mut self, entity: &str, name: &str, kind: Kind, references: bool) -> String {
        let attribute = written(&mut self.rng, name);
        let not = if self.rng.chance(25) { "NOT " } else { "" };
        if self.rng.chance(8) {
            let not = if self.rng.chance(50) { "NOT " } else { "" };
            return format!("{attribute} IS {not}NULL");
        }
        if references
            && self.rng.chance(12)
            && let Some(reference) = self.reference(kind)
        {
            return match self.rng.below(6) {
                0 => format!("{attribute} = {reference}"),
                1 => format!("{attribute} NOT IN {reference}"),
                2 => format!("{attribute} IN~ {reference}"),
                3 => format!("{attribute} !~ {reference}"),
                _ => format!("{attribute} IN {reference}"),
            };
        }
        let text = self.sample(entity, name, kind);
        let address = matches!(kind, Kind::Addr | Kind::V4 | Kind::V6);
        let choice = self.rng.below(10);
        match (kind, choice) {
            (Kind::Text, 0..=2) | (Kind::Guid | Kind::NoCase | Kind::Mac, 0) => {
                let pattern = like(&mut self.rng, &text);
                format!("{attribute} {not}LIKE {}", quoted(&mut self.rng, &pattern))
            }
            (Kind::Text, 3 | 4) => {
                let pattern = expression(&mut self.rng, &text);
                format!("{attribute} {not}MATCHES {}", quoted(&mut self.rng, &pattern))
            }
            (_, 0..=2) if address => format!("{attribute} {not}ISSUBSET '{}'", network(&mut self.rng, &text)),
            (_, 3) if address => format!("{attribute} {not}ISSUPERSET '{text}'"),
            (_, 4) if address => {
                let pattern = like(&mut self.rng, &text);
                format!("{attribute} {not}LIKE {}", quoted(&mut self.rng, &pattern))
            }
            (Kind::Number | Kind::Time, 0..=3) => {
                let operator = *self.rng.pick(&["<", "<=", ">", ">="]);
                format!("{attribute} {operator} {}", self.literal(kind, &text))
            }
            (Kind::Text, 5) if name != "key" => {
                let operator = *self.rng.pick(&["<", "<=", ">", ">="]);
                format!("{attribute} {operator} {}", self.literal(kind, &text))
            }
            (_, 6 | 7) if kind != Kind::Bool => {
                let mut list = vec![self.literal(kind, &text)];
                for _ in 0..self.rng.below(3) {
                    let more = self.sample(entity, name, kind);
                    list.push(self.literal(kind, &more));
                }
                let case = if self.rng.chance(30) { "~" } else { "" };
                format!("{attribute} {not}IN{case} ({})", list.join(", "))
            }
            _ => {
                let operator = *self.rng.pick(&["=", "=", "=", "=~", "!=", "!~"]);
                let bent = operator.ends_with('~') && kind == Kind::Text;
                let text = if bent && self.rng.chance(60) { flip(&text) } else { text };
                format!("{attribute} {operator} {}", self.literal(kind, &text))
            }
        }
    }

    /// `variable.attribute` whose values can be compared with this kind.
    fn reference(&mut self, kind: Kind) -> Option<String> {
        let same = |other: Kind| {
            let address = |k| matches!(k, Kind::Addr | Kind::V4 | Kind::V6);
            other == kind || (address(other) && address(kind))
        };
        let mut found = Vec::new();
        for known in &self.known {
            found.extend(known.columns().into_iter().filter(|(_, k)| same(*k)).map(|(name, _)| (known.name.clone(), name)));
        }
        if found.is_empty() {
            return None;
        }
        let (variable, name) = self.rng.pick(&found).clone();
        Some(format!("{variable}.{}", written(&mut self.rng, &name)))
    }

    /// A pattern on an entity type, comparisons on other types among it where they are allowed.
    pub(crate) fn pattern(&mut self, entity: &str, extended: bool) -> String {
        const OTHERS: &[&str] = &[
            "process",
            "file",
            "network-traffic",
            "ipv4-addr",
            "user-account",
            "domain-name",
            "windows-registry-key",
            "x-oca-asset",
            "x-oca-event",
        ];
        let mut parts = Vec::new();
        for _ in 0..=self.rng.below(3) {
            let other = if extended && self.rng.chance(15) { *self.rng.pick(OTHERS) } else { entity };
            let (name, kind) = self.attribute(other);
            if self.rng.chance(4)
                && let Some(field) = record_fields::record_field(other, &format!("record:{name}"))
            {
                let comparison = self.comparison(other, field.name, field.kind, true);
                parts.push(format!("record:{comparison}"));
                continue;
            }
            let comparison = self.comparison(other, name, kind, true);
            let prefixed = other != entity || self.rng.chance(10);
            let comparison = if prefixed { format!("{other}:{comparison}") } else { comparison };
            parts.push(if self.rng.chance(10) { format!("NOT {comparison}") } else { comparison });
        }
        self.combined(parts)
    }

    /// AND, OR and parentheses around comparisons.
    pub(crate) fn combined(&mut self, mut parts: Vec<String>) -> String {
        while parts.len() > 1 {
            let (a, b) = (parts.remove(0), parts.remove(0));
            let word = if self.rng.chance(60) { "AND" } else { "OR" };
            let both = format!("{a} {word} {b}");
            let both = if self.rng.chance(40) { format!("({both})") } else { both };
            parts.insert(0, if both.starts_with('(') && self.rng.chance(25) { format!("NOT {both}") } else { both });
        }
        let pattern = parts.remove(0);
        if self.rng.chance(15) { format!("[{pattern}]") } else { pattern }
    }

    /// An attribute that GET of a type can look at.
    pub(crate) fn attribute(&mut self, entity: &str) -> (&'static str, Kind) {
        let slots = crate::oracle::slots::get_slots(entity);
        let fields = record_fields::in_patterns(entity);
        if !fields.is_empty() && self.rng.chance(15) {
            return *self.rng.pick(&fields);
        }
        let all: Vec<_> = attributes::of(entity).iter().filter(|a| slots.contains(&a.slot)).collect();
        let one = self.rng.pick(&all);
        (one.name, one.kind)
    }

    /// A pattern on the columns of a variable.
    pub(crate) fn filter(&mut self, known: &Known) -> String {
        let columns = known.columns();
        let mut parts = Vec::new();
        for _ in 0..=self.rng.below(2) {
            let (name, kind) = self.rng.pick(&columns).clone();
            let comparison = self.comparison(&known.entity.clone(), &name, kind, true);
            parts.push(if self.rng.chance(10) { format!("NOT {comparison}") } else { comparison });
        }
        self.combined(parts)
    }
}
