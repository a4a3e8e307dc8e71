//! What an index expression stands for on the server itself: the indices that a search must reach, and those that it passes over.

use super::parameters::is;
use serde_json::Value;
use std::collections::BTreeMap;

/// What an index expression stands for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Extent {
    /// How many shards each open index has; `None` where that may not be asked, where remote clusters have others, and
    /// where an alias goes to a part of them.
    pub(super) shards: Option<BTreeMap<String, u64>>,
    /// The indices that searches pass over without a word, each with why.
    pub(super) passed_over: BTreeMap<String, &'static str>,
}

impl Extent {
    /// Reads the `_settings` of the open indices.
    pub(super) fn settings(&mut self, json: &Value) {
        let mut shards = BTreeMap::new();
        for (index, body) in json.as_object().into_iter().flatten() {
            let said = |key: &str| body.pointer(&format!("/settings/index/{key}"));
            if is(said("search/throttled"), "true") {
                self.passed_over.insert(index.clone(), "frozen");
                continue;
            }
            let number = said("number_of_shards").and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok()));
            // An answer that does not say it of each says it of none.
            let Some(number) = number else { return };
            shards.insert(index.clone(), number);
        }
        if !shards.is_empty() {
            self.shards = Some(shards);
        }
    }

    /// Reads which aliases have a routing: a search by such an alias goes to a part of the shards, as whoever made it wants. Where
    /// nothing is told, any may be one.
    pub(super) fn aliases(&mut self, json: Option<&Value>) {
        if json.and_then(Value::as_object).is_none_or(|routed| !routed.is_empty()) {
            self.shards = None;
        }
    }

    /// Reads the closed ones of `_resolve/index`.
    pub(super) fn resolved(&mut self, json: &Value) {
        for index in json.get("indices").and_then(Value::as_array).into_iter().flatten() {
            let attributes = index.get("attributes").and_then(Value::as_array);
            let closed = attributes.is_some_and(|words| words.iter().any(|word| word.as_str() == Some("closed")));
            if let (Some(name), true) = (index.get("name").and_then(Value::as_str), closed) {
                self.passed_over.insert(name.to_owned(), "closed");
            }
        }
    }

    /// Where a search that goes to so many shards cannot reach all indices: how many shards these have, and which of the indices
    /// are not among those that are `seen`.
    pub(super) fn beyond(&self, searched: u64, seen: impl Fn(&str) -> bool) -> Option<(u64, Vec<String>)> {
        let shards = self.shards.as_ref()?;
        let all = shards.values().fold(0_u64, |all, more| all.saturating_add(*more));
        (searched < all).then(|| (all, shards.keys().filter(|index| !seen(index)).cloned().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_search_must_reach_and_what_it_passes_over() {
        let mut extent = Extent::default();
        let of = |shards: &str| json!({"settings": {"index": {"number_of_shards": shards}}});
        let frozen = json!({"settings": {"index": {"number_of_shards": "1", "search": {"throttled": "true"}}}});
        extent.settings(&json!({"a": of("3"), "b": of("2"), "c": frozen}));
        extent.resolved(&json!({"indices": [{"name": "d", "attributes": ["closed"]}, {"name": "e", "attributes": ["open"]}]}));
        assert_eq!(extent.passed_over, BTreeMap::from([("c".to_owned(), "frozen"), ("d".to_owned(), "closed")]));
        assert_eq!(extent.beyond(5, |_| false), None);
        assert_eq!(extent.beyond(3, |index| index == "a"), Some((5, vec!["b".to_owned()])));
        extent.settings(&json!({"a": of("18446744073709551615"), "b": of("1")}));
        assert_eq!(extent.beyond(3, |_| true), Some((u64::MAX, Vec::new())), "what a stranger says is no panic");
        for (aliases, known) in
            [(Some(json!({})), true), (Some(json!({"a": {"aliases": {"b": {"search_routing": "x"}}}})), false), (None, false)]
        {
            let mut extent = extent.clone();
            extent.aliases(aliases.as_ref());
            assert_eq!(extent.shards.is_some(), known, "{aliases:?}");
        }
        let mut unknown = Extent::default();
        unknown.settings(&json!({"a": of("3"), "b": {"settings": {}}}));
        assert_eq!((unknown.beyond(0, |_| true), Extent::default().beyond(0, |_| true)), (None, None));
    }
}
