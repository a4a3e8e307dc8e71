//! Asks a server for mappings.

use super::capabilities;
use super::extent::Extent;
use super::kinds::{Indices, ancestors};
use super::read::MappingAnswers;
use super::together::together;
use crate::source::FetchContext;
use crate::source::elastic::client::{Call, Reply};
use crate::source::elastic::connection::{Connection, encode};
use crate::source::elastic::expression;
use crate::source::elastic::fault::{Fault, FaultKind, Repeat};
use crate::source::elastic::server::Product;
use serde_json::Value;
use std::collections::BTreeSet;
use std::thread;

/// The longest path: servers accept lines of 4,096 bytes.
const LONGEST_PATH: usize = 4_000;
/// What else is in a path.
const REST: usize = 150;
/// The longest list of field names in a path, and what it is not cut below.
const LONGEST_LIST: usize = 2_000;
const SHORTEST_LIST: usize = 200;

/// What the server answers about some fields.
#[derive(Default)]
pub(super) struct SeenMappings {
    pub(super) indices: Indices,
    /// The parts of the expression that did not answer.
    pub(super) silent: Vec<String>,
    pub(super) extent: Extent,
}

/// Who asks.
pub(super) struct Questioner<'a> {
    pub(super) connection: &'a Connection,
    pub(super) context: &'a FetchContext,
    /// Whether to ask again what is not answered, because it may be later.
    pub(super) patient: bool,
}

impl Questioner<'_> {
    /// Asks the server. With credentials that may not see mappings (`unmapped`), and for remote clusters, only types are known.
    pub(super) fn ask(&self, fields: &BTreeSet<String>, unmapped: bool) -> Result<SeenMappings, Fault> {
        let expression = &self.connection.config.indices;
        let (Some(local), false) = (expression::local(expression), unmapped) else {
            return self.types(expression, fields);
        };
        // Neither needs the other.
        let (details, remote) = thread::scope(|scope| {
            let remote = expression::remote(expression).map(|remote| scope.spawn(move || self.types(&remote, fields)));
            let lost = |_| Err(Fault::new(FaultKind::Rejected, "a thread that asked ended early"));
            (self.details(&local, fields), remote.map(|remote| remote.join().unwrap_or_else(lost)))
        });
        let mut seen = match details {
            Err(fault) if matches!(fault.kind, FaultKind::Forbidden) => return self.types(expression, fields),
            other => other?,
        };
        match remote {
            // No remote cluster answers at all.
            Some(Err(fault)) if fault.kind == FaultKind::Incomplete && self.context.allow_partial => seen.silent.push(fault.reason),
            Some(types) => {
                let SeenMappings { indices, silent, .. } = types?;
                seen.indices.extend(indices);
                seen.silent = silent;
            }
            None => {}
        }
        if expression::remote(expression).is_some() {
            // How many shards remote clusters have, these do not tell.
            seen.extent.shards = None;
        }
        Ok(seen)
    }

    /// `_mapping/field` has everything except the objects that contain the fields and what documents are kept with, which are in
    /// `_mapping`, and what is set for whole indices, which is in `_settings`.
    fn details(&self, local: &str, fields: &BTreeSet<String>) -> Result<SeenMappings, Fault> {
        const OPTIONS: &str = "allow_no_indices=false&ignore_unavailable=false";
        let indices = encode(local);
        let parents: BTreeSet<String> = fields.iter().flat_map(|f| ancestors(f)).collect();
        let mut seen = MappingAnswers::default();
        let (settings, closed, routed) = thread::scope(|scope| {
            let settings = scope.spawn(|| self.settings(&indices));
            let closed = scope.spawn(|| self.closed(local));
            let routed = scope.spawn(|| self.routed(&indices));
            let of_fields = |names: &[String]| -> Vec<String> {
                lists(&indices, names)
                    .iter()
                    .map(|list| format!("{indices}/_mapping/field/{list}?include_defaults=true&{OPTIONS}"))
                    .collect()
            };
            let objects = |p: &String| {
                let at = p.split('.').map(encode).collect::<Vec<_>>().join(".properties.");
                ["type", "dynamic", "enabled"].map(|key| format!("*.mappings.properties.{at}.{key}")).join(",")
            };
            let whole =
                ["dynamic", "enabled", "runtime", "derived", "_source", "**.copy_to"].map(|key| format!("*.mappings.{key}"));
            let mut filters = vec![whole.join(",")];
            filters.extend(parents.iter().map(objects));
            let names: Vec<String> = fields.union(&parents).map(|f| encode(f)).collect();
            let mut paths = of_fields(&names);
            let of_objects = paths.len();
            paths.extend(lists(&indices, &filters).iter().map(|list| format!("{indices}/_mapping?filter_path={list}&{OPTIONS}")));
            let read = together(&paths, |path| {
                let check = if path.contains("/_mapping/field/") { some_index } else { |_: &Value| Ok(()) };
                self.answer(path.clone(), check)
            });
            let read = read.and_then(|answers| {
                let (names_read, objects_read) = answers.split_at(of_objects);
                for json in names_read {
                    seen.fields(json);
                }
                let targets: Vec<String> = seen.targets().iter().map(|f| encode(f)).collect();
                for json in together(&of_fields(&targets), |path| self.answer(path.clone(), some_index))? {
                    seen.fields(&json);
                }
                for json in objects_read {
                    seen.objects(json);
                }
                Ok(())
            });
            let settings = settings.join().unwrap_or_else(|_| Err(Fault::new(FaultKind::Stopped, "")));
            read.and_then(|()| Ok((settings?, closed.join().unwrap_or_default(), routed.join().unwrap_or_default())))
        })?;
        let mut extent = Extent::default();
        if let Some(json) = &settings {
            extent.settings(json);
        }
        if let Some(json) = &closed {
            extent.resolved(json);
        }
        extent.aliases(routed.as_ref());
        let elastic = self.connection.server(self.context)?.product == Product::Elasticsearch;
        seen.settings(if elastic { settings.as_ref() } else { Some(&Value::Null) });
        Ok(SeenMappings { indices: seen.finish(fields), silent: Vec::new(), extent })
    }

    /// The settings that leave fields out of the index, and how many shards the indices have; `None` when they may not be read.
    fn settings(&self, indices: &str) -> Result<Option<Value>, Fault> {
        let mapping = ["total_fields.ignore_dynamic_beyond_limit", "ignore_malformed"];
        let index = ["number_of_shards", "search.throttled"];
        let filter = mapping.map(|key| format!("*.*.index.mapping.{key}")).into_iter();
        let filter = filter.chain(index.map(|key| format!("*.settings.index.{key}"))).collect::<Vec<_>>().join(",");
        let path = format!("{indices}/_settings?include_defaults=true&expand_wildcards=open&filter_path={filter}");
        if self.connection.server(self.context)?.product == Product::OpenSearch {
            // It has no settings that leave fields out of the index.
            return Ok(self.once(path));
        }
        match self.answer(path, |_| Ok(())) {
            Err(fault) if fault.again(true) == Repeat::Never && fault.status.is_some() => Ok(None),
            other => other.map(Some),
        }
    }

    /// The closed indices that patterns of the expression pass over; `None` where the server does not tell.
    fn closed(&self, local: &str) -> Option<Value> {
        if expression::patterns(local).is_empty() {
            return None;
        }
        let path = format!("_resolve/index/{}?expand_wildcards=closed&filter_path=indices.name,indices.attributes", encode(local));
        self.once(path)
    }

    /// The routing of the aliases of the expression; `None` where the server does not tell.
    fn routed(&self, indices: &str) -> Option<Value> {
        self.once(format!("{indices}/_alias?expand_wildcards=open&filter_path=*.aliases.*.search_routing"))
    }

    /// The answer to what a hunt can do without: one try.
    fn once(&self, path: String) -> Option<Value> {
        let reply = self.connection.send_once(&self.connection.get(path), self.context).ok()?;
        serde_json::from_slice(&reply.body).ok()
    }

    /// `_field_caps` has types only.
    fn types(&self, expression: &str, fields: &BTreeSet<String>) -> Result<SeenMappings, Fault> {
        let parents: BTreeSet<String> = fields.iter().flat_map(|f| ancestors(f)).collect();
        let names: Vec<String> = fields.union(&parents).map(|f| encode(f)).collect();
        let indices = encode(expression);
        let path = |list: &String| {
            format!("{indices}/_field_caps?fields={list}&include_unmapped=true&allow_no_indices=false&ignore_unavailable=false")
        };
        let paths: Vec<String> = lists(&indices, &names).iter().map(path).collect();
        let whole = |json: &Value| match capabilities::failures(json) {
            silent if silent.is_empty() => Ok(()),
            silent => Err(Fault::new(FaultKind::Incomplete, format!("no answer from {}", silent.join("; ")))),
        };
        let answers = together(&paths, |path| match self.answer(path.clone(), whole) {
            Err(fault) if fault.kind == FaultKind::Incomplete && self.context.allow_partial => {
                self.answer(path.clone(), |_| Ok(()))
            }
            other => other,
        })?;
        let mut seen = SeenMappings::default();
        for json in &answers {
            seen.silent.extend(capabilities::failures(json));
            capabilities::read(json, &mut seen.indices);
        }
        if seen.indices.is_empty() {
            return Err(Fault::new(FaultKind::NoSuchIndex, ""));
        }
        capabilities::finish(&mut seen.indices, fields);
        Ok(seen)
    }

    /// Asks until an answer passes `check`.
    fn answer(&self, path: String, check: impl Fn(&Value) -> Result<(), Fault>) -> Result<Value, Fault> {
        let call: Call = self.connection.get(path);
        let read = |reply: Reply| {
            let json =
                serde_json::from_slice(&reply.body).map_err(|e| Fault::new(FaultKind::Malformed, format!("no mapping: {e}")))?;
            check(&json)?;
            Ok(json)
        };
        if self.patient {
            self.connection.send(&call, self.context, read)
        } else {
            self.connection.send_once(&call, self.context).and_then(read)
        }
    }
}

/// An error for an answer about no index: a pattern that stands for none is refused, so such an answer is a mistake.
fn some_index(json: &Value) -> Result<(), Fault> {
    if json.as_object().is_some_and(|indices| !indices.is_empty()) {
        Ok(())
    } else {
        Err(Fault::new(FaultKind::Malformed, "the answer about mappings names no index"))
    }
}

/// Names joined with commas, in lists that are short enough for a path with these indices.
fn lists(indices: &str, names: &[String]) -> Vec<String> {
    let longest = LONGEST_PATH.saturating_sub(indices.len() + REST).clamp(SHORTEST_LIST, LONGEST_LIST);
    let mut lists: Vec<String> = Vec::new();
    for name in names {
        match lists.last_mut() {
            Some(list) if list.len() + name.len() < longest => {
                list.push(',');
                list.push_str(name);
            }
            _ => lists.push(name.clone()),
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_fit_a_path_and_hold_every_name() {
        let names: Vec<String> = (0..500).map(|i| format!("process.field_{i}")).collect();
        for (indices, longest) in [(0, LONGEST_LIST), (3_000, 850), (9_000, SHORTEST_LIST)] {
            let lists = lists(&"i".repeat(indices), &names);
            assert!(lists.len() > 3 && lists.iter().all(|list| list.len() <= longest), "{indices}");
            assert_eq!(lists.join(","), names.join(","));
        }
        assert_eq!(ancestors("a.b.c").collect::<Vec<_>>(), ["a", "a.b"]);
    }
}
