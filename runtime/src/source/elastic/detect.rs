//! Finds out whether a server is Elasticsearch or OpenSearch, and which version.

use super::client::{Call, Reply};
use super::fault::{Fault, FaultKind};
use super::server::{Product, Server, of_headers};
use reqwest::Method;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Root {
    version: RootVersion,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RootVersion {
    number: Option<String>,
    distribution: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Nodes {
    nodes: BTreeMap<String, NodeInfo>,
}

#[derive(Deserialize)]
struct NodeInfo {
    version: Option<String>,
}

/// Finds out product and version. `send` tries a request until it has an answer or a final fault. Credentials that may
/// only read indices get 403 for both requests, and some builds answer `/` with 405; these answers have the product's header too.
pub(super) fn detect(timeout: Duration, send: impl Fn(Call) -> Result<Answered, Fault>) -> Result<Server, Fault> {
    let ask = |path: &str| send(Call { method: Method::GET, path: path.to_owned(), body: None, timeout, shrinks: false });
    let first = ask("_nodes/_local?filter_path=nodes.*.version")?;
    let nodes: Nodes = first.json();
    let version = nodes.nodes.into_values().find_map(|n| n.version);
    if let (Some(product), Some(version)) = (first.product, &version) {
        return Ok(Server { product, version: Some(version.clone()) });
    }
    let second = ask("")?;
    let root: Root = second.json();
    let named = match root.version.distribution.as_deref() {
        Some("opensearch") => Some(Product::OpenSearch),
        _ => root.version.number.as_ref().map(|_| Product::Elasticsearch),
    };
    let product = first.product.or(second.product).or(named);
    let version = version.or(root.version.number);
    match (product, first.fault.or(second.fault)) {
        (Some(product), _) => Ok(Server { product, version }),
        (None, Some(fault)) if matches!(fault.kind, FaultKind::Unauthorized | FaultKind::NotASearchServer) => Err(fault),
        // A server without the header that refuses both requests: neither OpenSearch before 2.x nor an old
        // Elasticsearch sends it.
        (None, Some(fault)) if fault.kind == FaultKind::Forbidden => Ok(Server { product: Product::Elasticsearch, version }),
        _ => Err(Fault::new(FaultKind::NotASearchServer, "the answer names neither Elasticsearch nor OpenSearch")),
    }
}

/// An answer to one of the requests, possibly a refusal.
pub(super) struct Answered {
    product: Option<Product>,
    body: Vec<u8>,
    fault: Option<Fault>,
}

impl Answered {
    pub(super) fn reply(reply: Reply) -> Self {
        Self { product: of_headers(&reply.headers), body: reply.body, fault: None }
    }

    /// Accepts a refusal, because its headers may name the product. Other faults stay faults.
    pub(super) fn refusal(fault: Fault) -> Result<Self, Fault> {
        let told = matches!(fault.kind, FaultKind::Forbidden | FaultKind::Rejected | FaultKind::NotASearchServer);
        if told { Ok(Self { product: fault.product, body: Vec::new(), fault: Some(fault) }) } else { Err(fault) }
    }

    fn json<T: serde::de::DeserializeOwned + Default>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn answered(product: Option<Product>, body: &str) -> Answered {
        Answered { product, body: body.as_bytes().to_vec(), fault: None }
    }

    fn refused(product: Option<Product>, kind: FaultKind) -> Answered {
        Answered { product, body: Vec::new(), fault: Some(Fault::new(kind, "")) }
    }

    fn detect_from(nodes: impl Fn() -> Answered, root: impl Fn() -> Answered) -> Result<String, FaultKind> {
        let send = |call: Call| Ok(if call.path.is_empty() { root() } else { nodes() });
        detect(Duration::ZERO, send).map(|s| s.title()).map_err(|f| f.kind)
    }

    #[test]
    fn products_are_told_apart_even_when_questions_are_refused() {
        let es = Some(Product::Elasticsearch);
        let os = Some(Product::OpenSearch);
        let nodes = |v: &str| format!(r#"{{"nodes":{{"n":{{"version":"{v}"}}}}}}"#);
        assert_eq!(detect_from(|| answered(es, &nodes("9.2.0")), || unreachable!()).unwrap(), "Elasticsearch 9.2.0");
        assert_eq!(detect_from(|| answered(os, &nodes("3.8.0")), || unreachable!()).unwrap(), "OpenSearch 3.8.0");
        assert_eq!(detect_from(|| refused(os, FaultKind::Forbidden), || refused(os, FaultKind::Forbidden)).unwrap(), "OpenSearch");
        assert_eq!(
            detect_from(|| refused(es, FaultKind::Forbidden), || refused(es, FaultKind::Rejected)).unwrap(),
            "Elasticsearch"
        );
        let old = r#"{"version":{"number":"1.3.2","distribution":"opensearch"}}"#;
        assert_eq!(detect_from(|| answered(None, &nodes("1.3.2")), || answered(None, old)).unwrap(), "OpenSearch 1.3.2");
        let old = r#"{"version":{"number":"7.12.0"}}"#;
        assert_eq!(detect_from(|| answered(None, "{}"), || answered(None, old)).unwrap(), "Elasticsearch 7.12.0");
        assert_eq!(
            detect_from(|| refused(None, FaultKind::NotASearchServer), || answered(None, "{}")),
            Err(FaultKind::NotASearchServer)
        );
        assert_eq!(detect_from(|| answered(None, "<html>"), || answered(None, "<html>")), Err(FaultKind::NotASearchServer));
    }

    #[test]
    fn shard_doc_needs_opensearch_3_3() {
        let server = |product, v: &str| Server { product, version: Some(v.to_owned()) };
        assert!(!server(Product::OpenSearch, "2.19.1").has_shard_doc());
        assert!(!server(Product::OpenSearch, "3.2.0").has_shard_doc());
        assert!(server(Product::OpenSearch, "3.8.0").has_shard_doc());
        assert!(server(Product::Elasticsearch, "7.17.29").has_shard_doc());
    }
}
