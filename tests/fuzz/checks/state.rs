//! The state of nights: an answer or a coded error, never a panic.
//!
//! The first byte tells what the rest does to a sound state: `p` damages bytes of its file, `r` puts records into its tables,
//! `c` takes its file away and lies beside its copy, under the name of the first line.

use super::stored::Folder;
use huntc_runtime::nightly::record::{HuntRecord, KeyRecord, MemberRecord, NightRecord};
use huntc_runtime::nightly::state::{State, StateView, Write, copies};
use huntc_runtime::source::SourceError;
use redb::{Database, TableDefinition};
use std::path::Path;
use std::sync::OnceLock;

const FILE: &str = "nightly.redb";
const TABLES: [&str; 7] = ["meta", "hunts", "keys", "members", "nights", "outbox", "sources"];

/// A state with damage, or with records of any kind.
pub fn check(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let folder = Folder::new();
    match kind {
        b'p' => {
            let mut file = sound().to_vec();
            damage(&mut file, rest);
            folder.file(FILE, &file);
        }
        b'r' => {
            folder.file(FILE, sound());
            records(&folder.0.join(FILE), rest);
        }
        b'c' => {
            copies_beside(&folder, rest);
            return;
        }
        _ => return,
    }
    all(&folder.0);
}

/// The bytes of a sound state.
fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| {
        let folder = Folder::new();
        let state = State::open(&folder.0).unwrap();
        state.write(fill).unwrap();
        drop(state);
        std::fs::read(folder.0.join(FILE)).unwrap()
    })
}

fn fill(tables: &mut Write<'_>) -> Result<(), SourceError> {
    tables.put_hunt("a.hf", &HuntRecord { look: 1, ..HuntRecord::default() })?;
    tables.put_night("2020-10-23", &NightRecord::default())?;
    for n in 0..20 {
        tables.put_key("a.hf", &format!("k{n}"), &KeyRecord { key: serde_json::json!([n]), ..KeyRecord::default() })?;
        tables.put_member("a.hf", &format!("m{n}"), &MemberRecord { finding: format!("k{n}"), last_at: 1 })?;
    }
    Ok(())
}

/// Damage is a list of six bytes: where (four), how (one), with what (one).
fn damage(file: &mut Vec<u8>, damages: &[u8]) {
    const PAGE: usize = 4_096;
    for part in damages.chunks_exact(6) {
        let at = u32::from_le_bytes([part[0], part[1], part[2], part[3]]) as usize % file.len().max(1);
        let page = at / PAGE * PAGE..(at / PAGE * PAGE + PAGE).min(file.len());
        match part[4] % 5 {
            0 => file.iter_mut().skip(at).take(1).for_each(|byte| *byte = part[5]),
            1 => file.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= part[5]),
            2 => file.get_mut(page).into_iter().flatten().for_each(|byte| *byte = part[5]),
            3 => {
                let other = usize::from(part[5]) * PAGE % file.len().max(1);
                let copy = file.get(page.clone()).unwrap_or_default().to_vec();
                file.iter_mut().skip(other).zip(copy).for_each(|(byte, new)| *byte = new);
            }
            _ => file.truncate(at),
        }
    }
}

/// Records are lines: a byte for the table, the key, a space, the value. `~` in a key is a NUL.
fn records(path: &Path, lines: &[u8]) {
    let database = Database::create(path).unwrap();
    let transaction = database.begin_write().unwrap();
    for line in lines.split(|byte| *byte == b'\n') {
        let Some((table, rest)) = line.split_first() else { continue };
        let Some(at) = rest.iter().position(|byte| *byte == b' ') else { continue };
        let (key, value) = (String::from_utf8_lossy(&rest[..at]).replace('~', "\0"), &rest[at + 1..]);
        let name = TABLES[usize::from(table % 7)];
        let mut table = transaction.open_table(TableDefinition::<&str, &[u8]>::new(name)).unwrap();
        table.insert(key.as_str(), value).unwrap();
    }
    transaction.commit().unwrap();
}

/// Whatever else has the name of a copy, the whole one is found.
fn copies_beside(folder: &Folder, input: &[u8]) {
    let (name, bytes) = input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len()));
    let name: String = String::from_utf8_lossy(name).chars().filter(|c| !matches!(c, '/' | '\0')).take(60).collect();
    folder.file(FILE, sound());
    copies::make(&folder.0, "20201023T000000Z").unwrap();
    let whole = copies::newest_good(&folder.0).unwrap();
    std::fs::remove_file(folder.0.join(FILE)).unwrap();
    let other = folder.0.join(&name);
    if !other.exists() {
        folder.file(&name, bytes);
    }
    let found = copies::newest_good(&folder.0).unwrap();
    assert!(found == whole || std::fs::read(&found.path).unwrap() == bytes);
    for error in [StateView::open(&folder.0).map(drop), State::open(&folder.0).map(drop)].into_iter().filter_map(Result::err) {
        assert!(["K0860", "K0861"].contains(&error.code.id), "{error:?}");
    }
}

/// All that is read of a state, by whoever looks and by whoever writes.
fn all(folder: &Path) {
    let viewed = StateView::open(folder).and_then(|view| {
        let Some(view) = view else { return Ok(()) };
        view.read(|tables| {
            tables.get_meta::<u64>("schema")?;
            for (hunt, _) in tables.hunts()? {
                tables.keys(&hunt)?;
                tables.members(&hunt)?;
            }
            tables.nights()?;
            tables.sources()?;
            tables.outbox()?;
            Ok(())
        })
    });
    let written = State::open(folder).and_then(|state| {
        state.write(|tables| {
            for (hunt, _) in tables.hunts()? {
                tables.keys(&hunt)?;
            }
            tables.nights()?;
            tables.put_night("new", &NightRecord::default())?;
            tables.remove_key("a.hf", "k3")
        })?;
        state.read(|tables| tables.keys("a.hf"))
    });
    for error in [viewed.err(), written.err()].into_iter().flatten() {
        assert!(["K0860", "K0861"].contains(&error.code.id), "{error:?}");
    }
}
