//! What a file that gives no record looks like, by its content, and how records can be made of it.

use super::inputs::Input;
use std::path::Path;

/// A kind of files that are no logs.
#[derive(Debug)]
pub(crate) struct FileKind {
    /// In words, with an article.
    pub name: &'static str,
    /// Whether text of it begins so.
    matches: fn(&[u8]) -> bool,
    /// Whether it is given up at once: nothing in it can be a line of a log.
    pub(super) foreign: bool,
    /// Whether it may hold records that are missed then.
    pub(super) holds_records: bool,
    /// What makes it readable. `FILE` stands for the file, `OUT` for what is made of it.
    way: &'static str,
}

/// A packed file, or one of another program's format, known by its first bytes.
const fn foreign(name: &'static str, matches: fn(&[u8]) -> bool, holds_records: bool, way: &'static str) -> FileKind {
    FileKind { name, matches, foreign: true, holds_records, way }
}

/// A text, whose lines are all tried before it is said to be one of these.
const fn text(name: &'static str, matches: fn(&[u8]) -> bool, holds_records: bool, way: &'static str) -> FileKind {
    FileKind { name, matches, foreign: false, holds_records, way }
}

/// What is said of files that no program here makes into logs.
const NO_LOG: &str = "name a log instead: ECS documents as NDJSON, `_bulk` bodies or search answers";

/// Members of archives that their headers say cannot be read.
pub(super) static ENCRYPTED: FileKind =
    foreign("an encrypted member", |_| false, true, "unpack it with its password, then name the folder: `unzip ARCHIVE -d OUT`");
pub(super) static PACKED_OTHERWISE: FileKind = foreign(
    "a member packed by a method that is not read",
    |_| false,
    true,
    "unpack it, then name the folder: `7z x ARCHIVE -oOUT`",
);
pub(super) static DAMAGED_ZIP: FileKind =
    foreign("a zip archive that is cut or damaged", |_| false, true, "copy it again, and check it: `unzip -t ARCHIVE`");
pub(super) static TOO_DEEP: FileKind =
    foreign("an archive that is nested too deeply", |_| false, true, "unpack ARCHIVE, then name the folder");
pub(super) static UNKNOWN_MEMBER: FileKind = foreign(
    "a member of an unknown type",
    |_| false,
    true,
    "unpack it, then name the folder: `mkdir OUT && tar -xf ARCHIVE -C OUT`",
);
pub(super) static LINK: FileKind = foreign("a link in an archive", |_| false, false, NO_LOG);
pub(super) static NO_FILE: FileKind = foreign("no regular file", |_| false, false, NO_LOG);

/// Every kind; the first that matches is it, and the last matches all.
static KINDS: [FileKind; 32] = [
    foreign("a zip archive", is_zip, true, "unpack it, then name the folder: `unzip FILE -d OUT`"),
    foreign("a tar archive", is_tar, true, "unpack it, then name the folder: `mkdir OUT && tar -xf FILE -C OUT`"),
    foreign("an xz file", |b| b.starts_with(b"\xfd7zXZ\0"), true, "unpack it: `xz -dc FILE > OUT`"),
    foreign("a bzip2 file", is_bzip2, true, "unpack it: `bzip2 -dc FILE > OUT`"),
    foreign("an lz4 file", |b| b.starts_with(b"\x04\x22\x4d\x18"), true, "unpack it: `lz4 -dc FILE > OUT`"),
    foreign("a 7z archive", |b| b.starts_with(b"7z\xbc\xaf\x27\x1c"), true, "unpack it, then name the folder: `7z x FILE -oOUT`"),
    text(
        "an EVTX file (Windows event log)",
        |b| b.starts_with(b"ElfFile\0"),
        true,
        "copy it again; on Windows: `wevtutil export-log CHANNEL OUT`",
    ),
    foreign(
        "a packet capture",
        is_capture,
        true,
        "Packetbeat makes ECS of it: `packetbeat -e -t -I FILE`, with `output.file` in packetbeat.yml",
    ),
    foreign("UTF-16 text, not UTF-8", is_utf_16, true, "convert it: `iconv -f UTF-16 -t UTF-8 FILE > OUT`"),
    foreign("UTF-16 text without a byte order mark", is_utf_16_le, true, "convert it: `iconv -f UTF-16LE -t UTF-8 FILE > OUT`"),
    foreign("UTF-16 text without a byte order mark", is_utf_16_be, true, "convert it: `iconv -f UTF-16BE -t UTF-8 FILE > OUT`"),
    foreign(
        "an Arrow file",
        |b| b.starts_with(b"ARROW1\0\0"),
        true,
        "of an embedded store, name the folder: `--source NAME=STORE`",
    ),
    foreign("a Parquet file", |b| b.starts_with(b"PAR1"), true, "convert it: `duckdb -c \"copy (from 'FILE') to 'OUT'\"`"),
    foreign("a journal of systemd", |b| b.starts_with(b"LPKSHHRH"), true, "export it: `journalctl --file FILE -o json > OUT`"),
    foreign("an SQLite database", |b| b.starts_with(b"SQLite format 3\0"), false, NO_LOG),
    foreign("a PNG image", |b| b.starts_with(b"\x89PNG\r\n"), false, NO_LOG),
    foreign("a JPEG image", |b| b.starts_with(b"\xff\xd8\xff"), false, NO_LOG),
    foreign("a PDF document", |b| b.starts_with(b"%PDF-"), false, NO_LOG),
    foreign("a program", |b| b.starts_with(b"\x7fELF") || (b.starts_with(b"MZ") && b.contains(&0)), false, NO_LOG),
    text(
        "a log of Zeek without times",
        |b| b.starts_with(b"#separator "),
        false,
        "name another log of Zeek: what has no time is no record",
    ),
    text(
        "a STIX bundle",
        is_stix,
        true,
        "name a bundle with `observed-data`: only those are records, indicators and reports are none",
    ),
    text(
        "a `_bulk` body without documents",
        |b| begins_object(b) && (begun(b).starts_with(b"{\"create\"") || begun(b).starts_with(b"{\"index\"")),
        true,
        "export it again: behind each action line its document",
    ),
    text(
        "an answer of a search without hits",
        |b| begins_object(b) && (has_key(b, "error") && has_key(b, "status") || has_key(b, "_shards")),
        true,
        "save the answer again, of a search that succeeds and gives documents: `\"size\": 10000`",
    ),
    text(
        "a Splunk export",
        |b| begins_object(b) && (has_key(b, "preview") || has_key(b, "_raw")) && has_key(b, "result"),
        true,
        "export Windows events with `_raw` and `_time`; of others, give each a time: `jq -c '.result | .\"@timestamp\" = ._time' FILE > OUT`",
    ),
    text(
        "Windows events in another form than ECS, without @timestamp",
        |b| begins_object(b) && ["EventID", "EventTime", "TimeCreated"].iter().any(|key| has_key(b, key)),
        true,
        "name the provider and the channel of each event; a time alone: `jq -c '.\"@timestamp\" = (.EventTime // .TimeCreated | sub(\" \"; \"T\"))' FILE > OUT`",
    ),
    text(
        "JSON that cannot be read",
        |b| is_json(b) && has_key(b, "@timestamp"),
        true,
        "export the log again, one ECS document a line",
    ),
    text("JSON without @timestamp", is_json, true, COLUMNS),
    text("XML or HTML", |b| b.starts_with(b"<?xml") || b.starts_with(b"<Event") || b.starts_with(b"<!DOCTYPE"), true, WINLOGBEAT),
    text("a CSV table", |b| [b',', b';', b'|'].iter().any(|separator| is_table(b, *separator)), true, COLUMNS),
    text("a TSV table", |b| is_table(b, b'\t'), true, COLUMNS),
    text("binary data", |b| b.contains(&0), false, NO_LOG),
    text("text that is no JSON", |_| true, false, NO_LOG),
];

const COLUMNS: &str = "say which ECS fields its values are, in huntc.toml: `huntc doctor FILE --suggest` proposes a table";

const WINLOGBEAT: &str = "Winlogbeat makes ECS of it; in winlogbeat.yml: \
    `winlogbeat.event_logs: [{name: FILE, no_more_events: stop}]` and `output.file`";

/// Bytes that are looked at.
const LOOKED_AT: usize = 4 << 10;

/// The kind of a text that begins so.
pub(super) fn of(beginning: &[u8]) -> &'static FileKind {
    let beginning = &beginning[..beginning.len().min(LOOKED_AT)];
    KINDS.iter().find(|kind| (kind.matches)(beginning)).unwrap_or(&KINDS[KINDS.len() - 1])
}

impl FileKind {
    /// What makes a file of this kind readable, as a line that can be pasted.
    pub(super) fn way(&self, input: &Input) -> String {
        let (file, out) = match &input.path {
            None => ("FILE".to_owned(), "OUT.ndjson".to_owned()),
            Some(path) => (quoted(&input.name), quoted(&path.with_file_name(self.out(path)).to_string_lossy())),
        };
        let archive = quoted(input.archive.as_deref().unwrap_or(&input.name));
        // One pass: a file may be called OUT.
        let part = |part: &str| {
            let parts: Vec<String> = part.split("ARCHIVE").map(|part| part.replace("OUT", &out)).collect();
            parts.join(&archive)
        };
        self.way.split("FILE").map(part).collect::<Vec<_>>().join(&file)
    }
}

impl FileKind {
    /// A name for what is made of a file, never its own.
    fn out(&self, path: &Path) -> String {
        let plain = path.file_stem().unwrap_or_default().to_string_lossy();
        if self.way.contains("folder") {
            return format!("{plain}.d");
        }
        let out = if plain.contains('.') { plain.into_owned() } else { format!("{plain}.ndjson") };
        if path.file_name().is_some_and(|name| name == out.as_str()) { format!("{out}.ecs") } else { out }
    }
}

/// A word of the shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%".contains(c);
    if word.chars().all(plain) && !word.starts_with('-') { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Also one that is empty, or the only part of what could have been several.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    [b"PK\x03\x04", b"PK\x05\x06", b"PK00", b"PK\x07\x08"].iter().any(|magic| bytes.starts_with(*magic))
}

pub(super) fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar") || is_old_tar(bytes)
}

/// Archives of before 1988 are known by nothing but the checksum of their first header.
fn is_old_tar(bytes: &[u8]) -> bool {
    let Some((header, said)) = bytes.get(..512).zip(bytes.get(148..156)) else { return false };
    let digits = said.trim_ascii_start().split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default();
    let said = std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 8).ok());
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let (front, behind) = (header.get(..148).unwrap_or_default(), header.get(156..).unwrap_or_default());
    header.first() != Some(&0) && said == Some(sum(front) + sum(behind) + 8 * u32::from(b' '))
}

fn is_bzip2(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BZh") && bytes.get(4..10) == Some(b"\x31\x41\x59\x26\x53\x59")
}

fn is_capture(bytes: &[u8]) -> bool {
    [b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x0a\x0d\x0d\x0a", b"\x4d\x3c\xb2\xa1"]
        .iter()
        .any(|magic| bytes.starts_with(*magic))
}

fn is_utf_16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

/// Text in which every other byte is zero, from `zero` on.
fn every_other_is_zero(bytes: &[u8], zero: usize) -> bool {
    let looked_at = &bytes[..bytes.len().min(64) / 2 * 2];
    looked_at.len() >= 4 && looked_at.iter().enumerate().all(|(at, byte)| (*byte == 0) == (at % 2 == zero))
}

fn is_utf_16_le(bytes: &[u8]) -> bool {
    every_other_is_zero(bytes, 1)
}

fn is_utf_16_be(bytes: &[u8]) -> bool {
    every_other_is_zero(bytes, 0)
}

/// The text without a byte order mark and blanks in front.
fn begun(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start()
}

fn begins_object(bytes: &[u8]) -> bool {
    let text = begun(bytes);
    text.starts_with(b"{") || (text.starts_with(b"[") && text[1..].trim_ascii_start().starts_with(b"{"))
}

/// Whether a key stands in JSON.
fn has_key(bytes: &[u8], key: &str) -> bool {
    let quoted = format!("\"{key}\"");
    let ends: Vec<usize> = memchr::memmem::find_iter(bytes, quoted.as_bytes()).map(|at| at + quoted.len()).collect();
    ends.into_iter().any(|end| bytes[end..].trim_ascii_start().starts_with(b":"))
}

fn is_stix(bytes: &[u8]) -> bool {
    let packed: Vec<u8> = bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    begins_object(bytes) && memchr::memmem::find(&packed, b"\"type\":\"bundle\"").is_some()
}

fn is_json(bytes: &[u8]) -> bool {
    begins_object(bytes)
}

/// Two lines with as many separators each, two at least.
fn is_table(bytes: &[u8], separator: u8) -> bool {
    let mut lines = begun(bytes).split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    let count = |line: &[u8]| memchr::memchr_iter(separator, line).count();
    // A value in quotes may hold some.
    count(first) >= 2 && (count(first) == count(second) || memchr::memchr(b'"', second).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_the_content() {
        let utf_16: Vec<u8> = "{\"a\":1}".bytes().flat_map(|b| [b, 0]).collect();
        let swapped: Vec<u8> = utf_16.chunks(2).flat_map(|c| [c[1], c[0]]).collect();
        let mut tar = vec![b'x'; 600];
        tar[257..262].copy_from_slice(b"ustar");
        let cases: [(&[u8], &str); 25] = [
            (b"PK\x03\x04\x14\0", "a zip archive"),
            (&tar, "a tar archive"),
            (b"\xfd7zXZ\0\0", "an xz file"),
            (b"BZh91AY&SYx", "a bzip2 file"),
            (b"ElfFile\0\0", "an EVTX file (Windows event log)"),
            (b"LPKSHHRH\0\0", "a journal of systemd"),
            (b"\xff\xfe{\0", "UTF-16 text, not UTF-8"),
            (&utf_16, "UTF-16 text without a byte order mark"),
            (&swapped, "UTF-16 text without a byte order mark"),
            (b"\x89PNG\r\n\x1a\n", "a PNG image"),
            (b"{\n  \"type\": \"bundle\",\n \"objects\": []}", "a STIX bundle"),
            (b"{\"preview\":false,\"result\":{\"_raw\":\"x\"}}", "a Splunk export"),
            (b"{\"error\":{\"type\":\"x\"},\"status\":404}", "an answer of a search without hits"),
            (
                b"{\"EventTime\":\"2020-10-22 06:58:00\",\"EventID\":1}",
                "Windows events in another form than ECS, without @timestamp",
            ),
            (b"{\"@timestamp\":\"yesterday\"}", "JSON that cannot be read"),
            (b"[{\"a\":1}]", "JSON without @timestamp"),
            (b"\xef\xbb\xbf{\"a\":1}", "JSON without @timestamp"),
            (b"<?xml version=\"1.0\"?>", "XML or HTML"),
            (b"a,b,c\n1,2,3\n", "a CSV table"),
            (b"#separator \\x09\n#path\tloaded_scripts\n#fields\tname\n", "a log of Zeek without times"),
            (b"a;b;c\r\n1;2;3\r\n", "a CSV table"),
            (b"a\tb\tc\n1\t2\t3\n", "a TSV table"),
            (b"root:x:0:0:root:/root:/bin/bash\n", "text that is no JSON"),
            (b"x\0y", "binary data"),
            (b"", "text that is no JSON"),
        ];
        for (bytes, name) in cases {
            assert_eq!(of(bytes).name, name, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn ways_can_be_pasted() {
        let way = |bytes: &[u8], name: &str| of(bytes).way(&Input::file(Path::new(name)));
        assert!(way(b"\xfd7zXZ\0", "logs/a.xz").ends_with("`xz -dc logs/a.xz > logs/a.ndjson`"));
        assert!(way(b"PK\x03\x04", "OUT it's.zip").ends_with(r"`unzip 'OUT it'\''s.zip' -d 'OUT it'\''s.d'`"));
        // Never over the file itself.
        assert!(way(b"PAR1", "a.ndjson").contains("(from 'a.ndjson') to 'a.ndjson.ecs'"), "{}", way(b"PAR1", "a.ndjson"));
        assert!(way(b"{\"a\":1}", "a b.json").contains("`huntc doctor 'a b.json' --suggest`"));
        assert!(way(b"\xfd7zXZ\0", "a.json.xz").ends_with("> a.json`"));
        assert!(of(b"\xfd7zXZ\0").way(&Input::stdin()).contains("-dc FILE"));
    }
}
