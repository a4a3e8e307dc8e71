//! The invented machines and their processes: pids, start times, and the log.

use super::ecs::Stamp;
use super::rng::Rng;
use std::collections::BTreeSet;

/// Milliseconds since 1970.
pub(super) type Millis = i64;

/// The instant 2021-03-31T00:00:00Z.
const MARCH_31: Millis = 1_617_148_800_000;

pub(super) const SECOND: Millis = 1_000;

pub(super) const MINUTE: Millis = 60 * SECOND;

pub(super) const HOUR: Millis = 60 * MINUTE;

/// An instant in April 2021; day 0 is 31 March.
pub(super) const fn april(day: i64, hour: i64, minute: i64, second: i64) -> Millis {
    MARCH_31 + day * 24 * HOUR + hour * HOUR + minute * MINUTE + second * SECOND
}

/// A monitored machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Machine {
    /// The machine of the hunts.
    Host101,
    /// A second machine whose records are in the same index, with many of the same pids.
    Host102,
}

impl Machine {
    /// The value of `host.name`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Host101 => "host101",
            Self::Host102 => "host102",
        }
    }

    pub(super) fn address(self) -> &'static str {
        match self {
            Self::Host101 => "10.0.101.15",
            Self::Host102 => "10.0.102.7",
        }
    }

    /// The part of process GUIDs that differs between machines.
    fn guid_part(self) -> u32 {
        match self {
            Self::Host101 => 0x1c6e_a81f,
            Self::Host102 => 0x5d02_9be4,
        }
    }
}

/// The account of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Account {
    /// The system itself.
    System,
    /// Services without a network identity.
    LocalService,
    /// Services with a network identity.
    NetworkService,
    /// The user of the machine.
    Person,
}

impl Account {
    /// The values of `user.domain` and `user.name`.
    pub(super) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::System => ("NT AUTHORITY", "SYSTEM"),
            Self::LocalService => ("NT AUTHORITY", "LOCAL SERVICE"),
            Self::NetworkService => ("NT AUTHORITY", "NETWORK SERVICE"),
            Self::Person => ("CORP", "mkeller"),
        }
    }
}

/// A program to run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program<'a> {
    /// Path of the executable.
    pub(super) image: &'a str,
    pub(super) command: &'a str,
    pub(super) account: Account,
}

pub(super) const fn program<'a>(image: &'a str, command: &'a str, account: Account) -> Program<'a> {
    Program { image, command, account }
}

/// A process, by its place in the world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct ProcessId(pub(super) usize);

/// The facts about a process.
#[derive(Clone, Debug)]
pub(super) struct Process {
    /// The machine that it runs on.
    pub(super) machine: Machine,
    pub(super) pid: u32,
    /// The GUID, in lower case with braces.
    pub(super) guid: String,
    /// The executable as most records spell it.
    pub(super) image: String,
    /// The executable as the creation record of the process, and those of its children, spell it.
    pub(super) birth_image: String,
    pub(super) command: String,
    pub(super) account: Account,
}

/// All processes, and the log so far.
#[derive(Debug)]
pub(super) struct World {
    /// The random numbers, the same in every run.
    pub(super) rng: Rng,
    /// While set, records have GUIDs in upper case, as some shippers write them.
    pub(super) upper_ids: bool,
    /// Whether records have process GUIDs at all.
    with_ids: bool,
    processes: Vec<Process>,
    pids: BTreeSet<(Machine, u32)>,
    lines: Vec<(Millis, String)>,
    ports: u32,
}

impl World {
    /// An empty world. Pids in `reserved` are used only on request.
    pub(super) fn new(with_ids: bool, reserved: &[u32]) -> Self {
        let pids = reserved.iter().map(|pid| (Machine::Host101, *pid)).collect();
        Self { rng: Rng::new(101), upper_ids: false, with_ids, processes: Vec::new(), pids, lines: Vec::new(), ports: 0 }
    }

    /// A process. Its pid is one that no other process of the machine has, unless `pid` is given. Nothing is logged.
    ///
    /// A pid may be used again only for a process whose creation is logged, after the last record of the process
    /// before. Only then do host, pid and life identify the same process as the GUID.
    pub(super) fn running(&mut self, machine: Machine, program: Program<'_>, pid: Option<u32>, born: Millis) -> ProcessId {
        let pid = pid.unwrap_or_else(|| self.free_pid(machine));
        self.pids.insert((machine, pid));
        let number = self.processes.len() as u64 + 0x40;
        let seconds = (born / SECOND) as u32;
        let guid = format!(
            "{{{:08x}-{:04x}-{:04x}-{:02x}{:02x}-000000000{}00}}",
            machine.guid_part(),
            seconds & 0xffff,
            seconds >> 16,
            number & 0xff,
            number >> 8,
            if machine == Machine::Host101 { 7 } else { 5 },
        );
        self.processes.push(Process {
            machine,
            pid,
            guid,
            image: program.image.to_owned(),
            birth_image: program.image.to_owned(),
            command: program.command.to_owned(),
            account: program.account,
        });
        ProcessId(self.processes.len() - 1)
    }

    fn free_pid(&mut self, machine: Machine) -> u32 {
        loop {
            let pid = self.rng.within(300, 7_900) as u32 * 4;
            if !self.pids.contains(&(machine, pid)) {
                return pid;
            }
        }
    }

    pub(super) fn process(&self, id: ProcessId) -> &Process {
        &self.processes[id.0]
    }

    /// Makes the creation record spell the executable in another way.
    pub(super) fn set_birth_image(&mut self, id: ProcessId, image: &str) {
        image.clone_into(&mut self.processes[id.0].birth_image);
    }

    /// The GUID as the current record spells it; `None` in a world without GUIDs.
    pub(super) fn entity_id(&self, process: &Process) -> Option<String> {
        let spelled = if self.upper_ids { process.guid.to_ascii_uppercase() } else { process.guid.clone() };
        self.with_ids.then_some(spelled)
    }

    /// A source port that the next 15,000 flows do not use.
    pub(super) fn port(&mut self) -> u16 {
        self.ports = (self.ports + 1) % 15_000;
        49_700 + self.ports as u16
    }

    /// Adds a line to the log.
    pub(super) fn log(&mut self, time: Stamp, line: String) {
        self.lines.push((time.0, line));
    }

    /// The log, sorted by time.
    pub(super) fn into_lines(mut self) -> Vec<String> {
        self.lines.sort_by_key(|(time, _)| *time);
        self.lines.into_iter().map(|(_, line)| line).collect()
    }
}

/// The part after the last backslash; `None` without a backslash, as in Sysmon's pipeline.
pub(super) fn base_name(path: &str) -> Option<&str> {
    path.rsplit_once('\\').map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn april_counts_from_the_last_of_march() {
        assert_eq!(Stamp(april(0, 23, 55, 0)).to_string(), "2021-03-31T23:55:00.000Z");
        assert_eq!(Stamp(april(6, 0, 5, 0)).to_string(), "2021-04-06T00:05:00.000Z");
    }

    #[test]
    fn pids_are_given_once_and_guids_never_repeat() {
        let mut world = World::new(true, &[1200]);
        let it = program("C:\\a.exe", "a", Account::System);
        let ids: Vec<ProcessId> = (0..3000).map(|_| world.running(Machine::Host101, it, None, april(1, 0, 0, 0))).collect();
        let pids: BTreeSet<u32> = ids.iter().map(|id| world.process(*id).pid).collect();
        let guids: BTreeSet<&str> = ids.iter().map(|id| world.process(*id).guid.as_str()).collect();
        assert_eq!((pids.len(), guids.len(), pids.contains(&1200)), (3000, 3000, false));
        assert!(guids.iter().all(|guid| guid.len() == 38), "{guids:?}");
    }

    #[test]
    fn base_names_need_a_backslash() {
        assert_eq!(base_name("C:\\Windows\\a.exe"), Some("a.exe"));
        assert_eq!(base_name("System"), None);
    }
}
