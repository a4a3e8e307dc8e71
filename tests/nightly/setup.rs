//! The README's set-up from nothing in five commands: run as they stand there, in a folder instead of the machine's own,
//! with stand-ins for the programs that change a machine.

use crate::support::servers::running;
use huntc_runtime::session::clock;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const KEY: &str = "id:hunter2";

/// The blocks of the section, each one command.
fn commands() -> Vec<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, section) = page.split_once("\n## Nightly hunts from nothing in five commands\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// A folder that stands for the machine.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["bin", "etc/systemd/system", "usr/local/bin", "var/lib"] {
            std::fs::create_dir_all(machine.path(folder)).unwrap();
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_huntc"), machine.path("bin/huntc")).unwrap();
        for (name, text) in [
            ("cargo", "exit 0"),
            ("useradd", "exit 0"),
            ("chown", "exit 0"),
            ("chgrp", "exit 0"),
            ("systemctl", "exit 0"),
            // runuser -u USER -- COMMAND
            ("runuser", "shift 3; exec \"$@\""),
        ] {
            let path = machine.path("bin").join(name);
            std::fs::write(&path, format!("#!/bin/sh\necho {name} \"$@\" >> {}\n{text}\n", machine.path("log").display())).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Runs a command; answers its status and what it wrote.
    fn run(&self, command: &str) -> (Option<i32>, String) {
        let root = self.folder.path().display();
        let here = ["/etc/", "/usr/local", "/var/lib"].iter().fold(command.to_owned(), |c, p| c.replace(p, &format!("{root}{p}")));
        let path = format!("{root}/bin:{}", std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-c", &here]).env_clear().env("PATH", path).env("HOME", self.path("home"));
        shell.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = shell.spawn().unwrap();
        // Most of the commands do not read, and may have ended by now.
        let _ = child.stdin.take().unwrap().write_all(format!("{KEY}\n").as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text)
    }
}

#[test]
fn five_commands_set_nightly_hunts_up() {
    let commands = commands();
    assert_eq!(commands.len(), 5, "{commands:?}");
    let server = running(&["elasticsearch-9"]).pop();
    let url = server.as_ref().map_or("http://127.0.0.1:9", |s| s.url.as_str());
    if let Some(server) = &server {
        server.put_template();
        server.delete("winlogbeat-setup");
        let record = format!(r#"{{"@timestamp":"{}","process":{{"entity_id":"a","name":"x"}}}}"#, clock::now());
        server.load("winlogbeat-setup", [record.as_str()]);
    }
    let machine = Machine::new();
    let mut told = Vec::new();
    for (number, command) in commands.iter().enumerate() {
        let command = command.replace("https://elastic.example.com:9200", url).replace("winlogbeat-*", "winlogbeat-setup");
        let (code, text) = machine.run(&command);
        // Without a server, the first run and the status say so, and all else goes on.
        let wanted = if matches!(number, 2 | 4) && server.is_none() { 3 } else { 0 };
        assert_eq!(code, Some(wanted), "{command}\n{text}");
        assert!(!text.contains("hunter2"), "{text}");
        told.push(text);
    }
    assert_eq!(machine.read("etc/huntc/api-key"), format!("{KEY}\n"));
    let mode = std::fs::metadata(machine.path("etc/huntc/api-key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640, "nobody else reads the key");
    assert!(told[2].contains(if server.is_some() { "All 15 hunts" } else { "NOT LOOKED AT: 15 hunts" }), "{}", told[2]);
    let service = machine.read("etc/systemd/system/huntc-nightly.service");
    let timer = machine.read("etc/systemd/system/huntc-nightly.timer");
    assert!(service.contains("User=huntc") && service.contains("/etc/huntc/hunts\"") && !service.contains("hunter2"), "{service}");
    assert!(timer.contains("Persistent=yes"), "{timer}");
    let log = machine.read("log");
    assert!(log.contains("systemctl enable --now huntc-nightly.timer") && !log.contains("hunter2"), "{log}");
    assert!(told[4].contains("lsass-access.hf"), "{}", told[4]);
    let units = ["service", "timer"].map(|kind| machine.path(&format!("etc/systemd/system/huntc-nightly.{kind}")));
    let Ok(verified) = Command::new("systemd-analyze").arg("verify").args(&units).output() else { return };
    let faults = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(!faults.lines().any(|l| l.contains("huntc-nightly")), "{faults}");
}
