//! A `CronJob` of Kubernetes with the configuration and the huntflows in ConfigMaps. A projected volume puts each file where
//! it was, since a ConfigMap itself has no folders.

use super::{Schedule, fill, listed, text};
use crate::nightly::baggage::Baggage;
use crate::report::sanitize::terminal as safe;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// The most bytes of a ConfigMap, of which Kubernetes takes a MiB with everything else that is in it.
const MOST_BYTES: usize = 900_000;
/// The Secret with the files of `file:` secrets.
const FILES: &str = "huntc-files";
/// The Secret with the credentials.
const CREDENTIALS: &str = "huntc-credentials";
const CREDENTIALS_FOLDER: &str = "/run/credentials";

/// A ConfigMap, as its YAML has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfigMap {
    api_version: &'static str,
    kind: &'static str,
    metadata: Json,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    data: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    binary_data: BTreeMap<String, String>,
}

/// Files in ConfigMaps, and where each belongs.
#[derive(Default)]
struct Packed {
    maps: Vec<ConfigMap>,
    /// For each map its keys with their paths.
    items: Vec<Vec<Json>>,
    /// The files that are too large.
    left: Vec<String>,
}

/// The whole text.
pub fn kubernetes(schedule: &Schedule) -> String {
    let baggage = &schedule.baggage;
    let packed = pack(baggage);
    let place = |name: &str| Path::new("/etc/huntc").join(name);
    let arguments = schedule.arguments(
        &place(&baggage.hunts),
        baggage.config.as_deref().map(place).as_deref(),
        Path::new("/var/lib/huntc/state"),
        Path::new("/var/lib/huntc/reports"),
    );
    let handed = (!baggage.credentials.is_empty()).then(|| json!({"name": "CREDENTIALS_DIRECTORY", "value": CREDENTIALS_FOLDER}));
    let environment = json!(handed.into_iter().collect::<Vec<_>>());
    let (mount, volume) = credentials(baggage);
    let (hour, minute) = schedule.time;
    let notes = notes(baggage, &packed.left);
    let values = [
        ("notes", notes.as_str()),
        ("config_maps", &packed.maps.iter().map(yaml).collect::<String>()),
        ("image", &json!(schedule.image).to_string()),
        ("arguments", &json!(arguments).to_string()),
        ("environment", &environment.to_string()),
        ("sources", &json!(sources(&packed, baggage)).to_string()),
        ("credentials_mount", &mount),
        ("credentials_volume", &volume),
        ("hour", &hour.to_string()),
        ("minute", &minute.to_string()),
    ];
    fill(include_str!("kubernetes.yaml"), &values)
}

fn yaml(map: &ConfigMap) -> String {
    // Texts in maps always have a form in YAML.
    format!("{}---\n", serde_saphyr::to_string(map).unwrap_or_default())
}

/// What has to be done by hand, as comments.
fn notes(baggage: &Baggage, too_large: &[String]) -> String {
    let mut out = String::new();
    let mut line = |text: String| _ = writeln!(out, "# {}", safe(&text));
    if !baggage.variables.is_empty() {
        line(format!("kubectl create secret generic huntc-nightly, a key for each of: {}", listed(&baggage.variables)));
    }
    for path in &baggage.secret_files {
        line(format!("kubectl create secret generic {FILES} --from-file={}={}", key(path), text(&baggage.base.join(path))));
    }
    if !baggage.credentials.is_empty() {
        line(format!("kubectl create secret generic {CREDENTIALS}, a file for each of: {}", listed(&baggage.credentials)));
    }
    for path in &baggage.left {
        line(format!("not carried: {path}"));
    }
    for path in too_large {
        line(format!("not carried: {path}: more than a ConfigMap holds"));
    }
    out
}

/// The name of a file as keys of ConfigMaps and Secrets may be.
fn key(path: &str) -> String {
    path.chars().map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' }).collect()
}

fn pack(baggage: &Baggage) -> Packed {
    let mut packed = Packed::default();
    let mut size = MOST_BYTES;
    for (number, (path, bytes)) in baggage.files.iter().enumerate() {
        let text = std::str::from_utf8(bytes).ok();
        let encoded = text.map_or_else(|| STANDARD.encode(bytes), str::to_owned);
        let length = encoded.len() + path.len();
        if length > MOST_BYTES {
            packed.left.push(path.clone());
            continue;
        }
        size += length;
        if size > MOST_BYTES {
            let metadata = json!({"name": format!("huntc-hunts-{}", packed.maps.len() + 1)});
            let (data, binary_data) = (BTreeMap::new(), BTreeMap::new());
            packed.maps.push(ConfigMap { api_version: "v1", kind: "ConfigMap", metadata, data, binary_data });
            packed.items.push(Vec::new());
            size = length;
        }
        let (Some(map), Some(items)) = (packed.maps.last_mut(), packed.items.last_mut()) else { continue };
        // Two paths may have the same form without their folders' signs.
        let key = format!("{:04}-{}", number + 1, key(path));
        items.push(json!({"key": key, "path": path}));
        if text.is_some() { &mut map.data } else { &mut map.binary_data }.insert(key, encoded);
    }
    packed
}

/// The sources of the volume: the ConfigMaps, and the files of secrets.
fn sources(packed: &Packed, baggage: &Baggage) -> Vec<Json> {
    let maps = packed.maps.iter().zip(&packed.items);
    let mut sources: Vec<Json> =
        maps.map(|(map, items)| json!({"configMap": {"name": map.metadata["name"], "items": items}})).collect();
    if !baggage.secret_files.is_empty() {
        let items: Vec<Json> = baggage.secret_files.iter().map(|path| json!({"key": key(path), "path": path})).collect();
        sources.push(json!({"secret": {"name": FILES, "items": items}}));
    }
    sources
}

/// The mount and the volume of the credentials; nothing where there are none.
fn credentials(baggage: &Baggage) -> (String, String) {
    if baggage.credentials.is_empty() {
        return (String::new(), String::new());
    }
    let mount = format!(
        "                - name: credentials\n                  mountPath: {CREDENTIALS_FOLDER}\n                  readOnly: true\n"
    );
    let volume = format!("            - name: credentials\n              secret:\n                secretName: {CREDENTIALS}\n");
    (mount, volume)
}
