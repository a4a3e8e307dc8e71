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
    let left = temp.path().join(".huntc-half.part");
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
