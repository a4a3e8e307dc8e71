//! The conversation with a command: it gets its input, answers line by line, and ends. Whatever it does, it neither holds
//! the hunt up beyond the time limit nor fills its memory: threads that wait for a pipe are left alone, because a program
//! that the command started may keep the pipe open for as long as it likes.

use crate::allowance::{Allowance, Lent};
use crate::process_group;
use crate::source::SourceError;
use crate::source::repair::{self, Flaw};
use serde::Deserialize;
use std::fmt::Display;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest message of a command that is repeated to the user, in bytes.
const MESSAGE: usize = 4_096;
/// What is kept of that which a program prints whose answer is in files, in bytes.
const LOG: usize = 16 << 10;
/// The longest line of an answer, in bytes.
const LINE: u64 = 16 << 20;
/// The most lines that wait to be read.
const WAITING: usize = 256;
/// How often the limits are looked at while the command is silent.
const POLL: Duration = Duration::from_millis(50);
/// How long the last words on standard error are waited for after the command ended.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// What a byte of an answer takes as JSON in memory, roughly.
const TIMES: usize = 8;

/// What a line of an answer holds.
pub(super) type AnswerFields = serde_json::Map<String, serde_json::Value>;

/// One line of an answer.
pub(super) struct AnswerLine {
    pub(super) fields: AnswerFields,
    /// Its number, from 1, empty lines not counted.
    pub(super) number: usize,
    /// The first flaw of it that was mended: commands repeat what attackers wrote into a log.
    pub(super) flaw: Option<Flaw>,
}

/// What a command may do, and how its failures are told.
pub(super) struct Talk<'a> {
    pub(super) allowance: &'a Allowance,
    pub(super) timeout: Duration,
    /// How many rows it may answer.
    pub(super) most: usize,
    pub(super) failed: &'a dyn Fn(&dyn Display) -> SourceError,
}

/// What a command answered, and how it ended.
pub(super) struct Finished {
    pub(super) answers: Vec<AnswerLine>,
    /// `None`: it was ended after more answers than there are rows.
    pub(super) status: Option<ExitStatus>,
    /// The beginning of what it wrote to standard error.
    pub(super) complaint: String,
}

/// Sends `input`, and reads answers until the command ends.
pub(super) fn converse(talk: &Talk<'_>, mut child: Child, input: Vec<u8>) -> Result<Finished, SourceError> {
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
        return Err((talk.failed)(&"the command has no pipes"));
    };
    // Input is written by another thread, so that neither side waits for the other.
    std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let complaint: Arc<Mutex<Vec<u8>>> = Arc::default();
    let silent = listen(stderr, Arc::clone(&complaint), Keep::Beginning);
    let lines = lines_of(stdout);
    let deadline = Instant::now() + talk.timeout;
    let said = collect(talk, &lines, deadline).and_then(|answers| {
        let status = if answers.len() > talk.most { None } else { Some(end(talk, &mut child, deadline)?) };
        Ok((answers, status))
    });
    if !matches!(said, Ok((_, Some(_)))) {
        process_group::kill(&mut child);
    }
    let (answers, status) = said?;
    let _ = silent.recv_timeout(LAST_WORDS);
    let complaint = String::from_utf8_lossy(&complaint.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    Ok(Finished { answers, status, complaint })
}

/// How a program ended that leaves its answer in files.
pub(super) struct Attended {
    pub(super) status: ExitStatus,
    /// The end of what it printed.
    pub(super) log: String,
}

/// Waits until a program ends. `within` fails once it has written more than it may.
pub(super) fn attend(
    talk: &Talk<'_>,
    mut child: Child,
    within: &dyn Fn() -> Result<(), SourceError>,
) -> Result<Attended, SourceError> {
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err((talk.failed)(&"the program has no pipes"));
    };
    let log: Arc<Mutex<Vec<u8>>> = Arc::default();
    let silent = [listen(stdout, Arc::clone(&log), Keep::End), listen(stderr, Arc::clone(&log), Keep::End)];
    let status = end_within(talk, &mut child, Instant::now() + talk.timeout, within);
    if status.is_err() {
        process_group::kill(&mut child);
    }
    let status = status?;
    for silent in silent {
        let _ = silent.recv_timeout(LAST_WORDS);
    }
    let log = String::from_utf8_lossy(&log.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    Ok(Attended { status, log })
}

/// Which part of what is printed is kept.
#[derive(Clone, Copy)]
enum Keep {
    /// Up to [`MESSAGE`].
    Beginning,
    /// Up to [`LOG`].
    End,
}

/// Keeps a part of what is written to a pipe. The receiver hears when there is no more.
fn listen(mut pipe: impl Read + Send + 'static, kept: Arc<Mutex<Vec<u8>>>, keep: Keep) -> Receiver<()> {
    let (done, heard) = sync_channel(1);
    std::thread::spawn(move || {
        let mut chunk = [0; MESSAGE];
        while let Ok(read @ 1..) = pipe.read(&mut chunk) {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            match keep {
                Keep::Beginning => {
                    let room = MESSAGE.saturating_sub(kept.len());
                    kept.extend_from_slice(chunk.get(..read.min(room)).unwrap_or_default());
                }
                Keep::End => {
                    kept.extend_from_slice(chunk.get(..read).unwrap_or_default());
                    let over = kept.len().saturating_sub(LOG);
                    kept.drain(..over);
                }
            }
        }
        let _ = done.send(());
    });
    heard
}

/// The lines that are written to a pipe. A line that is too long is the last one, without its end.
fn lines_of(pipe: ChildStdout) -> Receiver<std::io::Result<Vec<u8>>> {
    let (sender, lines) = sync_channel(WAITING);
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        while let Some(line) = line_of(&mut pipe).transpose() {
            let last = line.as_ref().map_or(true, |line| is_cut(line));
            if sender.send(line).is_err() || last {
                break;
            }
        }
    });
    lines
}

/// The next line, with its end; `None` behind the last one.
pub(super) fn line_of(pipe: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = pipe.take(LINE).read_until(b'\n', &mut line)?;
    Ok((read > 0).then_some(line))
}

/// Whether a line is longer than what is read of it.
fn is_cut(line: &[u8]) -> bool {
    line.len() as u64 == LINE && !line.ends_with(b"\n")
}

fn collect(talk: &Talk<'_>, lines: &Receiver<std::io::Result<Vec<u8>>>, deadline: Instant) -> Result<Vec<AnswerLine>, SourceError> {
    let mut answers = Vec::new();
    let mut memory = talk.allowance.lend("the answer of an analytic");
    loop {
        in_time(talk, deadline)?;
        match lines.recv_timeout(POLL) {
            Ok(line) => {
                let line = line.map_err(|e| (talk.failed)(&e))?;
                answers.extend(answer(talk, &line, answers.len() + 1, &mut memory)?);
                if answers.len() > talk.most {
                    return Ok(answers);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(answers),
        }
    }
}

/// The answer in a line; `None` in an empty one.
pub(super) fn answer(
    talk: &Talk<'_>,
    line: &[u8],
    number: usize,
    memory: &mut Lent<'_>,
) -> Result<Option<AnswerLine>, SourceError> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    if is_cut(line) {
        return Err((talk.failed)(&"a line of its answer has more than 16 MB"));
    }
    memory.grow(TIMES * line.len())?;
    let refused = match serde_json::from_slice(line) {
        Ok(fields) => return Ok(Some(AnswerLine { fields, number, flaw: None })),
        Err(refused) => refused,
    };
    let mended = repair::json(line).and_then(|repaired| {
        let mut json = serde_json::Deserializer::from_str(&repaired.json);
        // What was mended is not nested too deep, and the limit is more than that of the library.
        json.disable_recursion_limit();
        let fields = AnswerFields::deserialize(&mut json).ok().filter(|_| json.end().is_ok())?;
        Some(AnswerLine { fields, number, flaw: repaired.flaws.first().map(|(_, flaw)| *flaw) })
    });
    mended
        .map(Some)
        .ok_or_else(|| (talk.failed)(&format_args!("line {number} of its answer is no JSON object")).note(refused.to_string()))
}

fn in_time(talk: &Talk<'_>, deadline: Instant) -> Result<(), SourceError> {
    talk.allowance.check()?;
    if Instant::now() > deadline {
        return Err((talk.failed)(&format_args!("no end after {} seconds", talk.timeout.as_secs())));
    }
    Ok(())
}

/// How the command ends. It may go on after it closed its standard output, but not for longer than it has time.
fn end(talk: &Talk<'_>, child: &mut Child, deadline: Instant) -> Result<ExitStatus, SourceError> {
    end_within(talk, child, deadline, &|| Ok(()))
}

fn end_within(
    talk: &Talk<'_>,
    child: &mut Child,
    deadline: Instant,
    within: &dyn Fn() -> Result<(), SourceError>,
) -> Result<ExitStatus, SourceError> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait().map_err(|e| (talk.failed)(&e))? {
            return Ok(status);
        }
        in_time(talk, deadline)?;
        within()?;
        std::thread::sleep(pause);
        pause = (pause * 2).min(POLL);
    }
}
