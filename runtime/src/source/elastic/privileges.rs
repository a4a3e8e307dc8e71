//! Whether the credentials may see all that the patterns of a source stand for. Elasticsearch narrows a pattern to the indices
//! that the user may read, without a word.

use super::connection::Connection;
use super::expression;
use super::fault::{Fault, FaultKind, Repeat};
use super::server::Product;
use crate::source::FetchContext;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// What a search needs. A role may grant it without all of `read`.
const SEARCH: &str = "indices:data/read/search";
/// What mappings and settings need.
const METADATA: &str = "view_index_metadata";

/// What the credentials may see of the patterns of a source.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Privileges {
    /// Whether the server said so; one without security does not, nor does OpenSearch.
    pub(super) told: bool,
    /// The patterns that also stand for indices which may not be read.
    pub(super) narrowed: Vec<String>,
    /// The patterns that also stand for indices whose mappings may not be read.
    pub(super) unmapped: Vec<String>,
    /// What the roles grant instead.
    pub(super) granted: Vec<RoleGrant>,
}

/// What roles grant on some names.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(super) struct RoleGrant {
    #[serde(default)]
    pub(super) names: Vec<String>,
    #[serde(default)]
    privileges: Vec<String>,
    /// Queries that a record must match to be seen.
    #[serde(default)]
    query: Vec<serde_json::Value>,
    /// Limits to some fields.
    #[serde(default)]
    field_security: Vec<serde_json::Value>,
}

impl RoleGrant {
    fn reads(&self) -> bool {
        self.privileges.iter().any(|p| matches!(p.as_str(), "read" | "all" | SEARCH))
    }

    /// Whether it is for some records, or for some fields of records only.
    pub(super) fn hides(&self) -> bool {
        let all = |limit: &serde_json::Value| {
            limit.get("grant") == Some(&json!(["*"])) && limit.get("except").is_none_or(|e| e == &json!([]))
        };
        self.reads() && (!self.query.is_empty() || self.field_security.iter().any(|limit| !all(limit)))
    }
}

#[derive(Deserialize)]
struct HasPrivileges {
    index: BTreeMap<String, BTreeMap<String, bool>>,
}

#[derive(Deserialize)]
struct UserPrivileges {
    #[serde(default)]
    indices: Vec<RoleGrant>,
}

impl Privileges {
    /// Asks the server. `thorough`: also where no pattern is narrowed, what the roles grant.
    pub(super) fn ask(connection: &Connection, context: &FetchContext, thorough: bool) -> Result<Self, Fault> {
        let patterns = expression::patterns(&connection.config.indices);
        if connection.server(context)?.product != Product::Elasticsearch || (patterns.is_empty() && !thorough) {
            return Ok(Self::default());
        }
        let mut found = Self::default();
        if !patterns.is_empty() {
            let names: Vec<&str> = patterns.iter().copied().chain(patterns.iter().filter_map(|name| stream_of(name))).collect();
            let body = json!({"index": [{"names": names, "privileges": [SEARCH, METADATA]}]});
            let call = connection.post("_security/user/_has_privileges".to_owned(), &body)?;
            let Some(answer) =
                answered(connection.send(&call, context, |reply| Ok(serde_json::from_slice::<HasPrivileges>(&reply.body).ok())))?
            else {
                return Ok(found);
            };
            found.told = true;
            let lacks = |privilege: &str| -> Vec<String> {
                let denied = |name: &str| answer.index.get(name).and_then(|p| p.get(privilege)) == Some(&false);
                let lacking = |name: &&&str| denied(name) && stream_of(name).is_none_or(denied);
                patterns.iter().filter(lacking).map(|name| (*name).to_owned()).collect()
            };
            (found.narrowed, found.unmapped) = (lacks(SEARCH), lacks(METADATA));
        }
        if thorough || !found.narrowed.is_empty() {
            let call = connection.get("_security/user/_privileges".to_owned());
            let answer =
                answered(connection.send(&call, context, |reply| Ok(serde_json::from_slice::<UserPrivileges>(&reply.body).ok())))?;
            found.told |= answer.is_some();
            found.granted = answer.map_or_else(Vec::new, |answer| answer.indices.into_iter().filter(RoleGrant::reads).collect());
        }
        Ok(found)
    }

    /// The error when a pattern is narrowed, which makes every answer a part.
    pub(super) fn check(&self, context: &FetchContext) -> Result<(), Fault> {
        if self.narrowed.is_empty() {
            return Ok(());
        }
        if context.allow_partial {
            context.stats.partial.store(true, Ordering::Relaxed);
            return Ok(());
        }
        let granted = self.granted_names();
        let granted = if granted.is_empty() { "other names".to_owned() } else { ticked(&granted) };
        Err(Fault::new(
            FaultKind::Narrowed,
            format!("not all of {} may be read: the roles grant {granted}", ticked(&self.narrowed)),
        ))
    }

    /// The names on which the roles grant reading.
    pub(super) fn granted_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.granted.iter().flat_map(|grant| grant.names.iter().cloned()).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// The pattern of the data streams behind which the indices of a pattern are: who may read those may read these.
fn stream_of(pattern: &str) -> Option<&str> {
    pattern.strip_prefix(".ds-")
}

/// Names as in `a`, `b`.
pub(super) fn ticked(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The answer; `None` where the server does not have the question, or does not take it. What may go away is a fault.
fn answered<T>(answer: Result<Option<T>, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Err(fault)
            if fault.again(true) == Repeat::Never && !matches!(fault.kind, FaultKind::Spent(_)) && fault.status.is_some() =>
        {
            Ok(None)
        }
        other => other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn grant(json: serde_json::Value) -> RoleGrant {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn limits_of_roles_to_records_and_fields() {
        assert!(!grant(json!({"names": ["a"], "privileges": ["read"]})).hides());
        assert!(
            !grant(json!({"names": ["a"], "privileges": ["read"], "field_security": [{"grant": ["*"], "except": []}]})).hides()
        );
        assert!(grant(json!({"names": ["a"], "privileges": ["all"], "field_security": [{"grant": ["process.*"]}]})).hides());
        assert!(grant(json!({"names": ["a"], "privileges": ["read"], "query": ["{\"term\":{\"a\":1}}"]})).hides());
        assert!(!grant(json!({"names": ["a"], "privileges": ["write"], "query": ["{}"]})).hides());
    }

    #[test]
    fn a_narrowed_pattern_is_a_fault_or_a_part() {
        let whole = Privileges { told: true, ..Privileges::default() };
        whole.check(&FetchContext::default()).unwrap();
        let narrowed = Privileges {
            narrowed: vec!["logs-*".to_owned()],
            granted: vec![grant(json!({"names": ["logs-a*"], "privileges": ["read"]}))],
            ..whole
        };
        let fault = narrowed.check(&FetchContext::default()).unwrap_err();
        assert_eq!(
            (fault.kind, fault.reason.as_str()),
            (FaultKind::Narrowed, "not all of `logs-*` may be read: the roles grant `logs-a*`")
        );
        let context = FetchContext { allow_partial: true, ..FetchContext::default() };
        narrowed.check(&context).unwrap();
        assert!(context.stats.partial.load(Ordering::Relaxed));
    }
}
