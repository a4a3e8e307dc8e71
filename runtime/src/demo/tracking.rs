//! The address of the tracking hunt: the processes that connect to it, their ancestors, and the child of a browser.

use super::enrich::ADDRESSES;
use super::events::{Flow, tcp};
use super::host101::{Boot, LOG};
use super::world::{Account, HOUR, MINUTE, Millis, ProcessId, SECOND, World, april, program};

/// The address that the hunt is about.
const TARGET: &str = "72.21.81.200";

/// The window of the hunt.
const WEEK: (Millis, Millis) = (april(1, 0, 0, 0), april(6, 0, 0, 0));

/// Pids that the published hunt names: two browsers.
pub(super) const BROWSERS: [u32; 2] = [7_356, 11_368];
/// The pid of the first browser's child, which the published hunt names too.
pub(super) const CHILD: u32 = 8_508;

const SETUP: &str = "C:\\Program Files (x86)\\Microsoft Visual Studio\\Installer\\resources\\app\\ServiceHub\\Services\\Microsoft.VisualStudio.Setup.Service";

/// The processes that other decoys need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cast {
    /// A `BackgroundDownload.exe` that ended early.
    pub(super) download: ProcessId,
}

/// A process that connects to the address, and the time in which it does so.
#[derive(Clone, Copy, Debug)]
struct Talker {
    id: ProcessId,
    from: Millis,
    to: Millis,
}

/// What starts a process, by boot.
#[derive(Clone, Copy, Debug)]
enum Starter {
    Shell(usize),
    Scheduler(usize),
    Launcher(usize),
}

/// Writes everything that belongs to the address.
pub(super) fn write(world: &mut World, boots: &[Boot; 3]) -> Cast {
    let mut talkers = services(boots);
    talkers.extend(APPS.iter().map(|app| start(world, boots, app)));
    let (downloads, devenv) = downloads(world, boots);
    talkers.extend(downloads);
    let watson = program(
        "C:\\Program Files (x86)\\Microsoft Visual Studio\\2019\\Community\\Common7\\IDE\\PerfWatson2.exe",
        "PerfWatson2.exe /pid:devenv",
        Account::Person,
    );
    let watson = world.spawn(devenv, watson, april(1, 9, 5, 30));
    talkers.push(Talker { id: watson, from: april(1, 9, 6, 0), to: april(1, 18, 0, 0) });
    talkers.extend(browsers(world, boots));
    flows(world, &talkers, talkers_last(&talkers, boots));
    margins(world, boots);
    other_mentions(world, boots);
    Cast { download: downloads[0].id }
}

/// The service host that downloads for other programs, in the first two boots.
fn services(boots: &[Boot; 3]) -> Vec<Talker> {
    let host = |boot: &Boot, from, to| Talker { id: boot.host("NetworkService -p -s DoSvc"), from, to };
    vec![host(&boots[0], WEEK.0, april(3, 13, 0, 0)), host(&boots[1], april(3, 15, 0, 0), april(5, 6, 0, 0))]
}

/// The only process with flows to the address that still runs at the end of the week.
fn talkers_last(talkers: &[Talker], boots: &[Boot; 3]) -> ProcessId {
    talkers.iter().find(|talker| talker.to >= WEEK.1).map_or(boots[2].shell, |talker| talker.id)
}

type App = (&'static str, &'static str, Starter, Millis, i64);

const EDGE: &str = "C:\\Program Files (x86)\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe";
const EDGE_COMMAND: &str =
    "\"C:\\Program Files (x86)\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe\" /ua /installsource scheduler";
const DRIVE: &str = "C:\\Users\\mkeller\\AppData\\Local\\Microsoft\\OneDrive\\OneDriveStandaloneUpdater.exe";
const TEAMS: &str = "C:\\Users\\mkeller\\AppData\\Local\\Microsoft\\Teams\\current\\Teams.exe";
const TASK_HOST: &str = "C:\\Windows\\System32\\backgroundTaskHost.exe";
const TASK_HOST_COMMAND: &str =
    "\"C:\\Windows\\system32\\backgroundTaskHost.exe\" -ServerName:App.AppXmtcan0h2tfbfy7k9kn8hbxb6dmzz1zh0.mca";
const SEARCH: &str = "C:\\Windows\\SystemApps\\Microsoft.Windows.Search_cw5n1h2txyewy\\SearchApp.exe";
const SEARCH_COMMAND: &str =
    "\"C:\\Windows\\SystemApps\\Microsoft.Windows.Search_cw5n1h2txyewy\\SearchApp.exe\" -ServerName:CortanaUI";

/// Executable, command line, what starts it, when, and for how many minutes.
const APPS: &[App] = &[
    (EDGE, EDGE_COMMAND, Starter::Scheduler(0), april(1, 13, 10, 0), 6),
    (EDGE, EDGE_COMMAND, Starter::Scheduler(0), april(2, 13, 10, 0), 6),
    (EDGE, EDGE_COMMAND, Starter::Scheduler(1), april(4, 10, 15, 0), 6),
    (EDGE, EDGE_COMMAND, Starter::Scheduler(1), april(4, 20, 15, 0), 6),
    (EDGE, EDGE_COMMAND, Starter::Scheduler(2), april(5, 11, 15, 0), 6),
    (DRIVE, DRIVE, Starter::Scheduler(0), april(1, 17, 20, 0), 9),
    (DRIVE, DRIVE, Starter::Scheduler(0), april(2, 17, 20, 0), 9),
    (DRIVE, DRIVE, Starter::Scheduler(1), april(4, 17, 20, 0), 9),
    (DRIVE, DRIVE, Starter::Scheduler(2), april(5, 17, 20, 0), 9),
    (TEAMS, TEAMS, Starter::Shell(0), april(1, 8, 20, 0), 2_000),
    (TEAMS, TEAMS, Starter::Shell(1), april(3, 14, 10, 0), 1_800),
    (
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
        "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE\"",
        Starter::Shell(0),
        april(1, 8, 25, 0),
        1_900,
    ),
    (
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE",
        "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE\" /n \"C:\\Users\\mkeller\\Documents\\plan.docx\"",
        Starter::Shell(0),
        april(2, 11, 0, 0),
        90,
    ),
    (
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE",
        "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE\"",
        Starter::Shell(2),
        april(5, 13, 0, 0),
        120,
    ),
    (SEARCH, SEARCH_COMMAND, Starter::Launcher(0), april(1, 8, 13, 0), 2_500),
    (SEARCH, SEARCH_COMMAND, Starter::Launcher(2), april(5, 6, 50, 0), 1_120),
    (
        "C:\\Program Files\\WindowsApps\\Microsoft.SkypeApp_15.70.97.0_x86__kzf8qxf38zg5c\\SkypeApp.exe",
        "SkypeApp.exe -ServerName:App.AppXffn3yxqvgawq9fpmnhy90fr3y01d1t5b.mca",
        Starter::Launcher(0),
        april(2, 9, 0, 0),
        300,
    ),
    (TASK_HOST, TASK_HOST_COMMAND, Starter::Launcher(0), april(1, 15, 40, 0), 3),
    (TASK_HOST, TASK_HOST_COMMAND, Starter::Launcher(0), april(2, 15, 40, 0), 3),
    (TASK_HOST, TASK_HOST_COMMAND, Starter::Launcher(1), april(4, 15, 40, 0), 3),
    (
        "C:\\Windows\\System32\\smartscreen.exe",
        "C:\\Windows\\System32\\smartscreen.exe -Embedding",
        Starter::Launcher(1),
        april(4, 12, 0, 0),
        8,
    ),
    (
        "C:\\Program Files (x86)\\Microsoft Visual Studio\\2019\\Community\\Common7\\IDE\\VSIXAutoUpdate.exe",
        "VSIXAutoUpdate.exe",
        Starter::Scheduler(0),
        april(2, 12, 40, 0),
        5,
    ),
    (
        "C:\\Windows\\System32\\MoUsoCoreWorker.exe",
        "C:\\Windows\\System32\\mousocoreworker.exe -Embedding",
        Starter::Launcher(2),
        april(5, 9, 30, 0),
        25,
    ),
    // In another case, so the hunt must not find it.
    (
        "C:\\Program Files (x86)\\Internet Explorer\\IEXPLORE.EXE",
        "\"C:\\Program Files (x86)\\Internet Explorer\\IEXPLORE.EXE\" SCODEF:5120 CREDAT:17410 /prefetch:2",
        Starter::Launcher(0),
        april(2, 12, 0, 0),
        30,
    ),
    (
        "C:\\ProgramData\\Microsoft\\VisualStudio\\Packages\\backgrounddownload.exe",
        "backgrounddownload.exe /layout",
        Starter::Shell(0),
        april(2, 14, 0, 0),
        10,
    ),
];

fn start(world: &mut World, boots: &[Boot; 3], app: &App) -> Talker {
    let (image, command, starter, time, minutes) = *app;
    let parent = match starter {
        Starter::Shell(boot) => boots[boot].shell,
        Starter::Scheduler(boot) => boots[boot].scheduler(),
        Starter::Launcher(boot) => boots[boot].launcher(),
    };
    let id = world.spawn(parent, program(image, command, Account::Person), time);
    let end = time + minutes * MINUTE;
    world.exit(id, end);
    Talker { id, from: time + SECOND, to: end - SECOND }
}

/// Four downloads: two started by the editor, one by the scheduler of the first boot a few minutes before the week
/// (FIND sees it, GET would not), and one by that of the third boot. The one before the week is the first of all talkers.
fn downloads(world: &mut World, boots: &[Boot; 3]) -> ([Talker; 3], ProcessId) {
    let image = format!("{SETUP}\\BackgroundDownload.exe");
    let command = format!("\"{image}\" update --instanceId 4f1c2b7e --quiet");
    let download = program(&image, &command, Account::Person);

    let early = world.spawn(boots[0].scheduler(), download, april(0, 23, 56, 10));
    for second in [30, 112] {
        let port = world.port();
        world.connect(early, april(0, 23, 56, 10) + second * SECOND, tcp(TARGET, 443, port));
    }
    world.exit(early, april(0, 23, 59, 20));

    let devenv = program(
        "C:\\Program Files (x86)\\Microsoft Visual Studio\\2019\\Community\\Common7\\IDE\\devenv.exe",
        "\"C:\\Program Files (x86)\\Microsoft Visual Studio\\2019\\Community\\Common7\\IDE\\devenv.exe\"",
        Account::Person,
    );
    let devenv = world.spawn(boots[0].shell, devenv, april(1, 9, 5, 0));
    let starts = [(devenv, april(1, 9, 31, 0)), (devenv, april(2, 9, 31, 0)), (boots[2].scheduler(), april(5, 7, 10, 0))];
    let talkers = starts.map(|(parent, time)| {
        let id = world.spawn(parent, download, time);
        world.exit(id, time + 10 * MINUTE);
        Talker { id, from: time + SECOND, to: time + 10 * MINUTE - SECOND }
    });
    (talkers, devenv)
}

/// Two browsers, one with a child that has traffic of its own.
fn browsers(world: &mut World, boots: &[Boot; 3]) -> [Talker; 2] {
    const IMAGE: &str = "C:\\Program Files\\Internet Explorer\\iexplore.exe";
    let shell = boots[0].shell;
    let frame = program(IMAGE, "\"C:\\Program Files\\Internet Explorer\\iexplore.exe\" https://www.example.org/", Account::Person);
    let plain = program(IMAGE, "\"C:\\Program Files\\Internet Explorer\\iexplore.exe\"", Account::Person);
    let tab = program(
        IMAGE,
        "\"C:\\Program Files\\Internet Explorer\\iexplore.exe\" SCODEF:7356 CREDAT:17410 /prefetch:2",
        Account::Person,
    );

    let [first, second] = BROWSERS;
    let begin = april(2, 10, 10, 0);
    let frame = world.spawn_as(shell, frame, begin, Some(first));
    let plain = world.spawn_as(shell, plain, april(1, 11, 3, 0), Some(second));
    let tab = world.spawn_as(frame, tab, begin + 4 * SECOND, Some(CHILD));
    for index in 0..76 {
        let (address, port) = ADDRESSES[index % ADDRESSES.len()];
        let local = world.port();
        let time = begin + 10 * SECOND + index as i64 * 97 * SECOND;
        world.connect(tab, time, tcp(address, port, local));
        if index == 40 {
            world.connect(tab, time + 800, tcp(address, port, local));
        }
    }
    world.exit(tab, begin + 3 * HOUR);
    world.exit(frame, begin + 3 * HOUR + SECOND);
    world.exit(plain, april(1, 12, 0, 0));
    [
        Talker { id: frame, from: begin + 6 * SECOND, to: begin + 2 * HOUR },
        Talker { id: plain, from: april(1, 11, 3, 5), to: april(1, 11, 58, 0) },
    ]
}

/// Flows to the address: 345 in the week, two of them logged twice, and three just after the week.
fn flows(world: &mut World, talkers: &[Talker], last: ProcessId) {
    let mut senders: Vec<Talker> = talkers.to_vec();
    while senders.len() < 343 {
        let Some(talker) = world.rng.pick(talkers).copied() else { return };
        senders.push(talker);
    }
    for (index, talker) in senders.iter().enumerate() {
        let time = world.rng.within(talker.from, talker.to.min(WEEK.1 - 2));
        let port = world.port();
        world.connect(talker.id, time, tcp(TARGET, 443, port));
        if index == 50 || index == 200 {
            world.connect(talker.id, time + 1, tcp(TARGET, 443, port));
        }
    }
    // Both limits of the week to the millisecond, then flows that only FIND sees.
    let edges = [WEEK.1 - 1, WEEK.1, WEEK.1 + 131 * SECOND, WEEK.1 + 5 * MINUTE - 1];
    for (id, time) in talkers.first().map(|talker| (talker.id, WEEK.0)).into_iter().chain(edges.map(|time| (last, time))) {
        let port = world.port();
        world.connect(id, time, tcp(TARGET, 443, port));
    }
}

/// Flows to the address a millisecond outside of what FIND searches.
fn margins(world: &mut World, boots: &[Boot; 3]) {
    for (boot, time) in [(0, WEEK.0 - 5 * MINUTE - 1), (2, WEEK.1 + 5 * MINUTE)] {
        let id = world.spawn(boots[boot].scheduler(), program(EDGE, EDGE_COMMAND, Account::System), time - 4 * SECOND);
        let port = world.port();
        world.connect(id, time, tcp(TARGET, 443, port));
    }
}

/// Records that name the address and are no flow to it: an answer that came from it, and two look-ups.
fn other_mentions(world: &mut World, boots: &[Boot; 3]) {
    let system = program("System", "", Account::System);
    let system = world.running(super::world::Machine::Host101, system, Some(4), LOG.0);
    let port = world.port();
    let answer = Flow { remote: TARGET, remote_port: 443, local_port: port, egress: false, transport: "tcp" };
    world.connect(system, april(2, 16, 0, 0), answer);
    let cache = boots[0].host("NetworkService -p -s Dnscache");
    for day in [0, 1, 2] {
        world.look_up(cache, april(day, 22, 48, 0), "download.example.com", &["72.21.81.199", TARGET]);
    }
}
