//! An event of the audit log: its lines, and the values in them.

use super::pairs::AuditLine;
use foldhash::HashMap;

/// The lines of an event that came so far.
pub(super) struct AuditEvent {
    pub(super) node: Option<String>,
    pub(super) time: String,
    pub(super) serial: String,
    pub(super) lines: Vec<(String, Vec<(String, String)>)>,
    /// The bytes of its lines.
    pub(super) length: usize,
}

impl AuditEvent {
    pub(super) fn new(line: &AuditLine<'_>) -> Self {
        let (time, serial) = (line.time.to_owned(), line.serial.to_owned());
        let mut event = Self { node: line.node.map(str::to_owned), time, serial, lines: Vec::new(), length: 0 };
        event.add(line);
        event
    }

    pub(super) fn is_of(&self, line: &AuditLine<'_>) -> bool {
        (self.node.as_deref(), self.time.as_str(), self.serial.as_str()) == (line.node, line.time, line.serial)
    }

    pub(super) fn add(&mut self, line: &AuditLine<'_>) {
        self.lines.push((line.kind.to_owned(), line.pairs()));
        self.length += line.length();
    }

    /// Whether its last line came: the mark of an end, or one that stands alone.
    pub(super) fn is_whole(&self) -> bool {
        let last = self.lines.last().map_or("", |(kind, _)| kind.as_str());
        last == END || last == "PROCTITLE" || self.lines.iter().any(|(kind, _)| stands_alone(kind))
    }

    /// What it is called: its first line that is no system call says more than the call.
    pub(super) fn kind(&self) -> &str {
        let first = self.lines.first().map_or("", |(kind, _)| kind.as_str());
        if CALLS.contains(&first) { "SYSCALL" } else { first }
    }

    pub(super) fn of(&self, kind: &str) -> impl Iterator<Item = &Vec<(String, String)>> {
        self.lines.iter().filter(move |(own, _)| own == kind).map(|(_, pairs)| pairs)
    }

    /// The first value of a key in lines of a kind.
    pub(super) fn value(&self, kind: &str, key: &str) -> Option<&str> {
        self.of(kind).find_map(|pairs| get(pairs, key))
    }

    /// The first value of a key in any line but those about files and arguments, which have keys of their own.
    pub(super) fn any(&self, key: &str) -> Option<&str> {
        self.others().find_map(|pairs| get(pairs, key))
    }

    /// [`Self::any`] of each key.
    pub(super) fn firsts(&self) -> HashMap<&str, &str> {
        let mut firsts = HashMap::default();
        for (key, value) in self.others().flatten() {
            firsts.entry(key.as_str()).or_insert(value.as_str());
        }
        firsts
    }

    /// The values of lines but those about files and arguments.
    fn others(&self) -> impl Iterator<Item = &Vec<(String, String)>> {
        self.lines.iter().filter(|(kind, _)| !matches!(kind.as_str(), "PATH" | "EXECVE")).map(|(_, pairs)| pairs)
    }
}

/// The line that ends an event. It holds nothing.
pub(super) const END: &str = "EOE";

/// Lines that belong to a system call.
const CALLS: [&str; 7] = ["SYSCALL", "EXECVE", "CWD", "PATH", "SOCKADDR", "PROCTITLE", END];

pub(super) fn get<'p>(pairs: &'p [(String, String)], key: &str) -> Option<&'p str> {
    pairs.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
}

/// Whether an id is one: those that were never set are all ones.
pub(super) fn is_set(id: &str) -> bool {
    !matches!(id, "4294967295" | "-1" | "unset")
}

/// Messages of programs and of the daemon are one line each.
fn stands_alone(kind: &str) -> bool {
    let of_programs = ["USER_", "CRED_", "SERVICE_", "DAEMON_", "CRYPTO_", "SYSTEM_", "ADD_", "DEL_", "GRP_", "ACCT_"];
    of_programs.iter().any(|start| kind.starts_with(start))
}
