//! Pids that are used again, on the same machine and on a second one, so that a pid alone identifies nothing.

use super::events::tcp;
use super::host101::Boot;
use super::scheduled::Run;
use super::tracking::{BROWSERS, CHILD, Cast};
use super::world::{Account, HOUR, MINUTE, Machine, Millis, ProcessId, Program, SECOND, World, april, program};

const CMD: Program<'static> = program("C:\\Windows\\System32\\cmd.exe", "cmd.exe /c status.cmd", Account::Person);
const WHOAMI: Program<'static> = program("C:\\Windows\\System32\\whoami.exe", "whoami /all", Account::Person);
const EDGE: Program<'static> = program(
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
    "\"C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe\" --type=renderer",
    Account::Person,
);
const CHROME: Program<'static> =
    program("C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe", "chrome.exe --type=utility", Account::Person);
const SPOOLER: Program<'static> =
    program("C:\\Windows\\System32\\spoolsv.exe", "C:\\Windows\\System32\\spoolsv.exe", Account::System);

/// What a process with a reused pid does.
#[derive(Clone, Copy)]
struct Deeds {
    children: i64,
    flows: i64,
    files: i64,
}

/// Writes all processes with reused pids.
pub(super) fn write(world: &mut World, boots: &[Boot; 3], runs: &[Run], cast: Cast) {
    let pid = |world: &World, id: ProcessId| world.process(id).pid;
    let (first, second) = (&boots[0], &boots[1]);

    // The pids of the schedulers: that of the first boot is used after the restart, that of the second before it.
    let scheduler = pid(world, first.scheduler());
    again(world, second.shell, EDGE, scheduler, april(3, 15, 10, 0), Deeds { children: 4, flows: 1, files: 1 });
    let scheduler = pid(world, second.scheduler());
    again(world, first.shell, CMD, scheduler, april(3, 4, 0, 0), Deeds { children: 2, flows: 0, files: 1 });

    // The pids of a run of amcet.exe, and of the console of another run, hours later.
    if let [_, run, other, ..] = runs {
        let amcet = pid(world, run.amcet);
        again(world, first.shell, EDGE, amcet, april(3, 8, 30, 0), Deeds { children: 2, flows: 5, files: 0 });
        let console = pid(world, other.console);
        again(world, first.shell, CMD, console, april(3, 9, 10, 0), Deeds { children: 1, flows: 1, files: 3 });
    }

    // The pids of a download, of the shell, and of its parent, whose own start is older than the log.
    let download = pid(world, cast.download);
    again(world, first.shell, CMD, download, april(1, 16, 0, 0), Deeds { children: 1, flows: 0, files: 0 });
    let shell = pid(world, first.shell);
    again(world, second.services, CHROME, shell, april(3, 17, 0, 0), Deeds { children: 1, flows: 6, files: 0 });
    let launcher = pid(world, first.launcher());
    again(world, second.services, SPOOLER, launcher, april(3, 14, 1, 30), Deeds { children: 0, flows: 0, files: 2 });

    // The pids of the browser and of its child, two days later.
    again(world, second.shell, CMD, BROWSERS[0], april(4, 15, 0, 0), Deeds { children: 2, flows: 0, files: 0 });
    again(world, second.shell, EDGE, CHILD, april(4, 15, 30, 0), Deeds { children: 0, flows: 5, files: 0 });

    stray(world, boots, runs);
}

/// A process of the same machine gets a pid again. Its creation is logged.
fn again(world: &mut World, parent: ProcessId, program: Program<'_>, pid: u32, time: Millis, deeds: Deeds) {
    let id = world.spawn_as(parent, program, time, Some(pid));
    act(world, id, time, deeds);
    world.exit(id, time + 30 * MINUTE);
}

fn act(world: &mut World, id: ProcessId, time: Millis, deeds: Deeds) {
    for index in 0..deeds.children {
        let child = world.spawn(id, WHOAMI, time + (index + 1) * 90 * SECOND);
        world.exit(child, time + (index + 1) * 90 * SECOND + 400);
    }
    for index in 0..deeds.flows {
        let port = world.port();
        world.connect(id, time + 20 * SECOND + index * 150 * SECOND, tcp("198.51.100.200", 8443, port));
    }
    for index in 0..deeds.files {
        let path = format!("C:\\Users\\mkeller\\AppData\\Local\\Temp\\part{index}.tmp");
        world.create_file(id, time + 30 * SECOND + index * SECOND, &path);
        world.delete_file(id, time + 50 * SECOND + index * SECOND, &path);
    }
}

/// The second machine. At the times of the hunts other processes run there with the pids of the hunts. None of them is
/// a service host, and none connects to the address.
fn stray(world: &mut World, boots: &[Boot; 3], runs: &[Run]) {
    let deeds = Deeds { children: 3, flows: 4, files: 2 };
    let mut borrowed: Vec<(ProcessId, Millis)> = vec![
        (boots[0].scheduler(), april(3, 6, 0, 0)),
        (boots[1].scheduler(), april(3, 19, 0, 0)),
        (boots[0].shell, april(2, 13, 0, 0)),
        (boots[2].services, april(5, 12, 0, 0)),
    ];
    if let [_, _, _, _, run, ..] = runs {
        borrowed.push((run.amcet, april(3, 4, 10, 0)));
        borrowed.push((run.console, april(3, 4, 20, 0)));
    }
    for (id, time) in borrowed {
        let pid = world.process(id).pid;
        stray_process(world, pid, time, deeds);
    }
    stray_process(world, BROWSERS[0], april(2, 10, 30, 0), deeds);
    stray_process(world, CHILD, april(2, 10, 40, 0), deeds);
}

/// A process that is older than the log there, so that only its actions are logged.
fn stray_process(world: &mut World, pid: u32, time: Millis, deeds: Deeds) {
    let id = world.running(Machine::Host102, CMD, Some(pid), time - 90 * HOUR);
    act(world, id, time, deeds);
}
