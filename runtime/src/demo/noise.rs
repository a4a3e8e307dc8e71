//! Ordinary activity of the machines between the events that matter. It must not change a figure of the hunts.

use super::enrich::ADDRESSES;
use super::events::{QUERY, tcp};
use super::host101::{Boot, LOG, ONLY_PARENTS};
use super::services::SCHEDULER;
use super::world::{Account, HOUR, MINUTE, Machine, Millis, ProcessId, Program, SECOND, World, program};

/// A process that is active again and again.
#[derive(Clone, Copy, Debug)]
struct Actor {
    id: ProcessId,
    from: Millis,
    to: Millis,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// No flows: registry and files only.
    Quiet,
    /// Also flows and look-ups.
    Online,
    /// Also children.
    Tree,
}

const NAMES: &[&str] = &[
    "www.example.com",
    "login.example.com",
    "cdn.example.net",
    "edge7.cdn.example.net",
    "telemetry.example.net",
    "shop.example.org",
    "time.example.org",
    "wpad",
];

const KEYS: &[&str] = &[
    "HKLM\\System\\CurrentControlSet\\Services\\bam\\State\\UserSettings\\S-1-5-21-1004\\SequenceNumber",
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\Microsoft\\Windows\\UpdateOrchestrator\\SD",
    "HKU\\S-1-5-21-1004\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs\\MRUListEx",
    "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WINEVT\\Channels\\Enabled",
    "HKLM\\System\\CurrentControlSet\\Services\\Tcpip\\Parameters\\DhcpNameServer",
];

const FOLDERS: &[&str] = &[
    "C:\\Users\\mkeller\\AppData\\Local\\Temp",
    "C:\\Windows\\Temp",
    "C:\\ProgramData\\Microsoft\\Windows\\WER\\Temp",
    "C:\\Windows\\SoftwareDistribution\\Download",
];

const MODULES: &[&str] = &[
    "C:\\Windows\\System32\\wtsapi32.dll",
    "C:\\Windows\\System32\\dnsapi.dll",
    "C:\\Windows\\System32\\taskschd.dll",
    "C:\\Windows\\System32\\amsi.dll",
];

const APPS: &[(&str, &str, Kind)] = &[
    (
        "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
        "\"C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe\"",
        Kind::Tree,
    ),
    ("C:\\Users\\mkeller\\AppData\\Local\\slack\\slack.exe", "slack.exe --startup", Kind::Online),
    (
        "C:\\Program Files\\Mozilla Thunderbird\\thunderbird.exe",
        "\"C:\\Program Files\\Mozilla Thunderbird\\thunderbird.exe\"",
        Kind::Online,
    ),
    ("C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell_ise.exe", "powershell_ise.exe", Kind::Tree),
    ("C:\\Program Files\\7-Zip\\7zFM.exe", "7zFM.exe", Kind::Quiet),
];

const RENDERER: Program<'static> = program(
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
    "msedge.exe --type=renderer --lang=en-US",
    Account::Person,
);

/// Writes the activity of both machines.
pub(super) fn write(world: &mut World, boots: &[Boot; 3]) {
    let mut actors = Vec::new();
    for (number, boot) in boots.iter().enumerate() {
        actors.extend(of_boot(world, boot, number == 0));
    }
    live(world, &actors, LOG.0, 6);
    let strays: Vec<Actor> = APPS
        .iter()
        .map(|(image, command, kind)| {
            let id = world.running(Machine::Host102, program(image, command, Account::Person), None, LOG.0 - 30 * HOUR);
            Actor { id, from: LOG.0, to: LOG.1, kind: *kind }
        })
        .collect();
    live(world, &strays, LOG.0, 60);
}

/// The actors of one boot: its programs, its shell, and its service hosts, except those that must not act themselves.
fn of_boot(world: &mut World, boot: &Boot, first: bool) -> Vec<Actor> {
    let silent = |index: &usize| *index == SCHEDULER || (first && ONLY_PARENTS.contains(index));
    let from = if first { LOG.0 } else { boot.from + 6 * MINUTE };
    let to = boot.to - 2 * MINUTE;
    let hosts = (0..boot.hosts.len()).filter(|index| !silent(index)).map(|index| {
        let kind = if index % 3 == 0 { Kind::Online } else { Kind::Quiet };
        Actor { id: boot.hosts[index], from, to, kind }
    });
    let mut actors: Vec<Actor> = hosts.collect();
    let morning = if first { super::world::april(1, 8, 13, 0) } else { from };
    actors.push(Actor { id: boot.shell, from: morning, to, kind: Kind::Quiet });
    for (index, (image, command, kind)) in APPS.iter().enumerate() {
        let time = morning + index as i64 * 20 * SECOND;
        let id = world.spawn(boot.shell, program(image, command, Account::Person), time);
        // Most events in the log are those of programs.
        actors.extend(std::iter::repeat_n(Actor { id, from: time + SECOND, to, kind: *kind }, 12));
    }
    actors
}

/// Lets one of the actors act every few seconds.
fn live(world: &mut World, actors: &[Actor], from: Millis, pace: i64) {
    let mut time = from;
    while time < LOG.1 {
        time += world.rng.within(pace * SECOND / 2, pace * SECOND * 3);
        let Some(actor) = world.rng.pick(actors).copied() else { return };
        // Most choices are actors of another boot and do nothing. The log is therefore thinner than that of a busy machine.
        if (actor.from..actor.to).contains(&time) {
            act(world, actor, time);
        }
    }
}

fn act(world: &mut World, actor: Actor, time: Millis) {
    let limit = match actor.kind {
        Kind::Quiet => 6,
        Kind::Online => 10,
        Kind::Tree => 11,
    };
    let number = world.rng.within(0, 10_000);
    match world.rng.within(0, limit) {
        0..=2 => {
            let key = pick(world, KEYS);
            world.registry(actor.id, time, key, (number % 3 > 0).then_some("1"));
        }
        3 => {
            let path = format!("{}\\f{number:04}.tmp", pick(world, FOLDERS));
            world.create_file(actor.id, time, &path);
            world.delete_file(actor.id, time + 2 * SECOND, &path);
        }
        4 => {
            let module = pick(world, MODULES);
            world.load_image(actor.id, time, module);
        }
        5 => world.access(actor.id, time, actor.id, QUERY),
        6 | 7 => look_up(world, actor.id, time, number),
        8 | 9 => {
            let (address, port) = world.rng.pick(ADDRESSES).copied().unwrap_or(("192.0.2.10", 443));
            let local = world.port();
            world.connect(actor.id, time, tcp(address, port, local));
        }
        _ => {
            let child = world.spawn(actor.id, RENDERER, time);
            world.exit(child, time + 5 * SECOND);
        }
    }
}

fn look_up(world: &mut World, id: ProcessId, time: Millis, number: i64) {
    let name = pick(world, NAMES);
    match number % 20 {
        0 => world.look_up_unknown(id, time, name, &[]),
        1 => world.look_up(id, time, name, &[]),
        2 => world.look_up(id, time, name, &["2001:db8:0:0:0:0:0:17", "192.0.2.40"]),
        _ => world.look_up(id, time, name, &[ADDRESSES[number as usize % ADDRESSES.len()].0]),
    }
}

fn pick(world: &mut World, items: &[&'static str]) -> &'static str {
    world.rng.pick(items).copied().unwrap_or_default()
}
