//! Tests of files and folders where others have planted something.
#![allow(clippy::unwrap_used)]

use super::*;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;

#[test]
fn a_link_in_the_place_of_a_file_is_replaced_and_its_target_stays() {
    let temp = tempfile::tempdir().unwrap();
    let (victim, path) = (temp.path().join("victim"), temp.path().join("out.csv"));
    fs::write(&victim, "mine").unwrap();
    symlink(&victim, &path).unwrap();
    replace(&path, |file| file.write_all(b"new")).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert!(path.symlink_metadata().unwrap().is_file());
}

#[test]
fn a_file_that_cannot_be_written_whole_stays_as_it_was_and_leaves_nothing_beside_it() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("out.csv");
    fs::write(&path, "before").unwrap();
    let failed = replace(&path, |file| file.write_all(b"ne").and_then(|()| Err(io::Error::other("full"))));
    assert!(failed.is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
}

#[test]
fn locks_are_plain_files() {
    let temp = tempfile::tempdir().unwrap();
    let at = |name: &str| temp.path().join(name);
    fs::write(at("victim"), "mine").unwrap();
    symlink(at("victim"), at("link")).unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    for name in ["link", "dangling", "folder", "pipe"] {
        assert!(open_or_make(&at(name)).is_err(), "{name}");
        assert!(open(&at(name)).is_err(), "{name}");
    }
    assert!(!at("nowhere").exists());
    assert_eq!(fs::read_to_string(at("victim")).unwrap(), "mine");
    open_or_make(&at("lock")).unwrap().write_all(b"x").unwrap();
    assert_eq!(fs::read_to_string(at("lock")).unwrap(), "x");
}

#[test]
fn only_what_a_mark_lists_is_removed() {
    let temp = tempfile::tempdir().unwrap();
    let mut folder = NewFolder::beside(temp.path(), "out").unwrap();
    folder.write("report.json", |out| out.write_all(b"{}")).unwrap();
    folder.complete().unwrap();
    let target = temp.path().join("out");
    fs::rename(folder.path(), &target).unwrap();
    folder.is_in_place();
    drop(folder);
    assert!(holds_only_listed(&target).unwrap());
    fs::write(target.join("01-budget.csv"), "mine").unwrap();
    assert!(holds_only_listed(&target).unwrap_err().to_string().contains("01-budget.csv"));
    remove(&target).unwrap();
    assert_eq!(fs::read_to_string(target.join("01-budget.csv")).unwrap(), "mine");
    assert!(!target.join("report.json").exists());
}

#[test]
fn a_mark_that_others_wrote_removes_nothing_outside_of_its_folder() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("out");
    fs::create_dir(&folder).unwrap();
    fs::write(temp.path().join("victim"), "mine").unwrap();
    let outside = temp.path().join("victim");
    fs::write(folder.join(".huntc-report"), format!("huntc report 1\n../victim\n{}\n./..\n\n", outside.display())).unwrap();
    remove(&folder).unwrap();
    assert_eq!(fs::read_to_string(&outside).unwrap(), "mine");
}

#[test]
fn a_folder_without_the_mark_is_left_alone_whatever_its_files_are_called() {
    let temp = tempfile::tempdir().unwrap();
    fs::write(temp.path().join("report.json"), "mine").unwrap();
    remove(temp.path()).unwrap();
    assert!(holds_only_listed(temp.path()).is_err());
    assert!(temp.path().join("report.json").exists());
}

#[test]
fn folders_of_killed_runs_are_swept_and_those_of_living_ones_and_links_are_not() {
    let temp = tempfile::tempdir().unwrap();
    let victim = temp.path().join("victim");
    fs::create_dir(&victim).unwrap();
    for name in [".huntc-report", "report.json"] {
        fs::write(victim.join(name), "huntc report 1\nreport.json\n").unwrap();
    }
    let parent = temp.path().join("parent");
    fs::create_dir(&parent).unwrap();
    symlink(&victim, parent.join(".out.huntc-4000000")).unwrap();
    let dead = parent.join(".out.huntc-dead");
    fs::create_dir(&dead).unwrap();
    fs::write(dead.join(".huntc-report"), "huntc report 1\n").unwrap();
    symlink(victim.join("report.json"), dead.join("report.json")).unwrap();
    let mut living = NewFolder::beside(&parent, "out").unwrap();
    living.write("a", |_| Ok(())).unwrap();
    sweep(&parent, |name| name == "out");
    assert!(victim.join("report.json").exists(), "a link is not followed");
    assert!(!dead.exists(), "nobody holds its lock");
    assert!(living.path().join("a").exists(), "its writer lives");
    let place = living.path().to_owned();
    drop(living);
    assert!(!place.exists(), "given up");
}

#[test]
fn what_was_never_locked_is_swept_when_it_is_old() {
    let temp = tempfile::tempdir().unwrap();
    let at = |name: &str| temp.path().join(name);
    let left = [".huntc-aWGllu7WLOivcSVa.part", ".out.huntc-aWGllu7WLOivcSVa"];
    fs::write(at(left[0]), "").unwrap();
    fs::create_dir(at(left[1])).unwrap();
    let kept = [".huntc-notes.part", ".out.huntc-mine", ".other.huntc-aWGllu7WLOivcSVa"];
    fs::write(at(kept[0]), "").unwrap();
    fs::create_dir(at(kept[1])).unwrap();
    fs::write(at(kept[1]).join("a"), "").unwrap();
    fs::create_dir(at(kept[2])).unwrap();
    let names = || {
        let mut names: Vec<String> =
            fs::read_dir(temp.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    sweep(temp.path(), |name| name == "out");
    assert_eq!(names().len(), 5, "somebody may be about to lock them");
    for name in names() {
        let aged = std::process::Command::new("touch").args(["-d", "2 hours ago"]).arg(at(&name)).status();
        assert!(aged.unwrap().success());
    }
    sweep(temp.path(), |name| name == "out");
    let mut wanted = kept.map(str::to_owned).to_vec();
    wanted.sort();
    assert_eq!(names(), wanted);
}
