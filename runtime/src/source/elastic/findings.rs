//! What of a cluster a hunter should know before trusting an answer: what the credentials may see, remote clusters, indices that
//! are closed or red, limits, and fields that documents or indices lack. Each with what it means for hunts.

use super::answer::{Answer, FILTER};
use super::body::counting;
use super::connection::{Connection, encode};
use super::expression;
use super::fault::{Fault, FaultKind, Repeat, clean};
use super::mapping::{FieldMapping, Indices, Mappings, ValuesKept};
use super::privileges::{Privileges, ticked};
use super::server::Product;
use crate::source::FetchContext;
use crate::source::repair::Repaired;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A fact about a source that hunts meet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFinding {
    /// What is the case.
    pub what: String,
    /// What it means for hunts, and what can be done.
    pub means: String,
}

impl SourceFinding {
    fn new(what: impl Into<String>, means: impl Into<String>) -> Self {
        Self { what: what.into(), means: means.into() }
    }
}

/// The most names that a finding shows.
const NAMED: usize = 5;
/// The values that one `terms` query of a hunt may have.
const TERMS: u64 = 20_000;
/// The longest regular expression that a hunt may send.
const REGEX: u64 = 1_000;

/// All findings. What the server does not tell is one too, where it matters.
pub(super) fn gather(
    connection: &Connection,
    mappings: &Mappings,
    fields: &[String],
    indices: &Indices,
    context: &FetchContext,
) -> Result<Vec<SourceFinding>, Fault> {
    let server = connection.server(context)?;
    let expression = &connection.config.indices;
    let mut findings = Vec::new();
    if server.product == Product::Elasticsearch {
        of_privileges(&Privileges::ask(connection, context, true)?, connection, &mut findings);
    } else if connection.config.auth.secret().is_some() && !expression::patterns(expression).is_empty() {
        findings.push(SourceFinding::new(
            "OpenSearch does not tell whether the credentials see all indices of a pattern",
            "with `do_not_fail_on_forbidden` it leaves out those that they may not see: compare the indices above with what you expect",
        ));
    }
    of_remotes(connection, context, &mappings.silent(), &mut findings)?;
    if indices.values().flat_map(BTreeMap::values).any(|m| m.type_only) {
        findings.push(SourceFinding::new(
            "of some indices only the types of fields are known (they are of a remote cluster, or `view_index_metadata` is lacking)",
            "answers are the same, but where a field is not mapped every record of the window is read and compared here",
        ));
    }
    of_documents(fields, indices, &mut findings);
    if indices.values().flat_map(BTreeMap::values).any(|m| m.ignorable && !m.type_only) {
        findings.extend(ignored(connection, context)?);
    }
    if let Some(local) = expression::local(expression) {
        of_states(connection, context, &local, &mut findings)?;
        of_limits(connection, context, &local, &mut findings)?;
    }
    // A server may repeat what it was sent, at any length.
    for finding in &mut findings {
        finding.what = clean(&connection.config.auth.hide(&finding.what));
    }
    Ok(findings)
}

fn of_privileges(privileges: &Privileges, connection: &Connection, findings: &mut Vec<SourceFinding>) {
    if !privileges.narrowed.is_empty() {
        let granted = privileges.granted_names();
        let granted = if granted.is_empty() { "nothing".to_owned() } else { ticked(&granted) };
        findings.push(SourceFinding::new(
            format!("the credentials see a part of {} only: the roles grant {granted}", ticked(&privileges.narrowed)),
            "hunts fail (K0730); name what the roles grant, or grant `read` on the whole pattern",
        ));
    }
    if privileges.narrowed.is_empty() && !privileges.unmapped.is_empty() {
        findings.push(SourceFinding::new(
            format!("the mappings of {} may not be read", ticked(&privileges.unmapped)),
            "grant `view_index_metadata`, so that requests are narrow",
        ));
    }
    let hiding: Vec<String> = privileges.granted.iter().filter(|g| g.hides()).flat_map(|g| g.names.iter().cloned()).collect();
    if !hiding.is_empty() {
        findings.push(SourceFinding::new(
            format!("the roles show some records or fields only of {}", ticked(&hiding)),
            "hunts do not see the others, and say nothing of them",
        ));
    }
    let asked = connection.config.auth.secret().is_some() && !expression::patterns(&connection.config.indices).is_empty();
    if asked && !privileges.told {
        findings.push(SourceFinding::new(
            "the server does not tell what the credentials may see",
            "a pattern may be narrowed without a word: compare the indices above with what you expect",
        ));
    }
}

fn of_remotes(
    connection: &Connection,
    context: &FetchContext,
    silent: &[String],
    findings: &mut Vec<SourceFinding>,
) -> Result<(), Fault> {
    let Some(remote) = expression::remote(&connection.config.indices) else { return Ok(()) };
    if !silent.is_empty() {
        findings.push(SourceFinding::new(
            format!("no answer from {}", silent.join("; ")),
            "hunts fail (K0710), or are marked as a part with `--allow-partial`",
        ));
    }
    let known = asked(connection, context, "_remote/info".to_owned())?;
    for (name, info) in known.iter().filter_map(Value::as_object).flatten() {
        let skips = info.get("skip_unavailable").and_then(Value::as_bool) == Some(true);
        if skips && expression::names_cluster(&remote, name) {
            findings.push(SourceFinding::new(
                format!("the server leaves the remote cluster `{name}` out without a word when it is down (`skip_unavailable`)"),
                "hunts notice that, at the cost of a search beside each opening",
            ));
        }
    }
    findings.push(SourceFinding::new(
        "a remote cluster decides itself which of its indices the credentials see",
        "a pattern may be narrowed there without a word: compare the indices above with what you expect",
    ));
    Ok(())
}

/// Findings about fields that documents are kept without.
fn of_documents(fields: &[String], indices: &Indices, findings: &mut Vec<SourceFinding>) {
    let with = |passes: &dyn Fn(&FieldMapping) -> bool| -> BTreeSet<String> {
        let passing = |name: &&String| indices.values().filter_map(|i| i.get(*name)).any(passes);
        fields.iter().filter(passing).cloned().collect()
    };
    let none = |mapping: &FieldMapping| mapping.kept == ValuesKept::NoDocument;
    let bare: Vec<String> = indices.iter().filter(|(_, i)| i.values().any(none)).map(|(index, _)| index.clone()).collect();
    if !bare.is_empty() {
        let what = format!("{} keep no documents (`_source`)", some(bare.iter().map(String::as_str)));
        findings.push(SourceFinding::new(what, "hunts fail (K0718): leave them out of the source"));
    }
    let read = with(&|m| matches!(m.kept, ValuesKept::DocValues { .. }));
    if !read.is_empty() {
        findings.push(SourceFinding::new(
            format!("documents are kept without {}", some(read.iter().map(String::as_str))),
            "their values are read from the index; a value beyond `ignore_above`, or several in one record, fail a hunt (K0731)",
        ));
    }
    let lost = with(&|m| m.kept == ValuesKept::Nowhere);
    if !lost.is_empty() {
        findings.push(SourceFinding::new(
            format!("documents are kept without {}, whose values the index has not whole", some(lost.iter().map(String::as_str))),
            "hunts that need them fail (K0731)",
        ));
    }
}

/// Records that name fields which were not indexed.
fn ignored(connection: &Connection, context: &FetchContext) -> Result<Option<SourceFinding>, Fault> {
    let body = counting(connection.server(context)?.product, &json!({"exists": {"field": "_ignored"}}));
    let path = format!("{}/_search?allow_partial_search_results={}&{FILTER}", connection.indices(), context.allow_partial);
    let records = connection.send(&connection.post(path, &body)?, context, |reply| {
        let mut mended = Repaired::default();
        let answer = Answer::read(&reply.body, &mut mended)?;
        answer.usable(context)?;
        Ok(answer.hits.exact_total())
    })?;
    Ok(records.filter(|records| *records > 0).map(|records| {
        SourceFinding::new(
            format!("{records} records have fields or values that are not indexed (`_ignored`)"),
            "they are found by the names that they give, and compared here: nothing is lost, but requests are wider",
        )
    }))
}

/// Findings about indices that are closed or red.
fn of_states(connection: &Connection, context: &FetchContext, local: &str, findings: &mut Vec<SourceFinding>) -> Result<(), Fault> {
    let path = format!("_resolve/index/{}?expand_wildcards=all", encode(local));
    let resolved = asked(connection, context, path)?;
    let listed: Vec<(&str, Vec<&str>)> = resolved.as_ref().map(attributes).unwrap_or_default();
    let with =
        |word: &str| -> Vec<&str> { listed.iter().filter(|(_, words)| words.contains(&word)).map(|(name, _)| *name).collect() };
    let names = with("closed");
    // Names with a dot are the server's own, and what is behind data streams.
    let hidden: Vec<&str> = with("hidden").into_iter().filter(|name| !name.starts_with('.')).collect();
    for (word, names, means) in [
        (
            "closed",
            &names,
            "a pattern leaves them out without a word, and hunts do not see their records (K0736): open them (`POST INDEX/_open`)",
        ),
        (
            "frozen",
            &with("frozen"),
            "searches leave them out, and hunts do not see their records (K0736): thaw them (`POST INDEX/_unfreeze`)",
        ),
        ("hidden", &hidden, "a pattern leaves them out, as is meant: write them by their names where hunts are to see them"),
    ] {
        if !names.is_empty() {
            findings.push(SourceFinding::new(format!("{word}: {}", some(names.iter().copied())), means));
        }
    }
    let path = format!("_cluster/health/{}?level=indices&filter_path=indices.*.status", encode(local));
    let Some(health) = asked(connection, context, path)? else {
        findings.push(SourceFinding::new(
            "whether indices are red cannot be asked (the cluster privilege `monitor` is lacking)",
            "a hunt notices it when it reads them (K0710)",
        ));
        return Ok(());
    };
    let states = health.get("indices").and_then(Value::as_object).into_iter().flatten();
    let open = states.filter(|(name, _)| !names.contains(&name.as_str()));
    let red: Vec<&str> =
        open.filter(|(_, i)| i.get("status").and_then(Value::as_str) == Some("red")).map(|(name, _)| name.as_str()).collect();
    if !red.is_empty() {
        findings.push(SourceFinding::new(
            format!("red: {}", some(red.iter().copied())),
            "hunts in them fail (K0710) until all shards are back",
        ));
    }
    Ok(())
}

/// The indices that an expression stands for, each with what it is.
fn attributes(resolved: &Value) -> Vec<(&str, Vec<&str>)> {
    let all = resolved.get("indices").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|index| {
        let words = index.get("attributes")?.as_array()?.iter().filter_map(Value::as_str).collect();
        Some((index.get("name")?.as_str()?, words))
    })
    .collect()
}

/// Findings about settings: limits below those that requests keep to, and how documents are kept.
fn of_limits(connection: &Connection, context: &FetchContext, local: &str, findings: &mut Vec<SourceFinding>) -> Result<(), Fault> {
    let limits = [
        ("max_result_window", connection.config.page_size as u64, "pages are made smaller, which costs time"),
        ("max_terms_count", TERMS, "a FIND from more keys fails (K0701): raise the limit, or narrow the hunt"),
        ("max_regex_length", REGEX, "longer patterns are compared here, over every record that has the field"),
    ];
    let keys = limits.iter().map(|(key, ..)| *key).chain(["mode", "mapping.source.mode"]);
    let filter = keys.map(|key| format!("*.settings.index.{key}")).collect::<Vec<_>>().join(",");
    let path = format!("{}/_settings?filter_path={filter}", encode(local));
    let Some(settings) = asked(connection, context, path)? else { return Ok(()) };
    for (key, most, means) in limits {
        let value = |index: &Value| -> Option<u64> {
            let value = index.pointer(&format!("/settings/index/{key}"))?;
            value.as_u64().or_else(|| value.as_str()?.parse().ok())
        };
        let below = |(name, index): (&String, &Value)| value(index).filter(|v| *v < most).map(|v| (v, name.clone()));
        let mut low: Vec<(u64, String)> = settings.as_object().into_iter().flatten().filter_map(below).collect();
        low.sort();
        if let Some((least, _)) = low.first() {
            let what = format!("`{key}` is {least} in {}", some(low.iter().map(|(_, name)| name.as_str())));
            findings.push(SourceFinding::new(what, means));
        }
    }
    of_rebuilt(&settings, findings);
    Ok(())
}

/// A finding about documents that are not kept as they were sent.
fn of_rebuilt(settings: &Value, findings: &mut Vec<SourceFinding>) {
    let rebuilt = |index: &Value| {
        let is = |path: &str, word: &str| {
            index.pointer(path).and_then(Value::as_str).is_some_and(|mode| mode.eq_ignore_ascii_case(word))
        };
        is("/settings/index/mode", "logsdb") || is("/settings/index/mapping/source/mode", "synthetic")
    };
    let all = settings.as_object().into_iter().flatten();
    let rebuilt: Vec<&str> = all.filter(|(_, index)| rebuilt(index)).map(|(name, _)| name.as_str()).collect();
    if !rebuilt.is_empty() {
        findings.push(SourceFinding::new(
            format!("{} rebuild documents from the index (synthetic `_source`)", some(rebuilt.iter().copied())),
            "of a field with several values their order and repetitions may be lost",
        ));
    }
}

/// The answer to a GET; `None` where the server refuses it for good.
fn asked(connection: &Connection, context: &FetchContext, path: String) -> Result<Option<Value>, Fault> {
    match connection.send(&connection.get(path), context, |reply| Ok(serde_json::from_slice(&reply.body).ok())) {
        Err(fault)
            if fault.again(true) == Repeat::Never && !matches!(fault.kind, FaultKind::Spent(_)) && fault.status.is_some() =>
        {
            Ok(None)
        }
        other => other,
    }
}

/// The first of several names, as in "`a`, `b` and 3 more".
fn some<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<String> = names.map(str::to_owned).collect();
    let shown = ticked(all.get(..NAMED).unwrap_or(&all));
    match all.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
