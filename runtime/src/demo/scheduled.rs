//! Programs that the task scheduler starts: hourly runs of `amcet.exe` with their children and flows, and other tasks.

use super::events::{QUERY, tcp};
use super::host101::{Boot, DAY, LOG};
use super::world::{Account, HOUR, MINUTE, Millis, ProcessId, SECOND, World, april, program};

/// The address that `amcet.exe` connects to.
const REPORT: &str = "9.148.5.93";

const AMCET: &str = "C:\\ProgramData\\IBM\\RII\\amcet.exe";
const CONHOST: &str = "C:\\Windows\\System32\\conhost.exe";
const POWERSHELL: &str = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";

/// One run of `amcet.exe`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) amcet: ProcessId,
    pub(super) console: ProcessId,
}

/// Writes everything that schedulers start on the machine. Returns the runs of `amcet.exe` in the day of the hunt.
pub(super) fn write(world: &mut World, boots: &[Boot; 3]) -> Vec<Run> {
    let runs = amcet(world, boots);
    other_tasks(world, boots);
    margins(world, boots);
    look_alikes(world, boots);
    runs
}

/// A run three minutes before each full hour while the machine is on: 24 of them in the day of the hunt and the five
/// minutes before and after it, because the machine restarts at the time of one.
fn amcet(world: &mut World, boots: &[Boot; 3]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut time = LOG.0 + 57 * MINUTE + 2 * SECOND;
    while time < LOG.1 {
        if let Some(boot) = boots.iter().find(|boot| boot.runs_at(time)) {
            let counted = time >= DAY.0 - 5 * MINUTE && time < DAY.1 + 5 * MINUTE;
            let place = counted.then_some(runs.len());
            let start = time + world.rng.within(0, 900);
            let run = amcet_run(world, boot.scheduler(), start, place);
            if counted {
                runs.push(run);
            }
        }
        time += HOUR;
    }
    runs
}

/// One run. Of the 24 in the day, three start no shell, one has no network, one reports the same flow twice, and two
/// are logged with GUIDs in upper case.
fn amcet_run(world: &mut World, scheduler: ProcessId, start: Millis, place: Option<usize>) -> Run {
    let amcet = world.spawn(scheduler, program(AMCET, "c:/programdata/ibm/rii/amcet.exe", Account::System), start);
    let console = program(CONHOST, "\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff -ForceV1", Account::System);
    let console = world.spawn(amcet, console, start + 85);
    if !matches!(place, Some(5 | 11 | 17)) {
        let command = "powershell.exe -NoProfile -NonInteractive -File C:\\ProgramData\\IBM\\RII\\inventory.ps1";
        let shell = world.spawn(amcet, program(POWERSHELL, command, Account::System), start + 1_240);
        world.load_image(shell, start + 1_260, POWERSHELL);
        world.registry(shell, start + 2_010, "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall", None);
        world.access(shell, start + 2_300, console, QUERY);
        world.exit(shell, start + 6_200);
    }
    if place != Some(9) {
        world.upper_ids = matches!(place, Some(4 | 12));
        let port = world.port();
        world.connect(amcet, start + 7_100, tcp(REPORT, 443, port));
        if place == Some(3) {
            world.connect(amcet, start + 7_900, tcp(REPORT, 443, port));
        }
        world.upper_ids = false;
    }
    // The last run of the day hangs. What it does more than five minutes after the day does not count.
    if place == Some(23) {
        let port = world.port();
        world.connect(amcet, DAY.1 + 5 * MINUTE + 30 * SECOND, tcp("192.0.2.66", 8443, port));
        world.spawn(amcet, program(POWERSHELL, "powershell.exe -Command Restart-Service rii", Account::System), DAY.1 + 6 * MINUTE);
        return Run { amcet, console };
    }
    world.exit(console, start + 21_000);
    world.exit(amcet, start + 21_040);
    Run { amcet, console }
}

const TASKS: &[(&str, &str)] = &[
    ("C:\\Windows\\System32\\taskhostw.exe", "taskhostw.exe"),
    ("C:\\Windows\\System32\\taskhostw.exe", "taskhostw.exe Install $(Arg0)"),
    (
        "C:\\Program Files (x86)\\Google\\Update\\GoogleUpdate.exe",
        "\"C:\\Program Files (x86)\\Google\\Update\\GoogleUpdate.exe\" /ua /installsource scheduler",
    ),
    ("C:\\Windows\\System32\\UsoClient.exe", "C:\\Windows\\system32\\usoclient.exe StartScan"),
    ("C:\\Windows\\System32\\CompatTelRunner.exe", "C:\\Windows\\system32\\compattelrunner.exe"),
    ("C:\\Windows\\System32\\rundll32.exe", "C:\\Windows\\system32\\rundll32.exe Startupscan.dll,SusRunTask"),
    ("C:\\Windows\\System32\\DeviceCensus.exe", "C:\\Windows\\system32\\devicecensus.exe SystemCxt"),
    ("C:\\Windows\\System32\\dstokenclean.exe", "C:\\Windows\\system32\\dstokenclean.exe"),
    ("C:\\Windows\\System32\\sc.exe", "C:\\Windows\\system32\\sc.exe start w32time task_started"),
    ("C:\\Windows\\System32\\ProvTool.exe", "C:\\Windows\\system32\\ProvTool.exe /turn 5 /source LogonIdleTask"),
    ("C:\\Windows\\System32\\SpaceAgent.exe", "C:\\Windows\\system32\\SpaceAgent.exe"),
    (
        "C:\\Program Files (x86)\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe",
        "\"C:\\Program Files (x86)\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe\" /c",
    ),
    (
        "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.2103.7-0\\MpCmdRun.exe",
        "\"C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.2103.7-0\\MpCmdRun.exe\" -SignatureUpdate",
    ),
];

/// All other tasks: 98 in the day of the hunt, 56 before the restart and 42 after it.
fn other_tasks(world: &mut World, boots: &[Boot; 3]) {
    let mut starts: Vec<Millis> = (0..56).map(|i| DAY.0 + MINUTE + i * 14 * MINUTE + 700).collect();
    starts.extend((0..42).map(|i| april(3, 14, 6, 0) + i * 14 * MINUTE + 350));
    for (from, to) in [(LOG.0, DAY.0 - 20 * MINUTE), (DAY.1 + 20 * MINUTE, LOG.1 - HOUR)] {
        let count = (to - from) / (25 * MINUTE);
        starts.extend((0..count).map(|i| from + i * 25 * MINUTE + 11 * SECOND));
    }
    for (index, start) in starts.into_iter().enumerate() {
        let Some(boot) = boots.iter().find(|boot| boot.runs_at(start)) else { continue };
        let (image, command) = TASKS[index % TASKS.len()];
        let task = world.spawn(boot.scheduler(), program(image, command, Account::System), start);
        let seconds = world.rng.within(2, 50);
        world.exit(task, start + seconds * SECOND);
    }
}

/// Tasks at the limits of what FIND searches: two inside, two outside.
fn margins(world: &mut World, boots: &[Boot; 3]) {
    let task = program("C:\\Windows\\System32\\taskhostw.exe", "taskhostw.exe SYSTEM", Account::System);
    let (before, behind) = (boots[0].scheduler(), boots[1].scheduler());
    world.spawn(before, task, DAY.0 - 5 * MINUTE - 1);
    world.spawn(before, task, DAY.0 - 5 * MINUTE);
    world.spawn(behind, task, DAY.1 + 5 * MINUTE - 1);
    world.spawn(behind, task, DAY.1 + 5 * MINUTE);
}

/// Names and command lines that differ slightly from those that are searched for. Two of the processes are tasks of the day too.
fn look_alikes(world: &mut World, boots: &[Boot; 3]) {
    let scheduler = boots[1].scheduler();
    let upper = program("C:\\ProgramData\\IBM\\RII\\AMCET.EXE", "c:/programdata/ibm/rii/AMCET.EXE /repair", Account::System);
    let upper = world.spawn(scheduler, upper, april(3, 18, 20, 0));
    let port = world.port();
    world.connect(upper, april(3, 18, 20, 4), tcp("192.0.2.94", 443, port));
    world.spawn(
        upper,
        program("C:\\Windows\\System32\\msiexec.exe", "msiexec.exe /fa rii.msi /qn", Account::System),
        april(3, 18, 20, 6),
    );
    world.exit(upper, april(3, 18, 21, 0));

    let download = program(
        "C:\\Program Files (x86)\\Microsoft Visual Studio\\Installer\\resources\\app\\ServiceHub\\Services\\Microsoft.VisualStudio.Setup.Service\\BackgroundDownload.exe",
        "BackgroundDownload.exe",
        Account::Person,
    );
    for day in [3, 4] {
        let id = world.spawn(scheduler, download, april(day, 16, 20, 0));
        let port = world.port();
        world.connect(id, april(day, 16, 20, 9), tcp("198.51.100.23", 443, port));
        world.exit(id, april(day, 16, 21, 0));
    }

    for hour in [10, 11] {
        let by_hand = program(AMCET, "amcet.exe -v", Account::Person);
        let by_hand = world.spawn(boots[0].shell, by_hand, april(3, hour, 20, 0));
        let port = world.port();
        world.connect(by_hand, april(3, hour, 20, 4), tcp("192.0.2.95", 443, port));
        world.exit(by_hand, april(3, hour, 20, 30));
    }

    let other = program(
        "C:\\Windows\\System32\\svchost.exe",
        "c:\\windows\\system32\\svchost.exe -k netsvcs -p -s Schedule",
        Account::System,
    );
    let other = world.spawn(boots[0].services, other, april(3, 11, 0, 0));
    for minute in [5, 25, 45] {
        let task = program("C:\\Windows\\System32\\taskhostw.exe", "taskhostw.exe KEYROAMING", Account::Person);
        world.spawn(other, task, april(3, 11, minute, 0));
    }
    world.exit(other, april(3, 11, 58, 0));

    let upper = program("C:\\Users\\Public\\SVCHOST.EXE", "C:\\Users\\Public\\SVCHOST.EXE -k netsvcs", Account::Person);
    let upper = world.spawn(boots[0].shell, upper, april(3, 12, 0, 0));
    world.registry(
        upper,
        april(3, 12, 0, 3),
        "HKU\\S-1-5-21-1004\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\Update",
        Some("C:\\Users\\Public\\SVCHOST.EXE"),
    );
    world.exit(upper, april(3, 12, 4, 0));
}
