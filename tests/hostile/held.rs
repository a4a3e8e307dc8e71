//! Documents in indices of a server. What the server refuses is not there.

use super::mappings::Mapping;
use crate::differential::NAMES;
use crate::support::http::send;
use crate::support::servers::TestServer;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

const JSON: &str = "application/json";

/// The documents of the two sources in indices.
pub(crate) struct Held<'a> {
    server: &'a TestServer,
    prefix: String,
    /// How many indices a source has.
    indices: usize,
    /// What can be read, in the order in which the server reads it.
    documents: Vec<Vec<String>>,
}

impl<'a> Held<'a> {
    /// Makes the indices of both sources, and loads what they take.
    pub(crate) fn make(server: &'a TestServer, mapping: &Mapping, prefix: &str, documents: &[Vec<String>]) -> Self {
        let mut held = Self { server, prefix: prefix.to_owned(), indices: 0, documents: Vec::new() };
        for (name, lines) in NAMES.iter().zip(documents) {
            let bodies = mapping.bodies(lines);
            held.indices = bodies.len();
            let mut bulk = String::new();
            for (number, body) in bodies.iter().enumerate() {
                held.send("PUT", &format!("/{prefix}-{name}-{number}"), &body.to_string());
            }
            for (number, line) in lines.iter().enumerate() {
                let line = match &mapping.rename {
                    Some([from, to]) => renamed(line, from, to),
                    None => line.clone(),
                };
                let index = format!("{prefix}-{name}-{}", number % bodies.len());
                writeln!(bulk, "{}\n{line}", json!({"index": {"_index": index, "_id": number.to_string()}})).unwrap();
            }
            if !lines.is_empty() {
                held.send("POST", "/_bulk?refresh=true", &bulk);
            }
            let indices = format!("{prefix}-{name}-*");
            // Merging segments later would change the order of records.
            held.send("POST", &format!("/{indices}/_forcemerge?max_num_segments=1"), "");
            let found = held.found(&indices);
            let line = |(id, source): (usize, String)| if mapping.kept { source } else { lines[id].clone() };
            held.documents.push(found.into_iter().map(line).collect());
        }
        held
    }

    pub(crate) fn documents(&self) -> &[Vec<String>] {
        &self.documents
    }

    pub(crate) fn sources(&self) -> Vec<(String, String)> {
        NAMES.map(|name| (name.to_owned(), format!("{}/{}-{name}-*", self.server.url, self.prefix))).to_vec()
    }

    fn send(&self, method: &str, path: &str, body: &str) -> String {
        let kind = if path.starts_with("/_bulk") { "application/x-ndjson" } else { JSON };
        let (status, answer) = send(&self.server.url, method, path, Some((kind, body.as_bytes())));
        assert_eq!(status, 200, "{} {method} {path} {body}: {answer}", self.server.name);
        answer
    }

    /// The documents of indices by their numbers, in the order in which the server reads them.
    fn found(&self, indices: &str) -> Vec<(usize, String)> {
        let mut body = json!({"size": 10_000, "query": {"match_all": {}}});
        let read = |text: String| serde_json::from_str::<Json>(&text).unwrap();
        let elastic = self.server.name.starts_with("elastic");
        let snapshots = self.server.name != "opensearch-2";
        let path = if elastic { "_pit" } else { "_search/point_in_time" };
        let mut opened = None;
        if snapshots {
            let answer = read(self.send("POST", &format!("/{indices}/{path}?keep_alive=1m"), ""));
            let id = answer[if elastic { "id" } else { "pit_id" }].clone();
            body["pit"] = json!({"id": id});
            body["sort"] = if elastic { json!(["_shard_doc"]) } else { json!(["_index", "_shard_doc"]) };
            opened = Some(id);
        } else {
            body["sort"] = json!(["_doc"]);
        }
        let answer = read(self.send(
            "POST",
            &if snapshots { "/_search".to_owned() } else { format!("/{indices}/_search") },
            &body.to_string(),
        ));
        if let Some(id) = opened {
            let closing = if elastic { json!({"id": id}) } else { json!({"pit_id": [id]}) };
            self.send("DELETE", &format!("/{path}"), &closing.to_string());
        }
        let hit = |hit: &Json| (hit["_id"].as_str().unwrap().parse().unwrap(), hit["_source"].to_string());
        answer["hits"]["hits"].as_array().unwrap().iter().map(hit).collect()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let name = |source: &&str, number: usize| format!("{}-{source}-{number}", self.prefix);
        let names: Vec<String> =
            NAMES.iter().flat_map(|source| (0..self.indices).map(|n| name(source, n)).collect::<Vec<_>>()).collect();
        self.server.delete(&names.join(","));
    }
}

/// A document with an object by another name.
fn renamed(line: &str, from: &str, to: &str) -> String {
    let mut document: Json = serde_json::from_str(line).unwrap();
    let fields = document.as_object_mut().unwrap();
    let names: Vec<String> = fields.keys().filter(|k| *k == from || k.starts_with(&format!("{from}."))).cloned().collect();
    for name in names {
        let value = fields.remove(&name).unwrap();
        fields.insert(format!("{to}{}", &name[from.len()..]), value);
    }
    document.to_string()
}
