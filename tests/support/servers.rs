//! Real search servers: which ones run (`tests/servers/cluster`), and how they are filled.

use super::http::send;
use std::fmt::Write;

/// Records in one bulk request.
const BULK: usize = 5_000;

/// A running server.
pub(crate) struct TestServer {
    /// As in `tests/servers/cluster list`.
    pub(crate) name: &'static str,
    /// `http://127.0.0.1:9249`
    pub(crate) url: String,
}

/// The servers among these that run. One that does not is skipped, loudly; with `HUNTC_REQUIRE_SERVERS=1` the newest of each
/// kind must run.
pub(crate) fn running(names: &[&'static str]) -> Vec<TestServer> {
    let variable = |name: &str| format!("HUNTC_TEST_{}", name.to_ascii_uppercase().replace('-', "_"));
    let found = |name: &&'static str| Some(TestServer { name, url: std::env::var(variable(name)).ok()? });
    let servers: Vec<TestServer> = names.iter().filter_map(found).collect();
    let required = std::env::var("HUNTC_REQUIRE_SERVERS").is_ok_and(|v| v == "1");
    for name in names {
        if !servers.iter().any(|s| s.name == *name) {
            let hint = format!("`tests/servers/cluster start {name}`, then `eval \"$(tests/servers/cluster env)\"`");
            let newest = matches!(*name, "elasticsearch-9" | "opensearch-3");
            assert!(!(required && newest), "no server {name}: {hint}");
            eprintln!("SKIPPED: nothing is tested against {name}; start it with {hint}");
        }
    }
    servers
}

impl TestServer {
    /// Puts the index template of the tests there: indices `winlogbeat-*` have the mapping of ECS.
    pub(crate) fn put_template(&self) {
        self.make_room();
        let template = include_bytes!("../../runtime/src/source/elastic/data/ecs-template.json");
        let (status, body) = send(&self.url, "PUT", "/_index_template/huntc-tests", Some(("application/json", template)));
        assert_eq!(status, 200, "{}: {body}", self.name);
    }

    /// OpenSearch refuses new indices on a nearly full disk, which says nothing of huntc.
    pub(crate) fn make_room(&self) {
        if self.name.starts_with("opensearch") {
            let room =
                br#"{"persistent":{"cluster.routing.allocation.disk.threshold_enabled":false,"cluster.blocks.create_index":null}}"#;
            let (status, body) = send(&self.url, "PUT", "/_cluster/settings", Some(("application/json", room)));
            assert_eq!(status, 200, "{}: {body}", self.name);
        }
    }

    /// Makes a cluster known to the server under this name: itself, or one that is down where a port is given at which nothing
    /// listens.
    pub(crate) fn add_remote(&self, name: &str, down: Option<u16>) {
        let (_, body) = send(&self.url, "GET", "/_nodes/_local?filter_path=nodes.*.transport_address", None);
        let json: serde_json::Value = serde_json::from_str(&body).expect("nodes are JSON");
        let node = json["nodes"].as_object().and_then(|n| n.values().next()).expect("a node");
        let own = node["transport_address"].as_str().expect("an address").to_owned();
        let seed = down.map_or(own, |port| format!("127.0.0.1:{port}"));
        let remote = serde_json::json!({"seeds": [seed], "skip_unavailable": true});
        let settings = serde_json::json!({"persistent": {"cluster": {"remote": {name: remote}}}}).to_string();
        let (status, body) = send(&self.url, "PUT", "/_cluster/settings", Some(("application/json", settings.as_bytes())));
        assert_eq!(status, 200, "{}: {body}", self.name);
    }

    /// Deletes an index, if it is there.
    pub(crate) fn delete(&self, index: &str) {
        let (status, body) = send(&self.url, "DELETE", &format!("/{index}?ignore_unavailable=true"), None);
        assert_eq!(status, 200, "{}: {body}", self.name);
    }

    /// Closes an index.
    pub(crate) fn close(&self, index: &str) {
        let (status, body) = send(&self.url, "POST", &format!("/{index}/_close"), None);
        assert_eq!(status, 200, "{}: {body}", self.name);
    }

    /// Makes an index with settings and mappings as JSON.
    pub(crate) fn create(&self, index: &str, body: &str) {
        self.make_room();
        self.delete(index);
        let (status, answer) = send(&self.url, "PUT", &format!("/{index}"), Some(("application/json", body.as_bytes())));
        assert_eq!(status, 200, "{}: {answer}", self.name);
    }

    /// Loads documents, one JSON text each, with ids from 0; they can be searched afterwards.
    pub(crate) fn load<'a>(&self, index: &str, documents: impl IntoIterator<Item = &'a str>) -> usize {
        let (mut bulk, mut count) = (String::new(), 0);
        for document in documents {
            writeln!(bulk, "{{\"index\":{{\"_index\":\"{index}\",\"_id\":\"{count}\"}}}}\n{document}").expect("strings grow");
            count += 1;
            if count % BULK == 0 {
                self.bulk(&std::mem::take(&mut bulk));
            }
        }
        self.bulk(&bulk);
        let (status, body) = send(&self.url, "POST", &format!("/{index}/_refresh"), None);
        assert_eq!(status, 200, "{}: {body}", self.name);
        count
    }

    fn bulk(&self, lines: &str) {
        if lines.is_empty() {
            return;
        }
        let (status, body) =
            send(&self.url, "POST", "/_bulk?filter_path=errors,items.*.error", Some(("application/x-ndjson", lines.as_bytes())));
        assert!(status == 200 && body.contains("\"errors\":false"), "{}: {}", self.name, &body[..body.len().min(500)]);
    }

    /// Waits until no point in time is open; other tests may have some.
    pub(crate) fn closes_all_snapshots(&self) -> bool {
        (0..600).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            self.open_snapshots() == 0
        })
    }

    /// How many points in time are open.
    fn open_snapshots(&self) -> usize {
        let (_, body) = send(
            &self.url,
            "GET",
            "/_nodes/stats/indices/search?filter_path=nodes.*.indices.search.open_contexts,nodes.*.indices.search.point_in_time_current",
            None,
        );
        let json: serde_json::Value = serde_json::from_str(&body).expect("statistics are JSON");
        let mut open = 0;
        for node in json["nodes"].as_object().into_iter().flat_map(|n| n.values()) {
            let search = &node["indices"]["search"];
            open += search["point_in_time_current"].as_u64().or(search["open_contexts"].as_u64()).unwrap_or(0);
        }
        usize::try_from(open).expect("a small number")
    }
}
