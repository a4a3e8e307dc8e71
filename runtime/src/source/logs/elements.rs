//! Cuts JSON values that hold many documents into their elements, while reading: search responses, arrays, and
//! pretty-printed values one after the other.
//!
//! Only strings and nesting are followed here. Whether an element is valid JSON is found out by the parser.

use super::answer::AnswerFacts;
use super::format::{LogFormat, LogReading, ReadOptions};
use super::open::broken;
use super::piece::{Block, Emit, Layout, Piece};
use super::report::BadReason;
use super::spare::Spare;
use crate::source::SourceError;
use std::io::Read;

/// One array of documents.
pub(super) const ARRAY: LogFormat = LogFormat {
    name: "array",
    sniff: |beginning| beginning.first_line.starts_with(b"["),
    read: |reader, reading, emit| cut(reader, Wanted::Array, reading, emit),
};

/// Search responses: `{"hits":{"hits":[…]}}`.
pub(super) const RESPONSES: LogFormat = LogFormat {
    name: "search responses",
    sniff: |beginning| beginning.first_line.starts_with(b"{") && is_response(beginning.text),
    read: |reader, reading, emit| cut(reader, Wanted::Hits, reading, emit),
};

/// Pretty-printed documents one after the other. The first line of such a text is only an opening brace. Any other
/// first line could be a broken line of NDJSON, after which the other lines must still be read as lines.
pub(super) const VALUES: LogFormat = LogFormat {
    name: "values",
    sniff: |beginning| beginning.first_line == b"{",
    read: |reader, reading, emit| cut(reader, Wanted::Values, reading, emit),
};

/// Cuts bundles, which follow one another, into their `objects`.
pub(super) fn objects(reader: &mut dyn Read, reading: &LogReading<'_>, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    cut(reader, Wanted::Objects, reading, emit)
}

/// Where the documents are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wanted {
    /// In `hits.hits` of search responses, which follow one another.
    Hits,
    /// In one array.
    Array,
    /// In `objects` of values that follow one another.
    Objects,
    /// Each value is a document.
    Values,
}

/// The keys at the top of a search response, and of what is around one. Any other key before `hits` means that the text is none.
const RESPONSE_KEYS: &[&str] = &[
    "took",
    "timed_out",
    "_shards",
    "hits",
    "_scroll_id",
    "pit_id",
    "terminated_early",
    "num_reduce_phases",
    "_clusters",
    "status",
    "error",
    "aggregations",
    "suggest",
    "profile",
    // Around answers of `_msearch` and `_async_search`, and in what Kibana shows of requests.
    "responses",
    "response",
    "rawResponse",
    "result",
    "id",
    "is_partial",
    "is_running",
    "isPartial",
    "isRunning",
    "isRestored",
    "isStored",
    "start_time_in_millis",
    "expiration_time_in_millis",
    "completion_time_in_millis",
    "total",
    "loaded",
    "requestParams",
    "warning",
];
/// The keys of an answer in another object.
const AROUND: [&[u8]; 3] = [b"response", b"rawResponse", b"result"];
/// The deepest object or array whose keys are looked at.
const KEYS: usize = 8;

/// Cuts a whole stream. Returns how many elements it has.
fn cut(reader: &mut dyn Read, wanted: Wanted, reading: &LogReading<'_>, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    let mut scanner = Scanner::new(wanted, reading.options, reading.spare);
    let mut chunk = vec![0; reading.options.block.clamp(1, 256 << 10)];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => {
                for &byte in &chunk[..n] {
                    scanner.step(byte, emit)?;
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(broken(reading.name, &e)),
        }
    }
    scanner.finish(emit)?;
    Ok(scanner.count)
}

/// Whether the beginning of a text is that of a search response.
fn is_response(prefix: &[u8]) -> bool {
    let (options, spare) = (ReadOptions::default(), Spare::default());
    let mut scanner = Scanner::new(Wanted::Hits, &options, &spare);
    for &byte in prefix {
        if scanner.step(byte, &mut |_| Ok(())).is_err() || scanner.foreign {
            return false;
        }
        if scanner.inside.is_some() {
            return true;
        }
        if scanner.depth == 0 && scanner.count > 0 {
            return false;
        }
    }
    false
}

/// What the next byte belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Outside of strings.
    Plain,
    /// In a string.
    String,
    /// In a string, after a backslash.
    Escape,
    /// In something invalid, up to the next white space.
    Stray,
}

struct Scanner<'a> {
    wanted: Wanted,
    options: &'a ReadOptions,
    spare: &'a Spare,
    depth: usize,
    state: State,
    /// The last string outside of elements; it is a key if a colon follows.
    word: Vec<u8>,
    /// The last key of each object or array that is open.
    keys: [Vec<u8>; KEYS],
    /// Whether a key was found that no search response has.
    foreign: bool,
    /// The answers that are open, each in the one before it.
    answers: Vec<OpenAnswer>,
    /// The depth of a list of answers that is open.
    list: Option<usize>,
    /// Inside of the list of elements: the depth at which they begin.
    inside: Option<usize>,
    /// Inside of an element: its length so far in bytes.
    element: Option<usize>,
    /// Whether the element has a string with a line feed in it.
    fed: bool,
    /// Elements begun so far. `first` is the number of the first one in `bytes`.
    count: u64,
    first: u64,
    bytes: Vec<u8>,
    /// The answers that are open, without their elements.
    shell: Vec<u8>,
}

/// An answer of a search, or what is around others, whose end was not read yet.
struct OpenAnswer {
    /// The depth of what is in it.
    depth: usize,
    /// Where it begins in the shell.
    from: usize,
    /// Elements before it.
    before: u64,
    /// Whether it has had a `hits.hits`, and whether answers are in it.
    had_hits: bool,
    around: bool,
    /// Whether it is one of several that belong to searches of their own.
    listed: bool,
}

/// Stands behind an element of which a line feed in a string was escaped. No JSON ends so.
pub(crate) const MENDED_FEED: u8 = 1;

/// The most bytes of a response that are kept without its elements.
const MAX_SHELL: usize = 4 << 20;

impl<'a> Scanner<'a> {
    fn new(wanted: Wanted, options: &'a ReadOptions, spare: &'a Spare) -> Self {
        Self {
            wanted,
            options,
            spare,
            depth: 0,
            state: State::Plain,
            word: Vec::new(),
            keys: std::array::from_fn(|_| Vec::new()),
            foreign: false,
            answers: Vec::new(),
            list: None,
            inside: (wanted == Wanted::Values).then_some(0),
            element: None,
            fed: false,
            count: 0,
            first: 0,
            bytes: Vec::new(),
            shell: Vec::new(),
        }
    }

    fn step(&mut self, byte: u8, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        if matches!(self.state, State::String | State::Escape) {
            match (byte, self.state) {
                // Blocks are cut at line feeds, so this one is escaped.
                (b'\n', State::String) => self.store_feed(b"\\n"),
                (b'\n', _) => self.store_feed(b"\\\\n"),
                _ => self.store(byte),
            }
            self.string_byte(byte);
            return Ok(());
        }
        if self.state == State::Stray {
            self.state = if byte.is_ascii_whitespace() { State::Plain } else { State::Stray };
            return Ok(());
        }
        match byte {
            // A byte-order mark between joined files.
            0xef | 0xbb | 0xbf if self.depth == 0 && self.element.is_none() => {}
            b' ' | b'\t' | b'\r' | b'\n' => {
                // At the top of the text a scalar ends with white space.
                if self.element.is_some() && self.inside == Some(self.depth) && self.depth == 0 {
                    return self.end_element(emit);
                }
                self.store(b' ');
            }
            b',' if self.inside == Some(self.depth) => return self.end_element(emit),
            b']' if self.inside == Some(self.depth) && self.depth > 0 => {
                self.end_element(emit)?;
                self.inside = None;
                self.store(byte);
                self.close(emit)?;
            }
            _ => {
                if self.inside == Some(self.depth) && self.element.is_none() {
                    self.element = Some(0);
                    self.count += 1;
                } else if self.depth == 0 && self.inside.is_none() && !self.opens_top(byte) {
                    return self.stray(emit);
                }
                self.store(byte);
                self.structure(byte, emit)?;
            }
        }
        Ok(())
    }

    /// Whether this byte may begin a value at the top of the text.
    fn opens_top(&self, byte: u8) -> bool {
        match self.wanted {
            Wanted::Hits | Wanted::Objects => byte == b'{',
            Wanted::Array => byte == b'[',
            Wanted::Values => true,
        }
    }

    fn string_byte(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            (State::String, b'"') => State::Plain,
            (State::String, b'\\') => State::Escape,
            _ => State::String,
        };
        if self.state != State::Plain && self.element.is_none() && self.word.len() < 64 {
            self.word.push(byte);
        }
    }

    fn structure(&mut self, byte: u8, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        match byte {
            b'"' => {
                self.state = State::String;
                self.word.clear();
            }
            b':' if self.element.is_none() && (1..=KEYS).contains(&self.depth) => {
                let key = std::mem::take(&mut self.word);
                let top = self.answers.last().is_some_and(|answer| answer.depth == self.depth);
                self.foreign |= top && !RESPONSE_KEYS.iter().any(|known| known.as_bytes() == key);
                self.keys[self.depth - 1] = key;
            }
            b'{' | b'[' => self.open(byte),
            b'}' | b']' => self.close(emit)?,
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, byte: u8) {
        self.depth += 1;
        if self.element.is_some() {
            return;
        }
        if let Some(key) = self.depth.checked_sub(1).and_then(|at| self.keys.get_mut(at)) {
            key.clear();
        }
        match self.wanted {
            Wanted::Hits if byte == b'{' => self.open_answer(),
            Wanted::Hits => self.open_list(),
            Wanted::Array if self.depth == 1 => self.inside = Some(1),
            Wanted::Objects if byte == b'[' && self.depth == 2 && self.key(1) == b"objects" => self.inside = Some(2),
            Wanted::Array | Wanted::Objects | Wanted::Values => {}
        }
    }

    /// The last key at a depth.
    fn key(&self, depth: usize) -> &[u8] {
        depth.checked_sub(1).and_then(|at| self.keys.get(at)).map_or(&[], Vec::as_slice)
    }

    /// Begins an answer, if this object is one.
    fn open_answer(&mut self) {
        let around = self.answers.last().map_or(0, |answer| answer.depth);
        let listed = self.list.is_some_and(|list| list + 1 == self.depth);
        let wrapped = around > 0 && self.depth == around + 1 && AROUND.contains(&self.key(around));
        if self.depth == 1 || listed || wrapped {
            self.answers.iter_mut().for_each(|answer| answer.around = true);
            let (from, before) = (self.shell.len().saturating_sub(1), self.count);
            self.answers.push(OpenAnswer { depth: self.depth, from, before, had_hits: false, around: false, listed });
        }
    }

    /// Begins the hits of an answer, or a list of answers, if this array is one.
    fn open_list(&mut self) {
        let depth = self.answers.last().map_or(0, |answer| answer.depth);
        let hits = self.depth == depth + 2 && self.key(depth) == b"hits" && self.key(depth + 1) == b"hits";
        if self.depth == depth + 1 && self.key(depth) == b"responses" {
            self.list = Some(self.depth);
        } else if let Some(answer) = self.answers.last_mut().filter(|_| hits) {
            answer.had_hits = true;
            self.inside = Some(self.depth);
        }
    }

    fn close(&mut self, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        self.depth = self.depth.saturating_sub(1);
        if self.element.is_some() {
            return if self.inside == Some(self.depth) { self.end_element(emit) } else { Ok(()) };
        }
        if self.list == Some(self.depth + 1) {
            self.list = None;
        }
        let Some(answer) = self.answers.pop_if(|answer| answer.depth == self.depth + 1) else { return Ok(()) };
        let shell = self.shell.get(answer.from..).unwrap_or_default();
        let facts = AnswerFacts { alone: answer.listed, ..AnswerFacts::read(shell, self.count - answer.before) };
        // What is around it stays JSON.
        self.shell.truncate(answer.from);
        self.shell.extend_from_slice(if self.depth > 0 { b"null" } else { b"" });
        if !answer.had_hits && !answer.around {
            self.count += 1;
            self.bad(BadReason::NoHits, emit)?;
        }
        emit(Piece::Answer(if answer.around { AnswerFacts { total: None, ..facts } } else { facts }))
    }

    /// Keeps a byte of the current element, as long as it is shorter than the longest line, or of the response around it.
    fn store(&mut self, byte: u8) {
        if let Some(len) = &mut self.element {
            *len += 1;
            if *len <= self.options.max_line {
                self.bytes.push(byte);
            }
        } else if self.wanted == Wanted::Hits && self.shell.len() < MAX_SHELL {
            self.shell.push(byte);
        }
    }

    /// Keeps the escape of a line feed in a string, which is no JSON: the element is marked as one that must be mended.
    fn store_feed(&mut self, escape: &[u8]) {
        self.fed |= self.element.is_some();
        for byte in escape {
            self.store(*byte);
        }
    }

    fn end_element(&mut self, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        if std::mem::take(&mut self.fed) {
            self.store(MENDED_FEED);
        }
        let Some(len) = self.element.take() else { return Ok(()) };
        if len > self.options.max_line {
            self.bytes.truncate(self.bytes.len() - self.options.max_line);
            return self.bad(BadReason::TooLong, emit);
        }
        self.bytes.push(b'\n');
        if self.bytes.len() >= self.options.block { self.flush(emit) } else { Ok(()) }
    }

    /// Reports an invalid byte in a place where a value should begin.
    fn stray(&mut self, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        self.state = State::Stray;
        self.count += 1;
        self.bad(BadReason::Malformed, emit)
    }

    /// Reports the current element as bad.
    fn bad(&mut self, reason: BadReason, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        self.flush(emit)?;
        self.first = self.count;
        emit(Piece::Bad(self.count.saturating_sub(1), reason))
    }

    fn flush(&mut self, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let first = std::mem::replace(&mut self.first, self.count);
        if self.bytes.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::replace(&mut self.bytes, self.spare.take(self.options.block));
        emit(Piece::Block(Block { layout: Layout::Elements, first, bytes }))
    }

    fn finish(&mut self, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let open_string = matches!(self.state, State::String | State::Escape);
        let scalar = self.depth == 0 && !open_string && self.inside == Some(0);
        if self.element.is_some() && scalar {
            self.end_element(emit)?;
        } else if self.element.take().is_some() {
            let start = memchr::memrchr(b'\n', &self.bytes).map_or(0, |i| i + 1);
            self.bytes.truncate(start);
            return self.bad(BadReason::Truncated, emit);
        } else if self.depth > 0 || open_string {
            self.flush(emit)?;
            self.count += 1;
            return self.bad(BadReason::Truncated, emit);
        }
        self.flush(emit)
    }
}
