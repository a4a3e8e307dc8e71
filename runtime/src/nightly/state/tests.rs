//! Tests of the state.

use super::*;

#[test]
fn keys_of_one_hunt_do_not_mix_with_those_of_another() {
    let temp = tempfile::tempdir().unwrap();
    let state = State::open(temp.path()).unwrap();
    let night = NightRecord::default();
    state
        .write(|t| {
            for hunt in ["a", "a.hf", "a.hf2", "b"] {
                t.put_hunt(hunt, &HuntRecord::default())?;
                let key = serde_json::json!([hunt]);
                let record = KeyRecord { key, look: 1, ..KeyRecord::default() };
                t.put_key(hunt, "x", &record)?;
            }
            t.put_night("n", &night)
        })
        .unwrap();
    let keys = state.read(|t| t.keys("a.hf")).unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].1.key, serde_json::json!(["a.hf"]));
    assert_eq!(StateView::open(temp.path()).unwrap().unwrap().read(Read::hunts).unwrap().len(), 4, "a view beside the writer");
}

#[test]
fn a_transaction_that_fails_changes_nothing_and_other_versions_are_refused() {
    let temp = tempfile::tempdir().unwrap();
    let state = State::open(temp.path()).unwrap();
    let failed = state.write(|t| {
        t.put_hunt("a", &HuntRecord::default())?;
        Err::<(), _>(SourceError::cancelled())
    });
    assert!(failed.is_err());
    assert!(state.read(|t| t.hunt("a")).unwrap().is_none());
    state.write(|t| t.put_meta("schema", &99_u64)).unwrap();
    drop(state);
    assert_eq!(State::open(temp.path()).map(|_| ()).unwrap_err().code.id, "K0861");
    assert_eq!(StateView::open(temp.path()).map(|_| ()).unwrap_err().code.id, "K0861");
}

/// Whatever is damaged, reading and writing give an answer or K0860.
#[test]
fn a_damaged_file_is_refused_and_never_a_panic() {
    let temp = tempfile::tempdir().unwrap();
    let state = State::open(temp.path()).unwrap();
    let fill = |tables: &mut Write<'_>| {
        (0..400).try_for_each(|n| {
            let night = NightRecord { folder: format!("folder of night {n} {}", "x".repeat(200)), ..NightRecord::default() };
            tables.put_night(&format!("n{n}"), &night)
        })
    };
    state.write(fill).unwrap();
    drop(state);
    let path = temp.path().join(FILE);
    let good = std::fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (0..good.len()).step_by(3_001) {
        let mut bad = good.clone();
        for (n, byte) in bad.iter_mut().skip(at).take(4_096).enumerate() {
            *byte ^= (n * 7 + at) as u8;
        }
        std::fs::write(&path, &bad).unwrap();
        let read = StateView::open(temp.path()).and_then(|view| view.map_or(Ok(Vec::new()), |view| view.read(Read::nights)));
        let written = State::open(temp.path()).and_then(|state| {
            state.read(Read::nights)?;
            state.write(|t| t.put_night("new", &NightRecord::default()))
        });
        for problem in [read.map(drop), written].into_iter().filter_map(Result::err) {
            assert_eq!(problem.code.id, "K0860", "at {at}");
            refused += 1;
        }
    }
    assert!(refused > 10, "{refused} of {} bytes", good.len());
}

#[test]
fn a_state_is_made_whole_or_not_at_all() {
    let temp = tempfile::tempdir().unwrap();
    let left = temp.path().join(".huntc-halfaWGllu7WLOiv.part");
    std::fs::write(&left, "half a database").unwrap();
    drop(State::open(temp.path()).unwrap());
    assert!(!left.exists(), "what a killed run left is swept");
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 1);
}

#[test]
fn a_planted_link_is_no_state() {
    let temp = tempfile::tempdir().unwrap();
    let (victim, folder) = (temp.path().join("victim"), temp.path().join("state"));
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(&victim, folder.join(FILE)).unwrap();
    assert_eq!(State::open(&folder).map(|_| ()).unwrap_err().code.id, "K0860");
    assert!(!victim.exists(), "nothing is made behind it");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join(FILE), "not a database").unwrap();
    assert_eq!(State::open(temp.path()).map(|_| ()).unwrap_err().code.id, "K0860");
}

/// A state with a record of some length, and its file.
fn filled(folder: &Path) -> (PathBuf, Vec<u8>) {
    let state = State::open(folder).unwrap();
    let night = |n: usize| NightRecord { folder: "x".repeat(n), ..NightRecord::default() };
    state.write(|t| t.put_night("a", &night(300))).unwrap();
    state.write(|t| t.put_night("b", &night(9_000))).unwrap();
    drop(state);
    let path = folder.join(FILE);
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}

/// A bit anywhere: looking and working give what was written, or K0860, and never what stood before the last change.
#[test]
fn no_bit_changes_what_is_read() {
    let temp = tempfile::tempdir().unwrap();
    let (path, good) = filled(temp.path());
    let right = StateView::open(temp.path()).unwrap().unwrap().read(Read::nights).unwrap();
    assert_eq!(right.len(), 2);
    let pages = (0..good.len()).filter(|at| good[*at] != 0).step_by(97);
    let (mut same, mut refused) = (0, 0);
    // The header, where the commits are, bit by bit.
    for at in (0..320).chain(pages) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        std::fs::write(&path, &bad).unwrap();
        let viewed = StateView::open(temp.path()).and_then(|view| view.unwrap().read(Read::nights));
        let worked = State::open(temp.path()).and_then(|state| state.read(Read::nights));
        for found in [viewed, worked] {
            match found {
                Ok(found) => {
                    assert_eq!(found, right, "byte {at}");
                    same += 1;
                }
                Err(error) => {
                    assert_eq!(error.code.id, "K0860", "byte {at}");
                    refused += 1;
                }
            }
        }
    }
    assert!(same > 50 && refused > 50, "{same} {refused}");
}

#[test]
fn a_damaged_state_names_the_newest_whole_copy_and_a_lost_one_is_not_begun_anew() {
    let temp = tempfile::tempdir().unwrap();
    let (path, good) = filled(temp.path());
    copies::make(temp.path(), "20260101T020000Z").unwrap();
    copies::make(temp.path(), "20260102T020000Z").unwrap();
    let newest = copies::newest_good(temp.path()).unwrap().path;
    for bytes in [&good[..good.len() / 2], b"", b"nothing"] {
        std::fs::write(&path, bytes).unwrap();
        let error = State::open(temp.path()).map(drop).unwrap_err();
        let wanted = format!("go back to that copy: mv {0} {0}.damaged && cp {1} {0}", path.display(), newest.display());
        assert_eq!((error.code.id, error.helps), ("K0860", vec![wanted]));
        assert_eq!(StateView::open(temp.path()).map(drop).unwrap_err().code.id, "K0860");
    }
    std::fs::remove_file(&path).unwrap();
    for error in [State::open(temp.path()).map(drop), StateView::open(temp.path()).map(drop)] {
        let error = error.unwrap_err();
        assert!(error.code.id == "K0860" && error.helps[0].starts_with("go back to that copy: cp "), "{error:?}");
    }
    std::fs::copy(newest, &path).unwrap();
    assert_eq!(State::open(temp.path()).unwrap().read(Read::nights).unwrap().len(), 2);
}

/// A run that was killed leaves a state that must be mended; whoever looks at it changes nothing.
#[test]
fn looking_does_not_change_what_a_kill_left() {
    let temp = tempfile::tempdir().unwrap();
    let state = State::open(temp.path()).unwrap();
    state.write(|t| t.put_night("a", &NightRecord::default())).unwrap();
    let left = temp.path().join("left");
    std::fs::create_dir(&left).unwrap();
    std::fs::copy(temp.path().join(FILE), left.join(FILE)).unwrap();
    let before = std::fs::read(left.join(FILE)).unwrap();
    assert_eq!(StateView::open(&left).unwrap().unwrap().read(Read::nights).unwrap().len(), 1);
    assert_eq!(std::fs::read(left.join(FILE)).unwrap(), before);
    assert_eq!(State::open(&left).unwrap().read(Read::nights).unwrap().len(), 1);
}
