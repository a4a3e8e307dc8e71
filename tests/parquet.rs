//! Parquet in SAVE and LOAD: files that huntc, Kestrel and pandas write, and files that are no tables.

use crate::support::cli::Huntc;
use crate::support::pandas;
use std::fs;
use std::path::Path;
use std::process::Command;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parquet").join(name)).unwrap()
}

#[test]
fn what_save_writes_load_reads() {
    for name in ["p.parquet", "p.parquet.gz", "p.parquet.zst", "P.PARQUET"] {
        let saved = Huntc::new().file("a.hf", format!("p = NEW process ['cmd.exe', 'é']\nSAVE p TO {name}\n"));
        assert_eq!(saved.run("run a.hf").code, Some(0), "{name}");
        let bytes = fs::read(saved.path(name)).unwrap();
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "the pages are packed, and not the file");
        // The type is read from the file before the hunt is checked; an earlier file of SAVE may be replaced.
        let text = format!("q = LOAD {name}\nDISP q ATTR name\nSAVE q TO {name}\nr = LOAD {name}\nDISP r ATTR name\n");
        let saved = saved.file("b.hf", text);
        let ran = saved.run("run b.hf");
        assert_eq!(
            (ran.code, ran.stdout.matches("cmd.exe").count(), ran.stdout.matches('é').count()),
            (Some(0), 2, 2),
            "{}",
            ran.text()
        );
    }
}

#[test]
fn files_of_kestrel_are_loaded() {
    for name in ["kestrel.parquet.gz", "packed.parquet.gz", "snappy.parquet", "zstd.parquet"] {
        let hunt = format!("p = LOAD {name}\nq = p WHERE x_score >= 0.5 AND pid < 100\nDISP q ATTR name, pid, x_score, x_flag\n");
        let huntc = Huntc::new().file(name, fixture(name)).file("a.hf", hunt);
        let ran = huntc.run("run a.hf --no-hints");
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        assert!(ran.stdout.contains("cmd.exe") && !ran.stdout.contains("powershell"), "{name}: {}", ran.text());
    }
}

#[test]
fn what_is_no_table_is_told_and_kept() {
    let whole = fixture("kestrel.parquet.gz");
    let cut = whole[..whole.len() - 9].to_vec();
    for (bytes, why) in [
        (cut, "PAR1"),
        (b"name\ncmd.exe\n".to_vec(), "PAR1"),
        (Vec::new(), "shorter than a footer"),
        (fixture("brotli.parquet"), "the packing BROTLI"),
    ] {
        let huntc = Huntc::new().file("p.parquet", &bytes).file("a.hf", "p = LOAD p.parquet AS process\nDISP p\n");
        let ran = huntc.run("run a.hf");
        assert!(ran.text().contains("K1003") && ran.text().contains(why), "{why}: {}", ran.text());
        assert_eq!(ran.code, Some(3));
        let huntc = huntc.file("b.hf", "p = NEW process ['cmd.exe']\nSAVE p TO p.parquet\n");
        let ran = huntc.run("run b.hf");
        assert_eq!(ran.text().contains("K1004"), !bytes.is_empty(), "only an empty file is replaced: {}", ran.text());
    }
}

/// What huntc writes, pandas reads; what pandas makes of it, huntc reads.
#[test]
fn pandas_reads_and_writes_the_same() {
    let Some(python) = pandas::python("Parquet between huntc and pandas") else { return };
    let script = "import pandas\nd = pandas.read_parquet('p.parquet.gz')\nassert list(d.columns)[0] == 'type', d.columns\n\
                  assert list(d['name']) == ['cmd.exe', 'é'], d\nassert list(d['pid']) == [4, 5], d\n\
                  d['x_found'] = d['name'] == 'cmd.exe'\nd[d.pid > 4].to_parquet('q.parquet.gz', compression='gzip')\n";
    let huntc = Huntc::new()
        .file("a.hf", "p = NEW process [{'name': 'cmd.exe', 'pid': 4}, {'name': 'é', 'pid': 5}]\nSAVE p TO p.parquet.gz\n")
        .file("b.hf", "q = LOAD q.parquet.gz\nDISP q WHERE x_found = FALSE ATTR name, pid, x_found\n");
    assert_eq!(huntc.run("run a.hf").code, Some(0));
    let done = Command::new(python).args(["-c", script]).current_dir(huntc.path(".")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let ran = huntc.run("run b.hf --no-hints");
    assert!(ran.code == Some(0) && ran.stdout.contains('é'), "{}", ran.text());
}
