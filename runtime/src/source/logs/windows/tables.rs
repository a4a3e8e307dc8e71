//! Which ECS field each value of an event becomes, and what an event is: `data/fields.csv` and `data/events.csv`.

use super::data::{EVENTS, FIELDS, rows};
use super::values::ApplyRule;
use foldhash::HashMap;
use std::sync::LazyLock;

/// One row of `fields.csv`: what becomes of a value.
#[derive(Clone, Debug)]
pub(super) struct FieldRule {
    pub(super) how: ApplyRule,
    /// The field, or the object of several.
    pub(super) to: &'static str,
    /// Whether the value also stays in `winlog.event_data`.
    pub(super) left: bool,
}

/// One row of `events.csv`: what an event is.
#[derive(Clone, Debug, Default)]
pub(super) struct EventKind {
    pub(super) category: KindWords,
    pub(super) type_: KindWords,
    pub(super) action: Option<&'static str>,
    pub(super) task: Option<&'static str>,
    pub(super) outcome: Option<&'static str>,
}

/// Words of a field that is a list, or a text with some providers.
#[derive(Clone, Debug, Default)]
pub(super) enum KindWords {
    #[default]
    None,
    One(&'static str),
    List(Vec<&'static str>),
}

type Rules = HashMap<&'static str, Vec<FieldRule>>;

/// What is known of a provider's events.
#[derive(Debug, Default)]
pub(super) struct Provider {
    /// By event and name of a value; those of every event are first.
    rules: HashMap<u64, Rules>,
    /// Of events without own rules.
    all: Rules,
    kinds: HashMap<u64, EventKind>,
}

impl Provider {
    /// The rules of an event's values.
    pub(super) fn rules(&self, event: u64) -> EventRules<'_> {
        EventRules(self.rules.get(&event).unwrap_or(&self.all))
    }

    pub(super) fn kind(&self, event: u64) -> Option<&EventKind> {
        self.kinds.get(&event)
    }
}

/// The rules of one event.
#[derive(Clone, Copy)]
pub(super) struct EventRules<'p>(&'p Rules);

impl<'p> EventRules<'p> {
    /// The rules of a value.
    pub(super) fn of(self, value: &str) -> std::slice::Iter<'p, FieldRule> {
        self.0.get(value).map_or([].iter(), |rules| rules.iter())
    }
}

static PROVIDERS: LazyLock<HashMap<&'static str, Provider>> = LazyLock::new(|| {
    let mut providers: HashMap<&'static str, Provider> = HashMap::default();
    for [provider, events, value, how, to, left] in rows(FIELDS) {
        // All rules of the table are there: a test looks at each row.
        let Some(how) = ApplyRule::named(how) else { continue };
        let rule = FieldRule { how, to, left: left == "left" };
        let provider = providers.entry(provider).or_default();
        if events == "all" {
            provider.all.entry(value).or_default().push(rule);
            continue;
        }
        for event in numbers(events) {
            provider.rules.entry(event).or_default().entry(value).or_default().push(rule.clone());
        }
    }
    for [provider, event, category, type_, action, task, outcome] in rows(EVENTS) {
        let (category, type_) = (words(category), words(type_));
        let kind = EventKind { category, type_, action: some(action), task: some(task), outcome: some(outcome) };
        let provider = providers.entry(provider).or_default();
        provider.kinds.extend(numbers(event).map(|event| (event, kind.clone())));
    }
    add_those_of_every_event(&mut providers);
    providers
});

/// Puts the rules of every event before those of single ones.
#[expect(clippy::iter_over_hash_type, reason = "each entry is changed by itself")]
fn add_those_of_every_event(providers: &mut HashMap<&'static str, Provider>) {
    for provider in providers.values_mut() {
        for rules in provider.rules.values_mut() {
            for (value, all) in &provider.all {
                let own = rules.remove(value).unwrap_or_default();
                rules.insert(value, all.iter().cloned().chain(own).collect());
            }
        }
    }
}

/// What is known of a provider.
pub(super) fn provider(name: &str) -> Option<&'static Provider> {
    PROVIDERS.get(name)
}

fn some(text: &'static str) -> Option<&'static str> {
    (!text.is_empty()).then_some(text)
}

/// `=word` is a text, other words are a list.
fn words(text: &'static str) -> KindWords {
    match text.strip_prefix('=') {
        Some(word) => KindWords::One(word),
        None if text.is_empty() => KindWords::None,
        None => KindWords::List(text.split(' ').collect()),
    }
}

/// Numbers and ranges of them: `1 23 26-29`.
fn numbers(text: &'static str) -> impl Iterator<Item = u64> {
    text.split(' ').flat_map(|part| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        from.parse().unwrap_or(1)..=to.parse().unwrap_or(0)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read() {
        for [_, events, value, how, to, left] in rows(FIELDS) {
            assert!(events == "all" || numbers(events).count() > 0, "{events}");
            assert!(!value.is_empty() && ["", "left"].contains(&left), "{value}");
            assert!(ApplyRule::named(how).is_some(), "{how}");
            assert!(!to.is_empty() || how == "nothing" || how == "PowerShell context", "{value}");
        }
        for [_, event, ..] in rows::<7>(EVENTS) {
            assert_eq!(numbers(event).count(), 1, "{event}");
        }
    }

    #[test]
    fn events_and_ranges_are_found() {
        let sysmon = provider("Microsoft-Windows-Sysmon").unwrap();
        assert_eq!(sysmon.rules(28).of("TargetFilename").count(), 1);
        assert_eq!(sysmon.rules(25).of("TargetFilename").count(), 0);
        assert_eq!(sysmon.rules(4711).of("Image").count(), 1);
    }
}
