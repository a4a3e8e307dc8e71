//! What the fuzz target `windows` begins with: chunks of the writer. `HUNTC_WRITE_SEEDS=1` writes them.

use super::binary::of_every_kind;
use super::evtx_writer::{ChunkForm, Content, Element, chunks, element};
use std::path::Path;

/// A seed begins with the bytes that the target reads: which kind it is, and the flags of the headers.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let text = |name: &str, value: &str| element("Data", &[("Name", name)], value, Vec::new());
    let event = |value: &str| {
        let mut system =
            element("System", &[], "", vec![element("Provider", &[("Name", "Microsoft-Windows-Sysmon")], "", Vec::new())]);
        system.children.push(element("EventID", &[("Qualifiers", "0")], "1", Vec::new()));
        system.children.push(element("TimeCreated", &[("SystemTime", "2020-10-22T06:57:59.847Z")], "", Vec::new()));
        let data = element("EventData", &[], "", vec![text("Image", "C:\\x.exe"), text("User", value)]);
        let mut event = element("Event", &[("xmlns", "x")], "", vec![system]);
        event.content.push(Content::Nested(Box::new(data), true));
        event
    };
    let events = || vec![event("a"), event("b"), event("a")];
    let used = |form: ChunkForm, events: Vec<Element>| {
        let chunk = chunks(&[events], form).remove(0);
        let end = u32::from_le_bytes(chunk[48..52].try_into().unwrap()) as usize;
        chunk[512..end].to_vec()
    };
    let shared = used(ChunkForm { templates: true, shared: true }, events());
    let whole = used(ChunkForm { templates: true, shared: false }, events());
    let kinds = used(ChunkForm { templates: true, shared: true }, vec![of_every_kind()]);
    let seed = |first: &[u8], bytes: &[u8]| [first, bytes].concat();
    vec![
        ("shared-templates", seed(&[250, 0b0100_0000], &shared)),
        ("open-log", seed(&[50, 0b0101_0011], &shared)),
        ("cut-log", seed(&[10, 0b1011_0000], &whole)),
        ("values-of-every-kind", seed(&[250, 0b0100_0000], &kinds)),
        ("tokens", seed(&[51], &shared[24..shared.len().min(2000)])),
    ]
}

#[test]
fn the_fuzz_target_begins_with_what_the_writer_writes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/windows");
    for (name, bytes) in seeds() {
        assert!(bytes.len() <= 8192, "{name} has {} bytes", bytes.len());
        let path = folder.join(name);
        if std::env::var_os("HUNTC_WRITE_SEEDS").is_some() {
            std::fs::write(&path, &bytes).unwrap();
        }
        assert!(std::fs::read(&path).is_ok_and(|held| held == bytes), "{name} is another one: HUNTC_WRITE_SEEDS=1 writes it");
    }
}
