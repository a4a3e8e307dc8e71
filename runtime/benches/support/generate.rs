//! Made-up Sysmon events of 400 Windows machines as winlogbeat indexes them: the same bytes for the same number of records.
//!
//! What makes a store fast or slow is how often values repeat. Four records of ten create a process; process ids and nearly
//! all command lines are new each time, the rest (machines, accounts, programs, hashes, addresses, names) repeats. A million
//! records span a week and have 400,000 processes; a record has about 690 bytes.

use huntc_compiler::time::{Instant, MILLISECOND};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Time of the first records.
pub(super) const START: Instant = Instant(1_772_409_600_000 * MILLISECOND);
/// Milliseconds between two records, on average.
const PACE: u64 = 605;
/// Changes with the data, so that files of older benches are not taken for these.
pub(super) const VERSION: u32 = 2;

const HOSTS: u64 = 400;
/// Processes of a machine that are alive.
const ALIVE: usize = 12;

/// Folder and name of each program, as JSON writes them. The first ones run more often.
const PROGRAMS: [(&str, &str); 24] = [
    (r"C:\\Windows\\System32", "svchost.exe"),
    (r"C:\\Windows\\System32", "conhost.exe"),
    (r"C:\\Windows\\System32", "cmd.exe"),
    (r"C:\\Windows\\System32\\WindowsPowerShell\\v1.0", "powershell.exe"),
    (r"C:\\Windows\\System32", "taskhostw.exe"),
    (r"C:\\Windows\\System32", "RuntimeBroker.exe"),
    (r"C:\\Windows\\System32", "dllhost.exe"),
    (r"C:\\Windows\\System32", "SearchProtocolHost.exe"),
    (r"C:\\Windows\\System32", "backgroundTaskHost.exe"),
    (r"C:\\Windows\\System32\\wbem", "WmiPrvSE.exe"),
    (r"C:\\Windows\\System32", "rundll32.exe"),
    (r"C:\\Windows\\System32", "reg.exe"),
    (r"C:\\Windows\\System32", "net.exe"),
    (r"C:\\Windows\\System32", "wevtutil.exe"),
    (r"C:\\Windows\\System32", "schtasks.exe"),
    (r"C:\\Windows", "explorer.exe"),
    (r"C:\\Program Files\\Google\\Chrome\\Application", "chrome.exe"),
    (r"C:\\Program Files (x86)\\Microsoft\\Edge\\Application", "msedge.exe"),
    (r"C:\\Program Files\\Microsoft Office\\root\\Office16", "WINWORD.EXE"),
    (r"C:\\Program Files\\Microsoft Office\\root\\Office16", "OUTLOOK.EXE"),
    (r"C:\\Users\\Public\\tools", "python.exe"),
    (r"C:\\ProgramData\\Microsoft\\Windows Defender\\Platform", "MpCmdRun.exe"),
    (r"C:\\Windows\\System32", "certutil.exe"),
    (r"C:\\Users\\Public", "updater.exe"),
];
const SVCHOST: usize = 0;
const POWERSHELL: usize = 3;
const CERTUTIL: usize = 22;

const DOMAINS: [&str; 6] = ["example.com", "example.net", "example.org", "cdn.example.net", "ads.example.org", "corp.example"];
const KEYS: [&str; 4] = [
    r"HKLM\\System\\CurrentControlSet\\Services\\bam\\State\\UserSettings",
    r"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run",
    r"HKU\\S-1-5-21-1004\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs",
    r"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree",
];
const MODULES: [&str; 6] = ["ntdll.dll", "kernel32.dll", "amsi.dll", "taskschd.dll", "dnsapi.dll", "clr.dll"];

/// A fixed sequence of numbers (SplitMix64).
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len() as u64) as usize]
    }
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The id of the process that was created as the `number`-th.
pub(super) fn entity_id(number: u64) -> String {
    let (a, b) = (mix(number), mix(!number));
    let parts = (a >> 32, (a >> 16) & 0xffff, a & 0xffff, b >> 48, b & 0xffff_ffff_ffff);
    format!("{{{:08X}-{:04X}-{:04X}-{:04X}-{:012X}}}", parts.0, parts.1, parts.2, parts.3, parts.4)
}

/// A process: its number among all, and its program.
#[derive(Clone, Copy)]
struct Process {
    number: u64,
    program: usize,
}

/// Writes records one after the other.
pub(super) struct Generator {
    /// How many of a hundred records create a process.
    births: u64,
    rng: Rng,
    millis: i64,
    created: u64,
    /// Those of each machine.
    alive: Vec<[Process; ALIVE]>,
    text: String,
}

impl Generator {
    /// `births`: how many of a hundred records create a process.
    pub(super) fn new(births: u64) -> Self {
        let one = |host: u64, i: usize| Process { number: u64::MAX - host * ALIVE as u64 - i as u64, program: i };
        let alive = (0..HOSTS).map(|host| std::array::from_fn(|i| one(host, i))).collect();
        Self { births, rng: Rng(20_260_302), millis: START.millis_floor(), created: 0, alive, text: String::new() }
    }

    /// Writes the next records, a line each.
    pub(super) fn write(&mut self, records: u64, out: &mut dyn Write) -> io::Result<()> {
        for _ in 0..records {
            self.record().map_err(io::Error::other)?;
            if self.text.len() > 1 << 20 {
                out.write_all(self.text.as_bytes())?;
                self.text.clear();
            }
        }
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    fn record(&mut self) -> std::fmt::Result {
        self.millis += self.rng.below(PACE * 2 + 1) as i64;
        let host = self.rng.below(HOSTS);
        let slot = self.rng.below(ALIVE as u64) as usize;
        let process = self.alive[host as usize][slot];
        let lot = self.rng.below(100);
        // The other kinds have the same shares of the rest.
        let other = 40 + lot.saturating_sub(self.births) * 60 / (100 - self.births);
        match if lot < self.births { 0 } else { other } {
            0..40 => {
                let new = self.create();
                // Shells and services stay, so that parents are not all of one kind.
                self.alive[host as usize][(slot + 1) % ALIVE] = new;
                self.creation(host, new, process)?;
            }
            40..65 => self.flow(host, process)?,
            65..75 => self.actor(host, ("5", "Process terminated", "process", "end"), process)?,
            75..83 => self.file(host, process)?,
            83..91 => self.registry(host, process)?,
            91..97 => self.lookup(host, process)?,
            _ => self.module(host, process)?,
        }
        self.text.push_str("}\n");
        Ok(())
    }

    fn create(&mut self) -> Process {
        let program = match self.rng.below(1000) {
            0..340 => SVCHOST,
            340 => CERTUTIL,
            rest => rest as usize % CERTUTIL,
        };
        self.created += 1;
        Process { number: self.created - 1, program }
    }

    /// What every record begins with; the object of the document stays open.
    fn actor(&mut self, host: u64, event: (&str, &str, &str, &str), process: Process) -> std::fmt::Result {
        self.head(host, event)?;
        let (folder, name) = PROGRAMS[process.program];
        let (id, pid) = (entity_id(process.number), mix(process.number) % 16_000 * 4);
        write!(
            self.text,
            r#","process":{{"entity_id":"{id}","executable":"{folder}\\{name}","name":"{name}","pid":{pid}}},"user":{{"domain":"CORP","id":"S-1-5-18","name":"user{:03}"}}"#,
            host * 7 % 1000
        )
    }

    fn head(&mut self, host: u64, (code, action, category, kind): (&str, &str, &str, &str)) -> std::fmt::Result {
        // Machines' clocks differ a little, so records are not quite in order.
        let time = Instant::from_millis(self.millis - self.rng.below(400) as i64);
        write!(
            self.text,
            concat!(
                r#"{{"@timestamp":"{time}","agent":{{"type":"winlogbeat"}},"#,
                r#""event":{{"action":"{action}","category":["{category}"],"code":"{code}","kind":"event","#,
                r#""provider":"Microsoft-Windows-Sysmon","type":["{kind}"]}},"host":{{"name":"WS-{host:04}.corp.example","#,
                r#""os":{{"family":"windows"}}}},"winlog":{{"event_id":"{code}"}}"#,
            ),
            time = time,
            action = action,
            category = category,
            code = code,
            kind = kind,
            host = host
        )
    }

    fn creation(&mut self, host: u64, new: Process, parent: Process) -> std::fmt::Result {
        self.head(host, ("1", "Process creation", "process", "start"))?;
        let ((folder, name), (parent_folder, parent_name)) = (PROGRAMS[new.program], PROGRAMS[parent.program]);
        let (id, parent_id) = (entity_id(new.number), entity_id(parent.number));
        let (pid, parent_pid) = (mix(new.number) % 16_000 * 4, mix(parent.number) % 16_000 * 4);
        let arguments = self.arguments(new.program);
        write!(
            self.text,
            concat!(
                r#","process":{{"command_line":"{folder}\\{name} {arguments}","entity_id":"{id}","executable":"{folder}\\{name}","#,
                r#""hash":{{"sha256":"{a:016x}{b:016x}{c:016x}{d:016x}"}},"name":"{name}","parent":{{"entity_id":"{parent_id}","#,
                r#""executable":"{parent_folder}\\{parent_name}","name":"{parent_name}","pid":{parent_pid}}},"pid":{pid},"#,
                r#""working_directory":"{folder}\\"}},"user":{{"domain":"CORP","id":"S-1-5-18","name":"user{user:03}"}}"#,
            ),
            folder = folder,
            name = name,
            arguments = arguments,
            id = id,
            parent_id = parent_id,
            pid = pid,
            parent_folder = parent_folder,
            parent_name = parent_name,
            parent_pid = parent_pid,
            user = host * 7 % 1000,
            a = mix(new.program as u64),
            b = mix(host % 3),
            c = mix(7),
            d = mix(new.program as u64 + 99)
        )
    }

    /// Arguments of a program, hardly ever the same twice.
    fn arguments(&mut self, program: usize) -> String {
        let (number, kind) = (self.rng.next(), self.rng.below(10_000));
        match program {
            SVCHOST if kind < 3000 => format!("-k netsvcs -p -s Svc{:04x}", number & 0xffff),
            SVCHOST => format!("-k LocalServiceNetworkRestricted -p -s Svc{:08x}", number & 0xffff_ffff),
            POWERSHELL if kind < 50 => format!(r#"-nop -c \"IEX Invoke-Mimikatz -Command {:x}\""#, number & 0xff_ffff),
            POWERSHELL if kind < 800 => format!("-NoP -W Hidden -enc {:016X}{:016X}", number, mix(number)),
            _ if kind < 400 => String::new(),
            _ => format!("--session {:08x} --type=utility --field-trial-handle={}", number >> 40, number & 0xff_ffff),
        }
    }

    fn flow(&mut self, host: u64, process: Process) -> std::fmt::Result {
        self.actor(host, ("3", "Network connection", "network", "connection"), process)?;
        let outside = self.rng.below(3) == 0;
        let number = self.rng.below(if outside { 2000 } else { 30_000 });
        let to = if outside {
            format!("203.0.{}.{}", number / 250, number % 250)
        } else {
            format!("10.{}.{}.{}", number / 4000, number / 250 % 16, number % 250)
        };
        let from = format!("10.64.{}.{}", host / 250, host % 250);
        let (from_port, to_port) = (49_152 + self.rng.below(16_000), [443, 443, 80, 445, 53, 3389][self.rng.below(6) as usize]);
        write!(
            self.text,
            concat!(
                r#","destination":{{"ip":"{to}","port":{to_port}}},"network":{{"direction":"egress","transport":"tcp","type":"ipv4"}},"#,
                r#""related":{{"ip":["{from}","{to}"]}},"source":{{"ip":"{from}","port":{from_port}}}"#,
            ),
            to = to,
            from = from,
            to_port = to_port,
            from_port = from_port
        )
    }

    fn file(&mut self, host: u64, process: Process) -> std::fmt::Result {
        self.actor(host, ("11", "File created", "file", "creation"), process)?;
        let (name, number) = (format!("f{:05}.tmp", self.rng.below(60_000)), self.rng.below(40));
        let folder = format!(r"C:\\Users\\user{number:03}\\AppData\\Local\\Temp");
        write!(self.text, r#","file":{{"directory":"{folder}","extension":"tmp","name":"{name}","path":"{folder}\\{name}"}}"#)
    }

    fn registry(&mut self, host: u64, process: Process) -> std::fmt::Result {
        self.actor(host, ("13", "Registry value set", "registry", "change"), process)?;
        let (path, value) = (self.rng.pick(&KEYS), format!("Value{:03}", self.rng.below(500)));
        let (hive, key) = path.split_once(r"\\").unwrap_or(("", path));
        write!(
            self.text,
            r#","registry":{{"data":{{"strings":["{}"],"type":"SZ_DWORD"}},"hive":"{hive}","key":"{key}\\{value}","path":"{path}\\{value}","value":"{value}"}}"#,
            self.rng.below(3)
        )
    }

    fn lookup(&mut self, host: u64, process: Process) -> std::fmt::Result {
        self.actor(host, ("22", "Dns query", "network", "info"), process)?;
        let (domain, number) = (self.rng.pick(&DOMAINS), self.rng.below(3000));
        let (a, b) = (number / 250, number % 250);
        write!(
            self.text,
            r#","dns":{{"question":{{"name":"h{number}.{domain}","registered_domain":"{domain}"}},"resolved_ip":["203.0.{a}.{b}","203.1.{a}.{b}"]}}"#
        )
    }

    fn module(&mut self, host: u64, process: Process) -> std::fmt::Result {
        self.actor(host, ("7", "Image loaded", "process", "change"), process)?;
        let name = self.rng.pick(&MODULES);
        write!(
            self.text,
            r#","file":{{"directory":"C:\\Windows\\System32","extension":"dll","hash":{{"sha256":"{:016x}{:016x}"}},"name":"{name}","path":"C:\\Windows\\System32\\{name}"}}"#,
            mix(name.len() as u64),
            mix(self.rng.below(20))
        )
    }
}
