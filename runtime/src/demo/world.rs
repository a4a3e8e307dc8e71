//! The made-up machines and their processes: who has which pid, when it was born, and the log they leave.

use super::ecs::Stamp;
use super::rng::Rng;
use std::collections::BTreeSet;

/// Milliseconds since 1970.
pub(super) type Millis = i64;

/// 2021-03-31T00:00:00Z.
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
    /// A stray one whose records reach the same index, with many of the same pids.
    Host102,
}

impl Machine {
    /// `host.name`
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

    /// The part of process GUIDs that tells machines apart.
    fn guid_part(self) -> u32 {
        match self {
            Self::Host101 => 0x1c6e_a81f,
            Self::Host102 => 0x5d02_9be4,
        }
    }
}

/// Who runs a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Account {
    /// The machine itself.
    System,
    /// Services without a network identity.
    LocalService,
    /// Services with one.
    NetworkService,
    /// The person at the machine.
    Person,
}

impl Account {
    /// `user.domain`, `user.name`
    pub(super) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::System => ("NT AUTHORITY", "SYSTEM"),
            Self::LocalService => ("NT AUTHORITY", "LOCAL SERVICE"),
            Self::NetworkService => ("NT AUTHORITY", "NETWORK SERVICE"),
            Self::Person => ("CORP", "mkeller"),
        }
    }
}

/// What is run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program<'a> {
    /// The path of the executable.
    pub(super) image: &'a str,
    /// The command line.
    pub(super) command: &'a str,
    pub(super) account: Account,
}

pub(super) const fn program<'a>(image: &'a str, command: &'a str, account: Account) -> Program<'a> {
    Program { image, command, account }
}

/// A process of the world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct ProcessId(pub(super) usize);

/// What the monitor knows of a process.
#[derive(Clone, Debug)]
pub(super) struct Process {
    /// Where it runs.
    pub(super) machine: Machine,
    pub(super) pid: u32,
    /// Its GUID, in lower case with braces.
    pub(super) guid: String,
    /// The executable as most records name it.
    pub(super) image: String,
    /// The executable as its creation record, and those of its children, name it.
    pub(super) birth_image: String,
    /// The command line.
    pub(super) command: String,
    pub(super) account: Account,
}

/// All processes and the log so far.
#[derive(Debug)]
pub(super) struct World {
    /// Chance, always the same.
    pub(super) rng: Rng,
    /// While set, records spell GUIDs in upper case, as some shippers do.
    pub(super) upper_ids: bool,
    /// Whether records carry process GUIDs at all.
    with_ids: bool,
    processes: Vec<Process>,
    pids: BTreeSet<(Machine, u32)>,
    lines: Vec<(Millis, String)>,
    ports: u32,
}

impl World {
    /// An empty world in which `reserved` pids are given only on request.
    pub(super) fn new(with_ids: bool, reserved: &[u32]) -> Self {
        let pids = reserved.iter().map(|pid| (Machine::Host101, *pid)).collect();
        Self { rng: Rng::new(101), upper_ids: false, with_ids, processes: Vec::new(), pids, lines: Vec::new(), ports: 0 }
    }

    /// A process, with a pid that no other process of the machine has unless one is asked for. Nothing is logged.
    ///
    /// The same pid may be given again only to a process whose birth is logged, after the last record of the one
    /// before: only so does host, pid and life name the same process as the GUID does.
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

    /// Has the creation record spell the executable in another way.
    pub(super) fn set_birth_image(&mut self, id: ProcessId, image: &str) {
        image.clone_into(&mut self.processes[id.0].birth_image);
    }

    /// The GUID as the record at hand spells it; none in a world without.
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

    /// The log in the order of time.
    pub(super) fn into_lines(mut self) -> Vec<String> {
        self.lines.sort_by_key(|(time, _)| *time);
        self.lines.into_iter().map(|(_, line)| line).collect()
    }
}

/// What follows the last backslash; nothing where there is none, as Sysmon's pipeline has it.
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
