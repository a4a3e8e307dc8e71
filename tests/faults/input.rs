//! Logs and huntflows that are broken, strange or endless.

use super::{HUNT, found, limited, ran, record, records};
use crate::support::cli::{Huntc, Ran};
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

/// Address space that huntc may take, in KiB: far below what the bombs unpack to.
const LITTLE: &str = "-v 700000";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip_of(bytes: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("log", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap().into_inner()
}

fn tar_of(bytes: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    tar.append_data(&mut header, "log", bytes).unwrap();
    tar.into_inner().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn ingest(huntc: &Huntc, name: &str) -> Ran {
    huntc.run(&format!("ingest {name} --store {name}.store"))
}

#[test]
fn every_form_of_the_same_log_has_the_same_records() {
    let text = records(5);
    let (head, tail) = text.split_at(record(0).len());
    let halves = |pack: fn(&[u8]) -> Vec<u8>| [pack(head.as_bytes()), pack(b""), pack(tail.as_bytes())].concat();
    let skipped = [b"\x50\x2a\x4d\x18\x04\0\0\0\x10\0\0\0".to_vec(), zstd(text.as_bytes())].concat();
    let forms: [(&str, Vec<u8>); 13] = [
        ("plain", text.clone().into()),
        ("crlf", text.replace('\n', "\r\n").into()),
        ("open", text.trim_end().into()),
        ("bom", format!("\u{feff}{text}").into()),
        ("blank", format!("{}{text}", "\n".repeat(200_000)).into()),
        ("gzip", halves(gzip)),
        ("zstd", halves(zstd)),
        ("skip", skipped),
        ("both", gzip(&zstd(text.as_bytes()))),
        ("zip", zip_of(text.as_bytes())),
        ("tar", tar_of(text.as_bytes())),
        ("tar.gz", gzip(&tar_of(text.as_bytes()))),
        ("zip.zst", zstd(&zip_of(text.as_bytes()))),
    ];
    let huntc = Huntc::new().file("hunt.hf", HUNT);
    for (name, bytes) in forms {
        fs::write(huntc.path(name), &bytes).unwrap();
        assert_eq!(found(&huntc, name), 5, "{name}");
        let mut child = huntc.command(&["ingest", "-", "--store", "piped"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.starts_with("5 records added"), "{name} piped: {text} {}", String::from_utf8_lossy(&output.stderr));
    }
    for (name, bytes) in [("empty", Vec::new()), ("empty.gz", gzip(b"")), ("blanks", b"\n \r\n".to_vec())] {
        fs::write(huntc.path(name), bytes).unwrap();
        assert_eq!(found(&huntc, name), 0, "{name}");
    }
}

#[test]
fn a_compressed_log_that_ends_early_is_an_error_and_nothing_of_it_is_kept() {
    let huntc = Huntc::new().file("hunt.hf", HUNT).file("a.ndjson", records(3));
    let text = records(2000);
    for (name, whole) in
        [("log.gz", gzip(text.as_bytes())), ("log.zst", zstd(text.as_bytes())), ("log.tar", tar_of(text.as_bytes()))]
    {
        assert_eq!(huntc.run(&format!("ingest a.ndjson --store {name}.store")).code, Some(0));
        for cut in [whole.len() / 3, whole.len() - 1] {
            fs::write(huntc.path(name), &whole[..cut]).unwrap();
            let told = ingest(&huntc, name);
            assert_eq!(told.code, Some(2), "{}", told.text());
            assert!(told.stderr.contains("K0751") && told.stderr.contains(&format!("cannot read {name} to its end")));
            assert!(told.stderr.contains("was copied whole"), "{}", told.stderr);
            assert_eq!(found(&huntc, &format!("{name}.store")), 3);
            let ran = huntc.run(&format!("run hunt.hf --source lab={name} --out r"));
            assert_eq!((ran.code, huntc.report("r")["hunts"][0]["status"].as_str()), (Some(3), Some("failed")), "{}", ran.text());
        }
    }
}

#[test]
fn strange_lines_are_records_or_told_with_their_place_and_reason() {
    let line = |rest: &str| format!("{{\"@timestamp\":\"2020-10-22T06:00:00.000Z\",{rest}}}");
    let deep = |n: usize| line(&format!("\"a\":{}{}", "[".repeat(n), "]".repeat(n)));
    let mended = |what: &str| format!("K0764 {what}");
    let cases: [(Vec<u8>, String); 15] = [
        (deep(100_000).into(), mended("a value nested too deeply is absent")),
        (
            line(&format!("\"a\":{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000))).into(),
            mended("a value nested too deeply is absent"),
        ),
        ("[".repeat(100_000).into(), "K0753 not valid JSON".to_owned()),
        (b"{\"@timestamp\":\"2020-10-22T06:00:00Z\",\"a\":\"\xc3\x28\"}".to_vec(), mended("what is no character is U+FFFD")),
        (b"{\"@timestamp\":\"2020-10-22T06:00:00Z\",\"a\":\xff}".to_vec(), "K0753 not valid UTF-8".to_owned()),
        (line("\"a\":\"\0\"").into(), mended("a control character that is not escaped is kept")),
        (vec![0; 50], "K0753 not valid JSON".to_owned()),
        (line("\"a\":\"\\ud800\"").into(), mended("what is no character is U+FFFD")),
        (line("\"a\":1e999").into(), mended("a number beyond all limits is text")),
        (line("\"a\":NaN").into(), mended("a number beyond all limits is text")),
        (line("\"a\":\"\\u0000\"").into(), String::new()),
        (line("\"a\":123456789012345678901234567890,\"b\":-1e-400").into(), String::new()),
        (line("\"a\":1,\"a\":{\"b\":2},\"a\":[]").into(), String::new()),
        (deep(200).into(), String::new()),
        (b"{\"\\u0040timestamp\":\"2020-10-22T06:00:00.000\\u005a\"}".to_vec(), String::new()),
    ];
    for (line, reason) in &cases {
        let huntc = Huntc::new().file("log", [record(0).as_bytes(), line].concat());
        let told = ingest(&huntc, "log");
        let shown = String::from_utf8_lossy(&line[..line.len().min(80)]);
        assert_eq!(told.code, Some(0), "{shown} {}", told.text());
        if reason.is_empty() {
            assert!(told.stdout.starts_with("2 records added") && told.stderr.is_empty(), "{shown} {}", told.text());
        } else {
            let (code, reason) = reason.split_once(' ').unwrap();
            let added = if code == "K0764" { "2 records added" } else { "1 record added" };
            assert!(told.stdout.starts_with(added), "{shown} {}", told.text());
            assert!(told.stderr.contains(code) && told.stderr.contains(&format!("log:2: {reason}")), "{shown} {}", told.stderr);
        }
        assert!(!told.stderr.contains(['\0', '\u{1b}']));
    }
}

#[test]
fn paths_that_are_no_logs_are_told() {
    let huntc = Huntc::new().file("hunt.hf", HUNT).file("folder/notes.txt", "x").file("hidden/.a.ndjson", records(1));
    for (path, word) in
        [("none", "check the path"), ("folder", "no file in folder gives a record"), ("hidden", "no log file in hidden")]
    {
        let told = ingest(&huntc, path);
        assert_eq!(told.code, Some(2), "{}", told.text());
        assert!(told.stderr.contains(word), "{}", told.stderr);
    }
    let run = huntc.run("run hunt.hf --source lab=none");
    assert!(run.code == Some(2) && run.stderr.contains("`none` cannot be read"), "{}", run.text());
    // A link to what has gone, in a folder of logs.
    let huntc = huntc.file("folder/c.log.2024-05-01", records(1));
    std::os::unix::fs::symlink("gone.ndjson", huntc.path("folder/b.ndjson")).unwrap();
    let gone = ingest(&huntc, "folder");
    assert!(gone.code == Some(0) && gone.stderr.contains("folder/b.ndjson: a link to what is not there"), "{}", gone.text());
    assert!(gone.stderr.contains("folder/notes.txt: text that is no JSON"), "{}", gone.text());
}

#[test]
fn a_log_without_the_right_to_read_it_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let huntc = Huntc::new().file("a.ndjson", records(1));
    let path = huntc.path("a.ndjson");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    // Root may read everything.
    if fs::File::open(&path).is_ok() {
        return;
    }
    let told = ingest(&huntc, "a.ndjson");
    assert!(told.code == Some(2) && told.stderr.contains("check the permissions of the file"), "{}", told.text());
}

#[test]
fn a_pipe_is_read_to_its_end() {
    let huntc = Huntc::new().file("hunt.hf", HUNT);
    let pipe = huntc.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn(move || fs::write(pipe, gzip(records(7).as_bytes())).unwrap());
    assert_eq!(found(&huntc, "pipe"), 7);
    writer.join().unwrap();
}

#[test]
fn deep_huntflows_are_errors() {
    let deep = |open: &str, close: &str| format!("x = y WHERE {}a = 1{}\n", open.repeat(100_000), close.repeat(100_000));
    let huntc = Huntc::new().file("a.hf", deep("(", ")")).file("b.hf", deep("[", "")).file("c.hf", deep("NOT ", ""));
    let huntc = huntc.file("d.hf", format!("x = NEW {}\n", "[".repeat(100_000))).file("e.ipynb", "[".repeat(100_000));
    for name in ["a.hf", "b.hf", "c.hf", "d.hf", "e.ipynb"] {
        for line in [format!("check {name}"), format!("fmt --check {name}")] {
            let ran = huntc.run(&line);
            assert!(matches!(ran.code, Some(1 | 2)) && !ran.stderr.contains("panicked"), "{line}: {:?}", ran.code);
        }
    }
    assert!(huntc.run("check a.hf").stdout.contains("K0016") || huntc.run("check a.hf").stderr.contains("K0016"));
}

/// A bomb: a beginning, then a text for ever. Both packed; a member of 1 MiB is repeated.
fn bomb(first: &[u8], again: &[u8], mebibytes: usize) -> Vec<u8> {
    let member = gzip(&again.repeat((1 << 20) / again.len()));
    [gzip(first), member.repeat(mebibytes)].concat()
}

/// Reads a bomb with little memory; what is said of it.
fn explode(bytes: &[u8]) -> String {
    let huntc = Huntc::new().file("bomb", bytes);
    let (code, text) = ran(&mut limited(&huntc, LITTLE, &["ingest", "bomb", "--store", "s"]));
    assert_eq!(code, if text.contains("K0761") { Some(2) } else { Some(0) }, "{text}");
    text
}

#[test]
fn what_never_ends_takes_little_memory() {
    let first = format!("{}\n", record(0).trim_end());
    let text = explode(&bomb(first.as_bytes(), b"\n", 24));
    assert!(text.contains("1 record added") && !text.contains("K0753"), "{text}");
    let text = explode(&bomb(first.as_bytes(), b"\0", 80));
    assert!(text.contains("1 record added") && text.contains("bomb:2: longer than the limit of a line"), "{text}");
    let text = explode(&bomb(b"{\"create\":{}}\n", b"\n", 24));
    assert!(text.contains("bomb:1: an action without its document"), "{text}");
    let text = explode(&bomb(b"[] ", b"x ", 4));
    assert!(text.contains("none of its 2097152 lines is a record") && text.contains("not valid JSON"), "{text}");
    let text = explode(&bomb(b"{\"hits\":{\"hits\":[]}}", b"{}", 4));
    assert!(text.contains("none of its 2097152 lines is a record") && text.contains("a search response without hits"), "{text}");
}

#[test]
fn names_that_repeat_each_other_take_little_memory() {
    let long = "k".repeat(1_000_000);
    let keys: Vec<String> = (0..2000).map(|i| format!("\"{i}\":1")).collect();
    let time = "\"@timestamp\":\"2020-10-22T06:00:00.000Z\"";
    let line = format!("{{{time},\"{long}\":{{{}}}}}\n", keys.join(","));
    let text = explode([line.as_bytes(), record(0).as_bytes()].concat().as_slice());
    assert!(text.contains("1 record added") && text.contains("bomb:1: too many or too long field names"), "{text}");
}

#[test]
#[ignore = "reads 20 GB; see docs/testing.md"]
fn big_bombs_take_little_memory() {
    let huntc = Huntc::new();
    let mut command = limited(&huntc, LITTLE, &["ingest", "-", "--store", "s"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(b"{\"@timestamp\":\"2020-10-22T06:00:00.000Z\",\"a\":\"").unwrap();
    let much = vec![b'x'; 1 << 20];
    (0..1024).for_each(|_| pipe.write_all(&much).unwrap());
    pipe.write_all(format!("\"}}\n{}", record(0)).as_bytes()).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 record added") && text.contains("-:1: longer than the limit of a line"), "{text}");
    for byte in [b"\0", b"\n"] {
        let bomb = bomb(record(0).as_bytes(), byte, 10 << 10);
        assert!(bomb.len() < 12 << 20);
        assert!(explode(&bomb).contains("1 record added"));
    }
    let frame = zstd(&vec![0; 1 << 30]);
    assert!(explode(&[zstd(record(0).as_bytes()), frame].concat()).contains("1 record added"));
}
