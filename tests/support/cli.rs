//! Runs the real binary in a folder of its own, with an environment of its own.

use regex::Regex;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A folder with files, and variables for the runs in it.
pub(crate) struct Huntc {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// The program under test; `HUNTC_TEST_BINARY` names another one, to see what it does.
fn binary() -> String {
    std::env::var("HUNTC_TEST_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_huntc").to_owned())
}

/// The number that a variable names, else the usual one.
pub(crate) fn setting(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// What a run did.
pub(crate) struct Ran {
    line: String,
    /// None where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Where it ran.
    pub(crate) folder: String,
}

impl Huntc {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// In memory where the system has such a place: for tests that write much.
    pub(crate) fn new_in_memory() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        Self { folder, variables: Vec::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and the folders that lead to it.
    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn var(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The command, not started yet. A home folder of its own keeps the user's configuration out.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments);
        self.settle(&mut command);
        command
    }

    fn settle(&self, command: &mut Command) {
        command.current_dir(self.folder.path()).env_clear().env("HOME", self.path("home")).env("LANG", "C.UTF-8");
        command.envs(self.variables.iter().map(|(k, v)| (k, v)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    /// Runs it; words of the line are separated by single blanks.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_with(line, "")
    }

    /// Runs it with a text on standard input.
    pub(crate) fn run_with(&self, line: &str, input: &str) -> Ran {
        let words: Vec<&str> = line.split(' ').filter(|w| !w.is_empty()).collect();
        let mut child = self.command(&words).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        self.finish(line, child)
    }

    /// The command where a file can have so many blocks only, as on a disk that is nearly full.
    pub(crate) fn small_disk(&self, blocks: u32, arguments: &[&str]) -> Command {
        let mut command = Command::new("/bin/sh");
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_huntc")]).args(arguments);
        self.settle(&mut command);
        command
    }

    /// Waits for a run to end.
    pub(crate) fn finish(&self, line: &str, child: Child) -> Ran {
        let output = child.wait_with_output().unwrap();
        Ran {
            line: line.to_owned(),
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            folder: self.folder.path().display().to_string(),
        }
    }

    /// `report.json` of a report folder.
    pub(crate) fn report(&self, folder: &str) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.path(folder).join("report.json")).unwrap()).unwrap()
    }

    /// Names in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        names(&self.path(folder))
    }

    /// Names of the reports of nights in a folder, sorted: without the link and the page beside them.
    pub(crate) fn nights(&self, folder: &str) -> Vec<String> {
        names(&self.path(folder)).into_iter().filter(|name| name.starts_with("20")).collect()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

impl Ran {
    pub(crate) fn new(line: &str, code: Option<i32>, stdout: String, stderr: String, folder: String) -> Self {
        Self { line: line.to_owned(), code, stdout, stderr, folder }
    }

    /// Command line, status and both streams, as snapshots hold them: without times and temporary folders.
    pub(crate) fn text(&self) -> String {
        let code = self.code.map_or_else(|| "signal".to_owned(), |c| c.to_string());
        let mut out = format!("$ huntc {}\nexit {code}\n", self.line);
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                let _ = write!(out, "--- {name}\n{stream}");
            }
        }
        let time = Regex::new(r"\d+\.\d{3} s").unwrap();
        time.replace_all(&out.replace(&self.folder, "[folder]"), "0.000 s").into_owned()
    }

    /// Asserts a snapshot in `snapshots/cli`.
    #[track_caller]
    pub(crate) fn snapshot(&self, name: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../snapshots/cli");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, self.text()));
    }
}
