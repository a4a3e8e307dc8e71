//! The machine of the hunts: three boots, each with its service hosts, a shell and the programs of its user.

use super::services::{BEFORE_MONITOR, BOOT, DEMAND, SCHEDULER};
use super::world::{Account, HOUR, MINUTE, Machine, Millis, ProcessId, Program, SECOND, World, april, program};

/// The first instant of the log, and the first one after it.
pub(super) const LOG: (Millis, Millis) = (april(0, 22, 0, 0), april(6, 2, 0, 0));

/// The window of the hunt for scheduled tasks.
pub(super) const DAY: (Millis, Millis) = (april(3, 0, 0, 0), april(4, 0, 0, 0));

/// Path of the service host's executable.
const SVCHOST: &str = "C:\\Windows\\System32\\svchost.exe";

/// The service hosts of the first boot that occur only as parents in the log.
pub(super) const ONLY_PARENTS: [usize; 5] = [0, 4, 5, 6, 7];

/// The time from a start to the next shutdown.
#[derive(Debug)]
pub(super) struct Boot {
    /// When the monitor starts in it.
    pub(super) from: Millis,
    pub(super) to: Millis,
    /// `services.exe`, which is always older than the monitor.
    pub(super) services: ProcessId,
    /// The service hosts, in the order of [`BOOT`].
    pub(super) hosts: Vec<ProcessId>,
    /// `explorer.exe`.
    pub(super) shell: ProcessId,
}

impl Boot {
    /// The service host of the task scheduler.
    pub(super) fn scheduler(&self) -> ProcessId {
        self.hosts[SCHEDULER]
    }

    /// The service host that starts COM servers.
    pub(super) fn launcher(&self) -> ProcessId {
        self.hosts[0]
    }

    /// The service host of a service.
    pub(super) fn host(&self, group: &str) -> ProcessId {
        let index = BOOT.iter().position(|line| *line == group).unwrap_or(SCHEDULER);
        self.hosts[index]
    }

    /// Whether the machine runs in this boot at an instant.
    pub(super) fn runs_at(&self, time: Millis) -> bool {
        (self.from..self.to).contains(&time)
    }
}

/// Starts the machine three times.
pub(super) fn boots(world: &mut World) -> [Boot; 3] {
    let first = first_boot(world);
    let second = later_boot(world, april(3, 14, 0, 20), april(5, 6, 30, 0), &first.hosts, true);
    let third = later_boot(world, april(5, 6, 41, 0), LOG.1, &[], false);
    let boots = [first, second, third];
    demand_starts(world, &boots);
    seen_in_the_day(world, &boots);
    boots
}

/// The machine has been on since the week before. Of its start nothing is logged, except a shell that crashed and was
/// started again.
fn first_boot(world: &mut World) -> Boot {
    let born = april(-2, 6, 58, 0);
    let services = running_services(world, born);
    let hosts: Vec<ProcessId> = BOOT.iter().map(|group| running_host(world, group, None, born + 7 * SECOND)).collect();
    let shell = program(
        "C:\\Windows\\explorer.exe",
        "C:\\Windows\\explorer.exe /factory,{75dff2b7-6936-4c06-a8bb-676a7b00b24b} -Embedding",
        Account::Person,
    );
    let shell = world.spawn(hosts[0], shell, april(1, 8, 12, 4));
    Boot { from: LOG.0, to: april(3, 13, 50, 0), services, hosts, shell }
}

/// A restart while the monitor runs. Some pids of `old` are used again. With `odd` the creation record of the scheduler
/// spells its executable in another way.
fn later_boot(world: &mut World, from: Millis, to: Millis, old: &[ProcessId], odd: bool) -> Boot {
    let services = running_services(world, from - 9 * SECOND);
    let winlogon = program("C:\\Windows\\System32\\winlogon.exe", "winlogon.exe", Account::System);
    let winlogon = world.running(Machine::Host101, winlogon, None, from - 9 * SECOND);
    let mut hosts = Vec::new();
    for (index, group) in BOOT.iter().enumerate() {
        // Six service hosts get pids that others had before the restart.
        let pid = old.get(index + 10).filter(|_| (40..46).contains(&index)).map(|id| world.process(*id).pid);
        let time = from + 2 * SECOND + index as i64 * 157;
        let host = running_host(world, group, pid, time);
        if index == SCHEDULER && odd {
            world.set_birth_image(host, "C:\\Windows\\System32\\SvcHost.exe");
        }
        if index >= BEFORE_MONITOR {
            world.birth(host, services, time);
        }
        hosts.push(host);
    }
    let userinit = program("C:\\Windows\\System32\\userinit.exe", "C:\\Windows\\system32\\userinit.exe", Account::Person);
    let userinit = world.spawn(winlogon, userinit, from + 3 * MINUTE);
    let shell = program("C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE", Account::Person);
    let shell = world.spawn(userinit, shell, from + 3 * MINUTE + 400);
    world.exit(userinit, from + 4 * MINUTE);
    Boot { from, to, services, hosts, shell }
}

fn running_services(world: &mut World, born: Millis) -> ProcessId {
    let services = program("C:\\Windows\\System32\\services.exe", "C:\\Windows\\system32\\services.exe", Account::System);
    world.running(Machine::Host101, services, None, born)
}

fn running_host(world: &mut World, group: &str, pid: Option<u32>, born: Millis) -> ProcessId {
    let command = host_command(group);
    world.running(Machine::Host101, host_program(group, &command), pid, born)
}

fn host_command(group: &str) -> String {
    format!("C:\\Windows\\system32\\svchost.exe -k {group}")
}

fn host_program<'a>(group: &str, command: &'a str) -> Program<'a> {
    let account = if group.starts_with("LocalService") {
        Account::LocalService
    } else if group.starts_with("NetworkService") {
        Account::NetworkService
    } else {
        Account::System
    };
    program(SVCHOST, command, account)
}

/// Services that start on demand and stop again: 26 in the day of the hunt, the last of them in its last millisecond.
/// The one a millisecond later belongs to the next day.
fn demand_starts(world: &mut World, boots: &[Boot; 3]) {
    let mut starts: Vec<Millis> = (0..13).map(|i| DAY.0 + 20 * MINUTE + i * HOUR).collect();
    starts.extend((0..12).map(|i| april(3, 14, 20, 0) + i * 42 * MINUTE));
    starts.extend([DAY.1 - 1, DAY.1]);
    for day in [0, 1, 2, 4, 5] {
        starts.extend((0..12).map(|i| april(day, 1, 7, 0) + i * 2 * HOUR).filter(|time| *time > LOG.0 && *time < LOG.1));
    }
    for (index, time) in starts.into_iter().enumerate() {
        let Some(boot) = boots.iter().find(|boot| boot.runs_at(time)) else { continue };
        let group = DEMAND[index % DEMAND.len()];
        let command = host_command(group);
        let host = world.spawn(boot.services, host_program(group, &command), time);
        world.registry(host, time + 300, "HKLM\\System\\CurrentControlSet\\Services\\Tcpip\\Parameters", None);
        world.exit(host, time + 12 * MINUTE);
    }
}

/// Makes every service host of the first two boots occur in the day: in an event of its own, or as the parent in one of a child.
fn seen_in_the_day(world: &mut World, boots: &[Boot; 3]) {
    let children = [
        (
            "C:\\Windows\\System32\\dllhost.exe",
            "C:\\Windows\\system32\\DllHost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}",
        ),
        ("C:\\Windows\\System32\\consent.exe", "consent.exe 6124 288 000001E5A8433A60"),
        ("C:\\Windows\\System32\\sihost.exe", "sihost.exe"),
        ("C:\\Windows\\System32\\UsoClient.exe", "C:\\Windows\\system32\\UsoClient.exe StartScan"),
        ("C:\\Windows\\System32\\ctfmon.exe", "\"ctfmon.exe\""),
    ];
    for (index, (image, command)) in ONLY_PARENTS.into_iter().zip(children) {
        let time = april(3, 9, 0, 0) + index as i64 * 3 * MINUTE;
        let child = world.spawn(boots[0].hosts[index], program(image, command, Account::Person), time);
        world.exit(child, time + 40 * SECOND);
    }
    let own = |index: &usize| !ONLY_PARENTS.contains(index);
    for index in (0..BOOT.len()).filter(own) {
        let time = DAY.0 + 5 * MINUTE + index as i64 * 9 * MINUTE + 13;
        world.registry(boots[0].hosts[index], time, "HKLM\\System\\CurrentControlSet\\Services\\bam\\State", None);
    }
    for index in (0..BEFORE_MONITOR).chain([SCHEDULER]) {
        let time = april(3, 14, 30, 0) + index as i64 * MINUTE;
        world.registry(boots[1].hosts[index], time, "HKLM\\System\\CurrentControlSet\\Services\\bam\\State", None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_hosts_add_up_with_the_demand_starts() {
        assert_eq!(BOOT.len() * 2 + 26, 182, "the decoy scheduler makes 183");
        let distinct: std::collections::BTreeSet<&&str> = BOOT.iter().chain(DEMAND).collect();
        assert_eq!(distinct.len(), BOOT.len() + DEMAND.len());
        assert_eq!(BOOT[SCHEDULER], "netsvcs -p -s Schedule");
    }
}
