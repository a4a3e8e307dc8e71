//! Units for schedulers: systemd, cron and Kubernetes. They map the exit statuses of huntc, and give the run no more
//! rights than it needs.

use std::path::{Path, PathBuf};

/// What to schedule, and how.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Path of the program.
    pub huntc: PathBuf,
    /// Folder of the huntflows.
    pub hunts: PathBuf,
    /// Folder of the state.
    pub state: PathBuf,
    /// Folder of the reports.
    pub out: PathBuf,
    /// The value of `--config`.
    pub config: Option<PathBuf>,
    /// The values of `--source`, in their order.
    pub sources: Vec<String>,
    /// Hour and minute of the run, in UTC.
    pub time: (u8, u8),
    /// The user that the run belongs to.
    pub user: String,
    /// Name of the container image.
    pub image: String,
}

impl Schedule {
    /// The arguments after the program's name.
    fn arguments(&self, hunts: &Path, state: &Path, out: &Path) -> Vec<String> {
        let mut words: Vec<String> = ["nightly", "run"].map(str::to_owned).to_vec();
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        option("--state", text(state));
        option("--out", text(out));
        if let Some(config) = &self.config {
            // In a container the folder of huntflows is mounted elsewhere.
            let below = config.strip_prefix(&self.hunts).map_or_else(|_| config.clone(), |name| hunts.join(name));
            option("--config", text(&below));
        }
        for source in &self.sources {
            option("--source", source.clone());
        }
        words.extend(["--".to_owned(), text(hunts)]);
        words
    }

    /// The whole command, with each word quoted by `word`.
    fn command(&self, word: fn(&str) -> String) -> String {
        let words = std::iter::once(text(&self.huntc)).chain(self.arguments(&self.hunts, &self.state, &self.out));
        words.map(|w| word(&w)).collect::<Vec<_>>().join(" ")
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Quotes a word for `ExecStart=` and for paths in units.
fn systemd_word(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    let escaped = escaped.replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// Quotes a word for the shell.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:+,@".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// Replaces each `{name}` in a template by its value. Values are not searched for names.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 256);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let value = values.iter().find_map(|(name, value)| {
            let behind = from.strip_prefix('{')?.strip_prefix(name)?.strip_prefix('}')?;
            Some((*value, behind))
        });
        let (text, behind) = value.unwrap_or_else(|| from.split_at(1));
        out.push_str(text);
        rest = behind;
    }
    out + rest
}

/// The systemd units, a service and a timer, with their file names.
pub fn systemd_units(schedule: &Schedule) -> [(&'static str, String); 2] {
    let folders = [&schedule.state, &schedule.out];
    let (hour, minute) = schedule.time;
    let values = [
        ("user", schedule.user.as_str()),
        ("command", &schedule.command(systemd_word)),
        ("folders", &folders.map(|p| shell_word(&text(p))).join(" ")),
        ("writable", &folders.map(|p| systemd_word(&text(p))).join(" ")),
        ("hour", &format!("{hour:02}")),
        ("minute", &format!("{minute:02}")),
    ];
    [
        ("huntc-nightly.service", fill(include_str!("install/huntc-nightly.service"), &values)),
        ("huntc-nightly.timer", fill(include_str!("install/huntc-nightly.timer"), &values)),
    ]
}

/// The service and the timer in one text.
pub fn systemd(schedule: &Schedule) -> String {
    systemd_units(schedule).map(|(_, unit)| unit).concat()
}

/// A file for `/etc/cron.d`.
pub fn cron(schedule: &Schedule) -> String {
    let (hour, minute) = schedule.time;
    let values = [
        ("user", schedule.user.as_str()),
        // In a crontab `%` ends the command.
        ("command", &schedule.command(shell_word).replace('%', "\\%")),
        ("hour", &hour.to_string()),
        ("minute", &minute.to_string()),
    ];
    fill(include_str!("install/cron"), &values)
}

/// A CronJob with its volume and a mount for its ConfigMap.
pub fn kubernetes(schedule: &Schedule) -> String {
    let arguments = schedule.arguments(Path::new("/hunts"), Path::new("/var/lib/huntc/state"), Path::new("/var/lib/huntc/reports"));
    let (hour, minute) = schedule.time;
    let hunts = shell_word(&text(&schedule.hunts));
    let values = [
        ("hunts", hunts.as_str()),
        ("image", &serde_json::to_string(&schedule.image).unwrap_or_default()),
        ("arguments", &serde_json::to_string(&arguments).unwrap_or_default()),
        ("hour", &hour.to_string()),
        ("minute", &minute.to_string()),
    ];
    fill(include_str!("install/kubernetes.yaml"), &values)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn plan() -> Schedule {
        Schedule {
            huntc: "/usr/bin/true".into(),
            hunts: "/srv/my hunts/50%".into(),
            state: "/var/lib/huntc/state".into(),
            out: "/var/lib/huntc/it's".into(),
            config: Some("/etc/huntc.toml".into()),
            sources: vec!["lab=https://h:9200/a\"b".to_owned()],
            time: (2, 5),
            user: "huntc".to_owned(),
            image: "registry.example/huntc:1".to_owned(),
        }
    }

    #[test]
    fn words_are_quoted_for_each_reader() {
        let plan = plan();
        assert!(systemd(&plan).contains(r#""--" "/srv/my hunts/50%%""#));
        assert!(systemd(&plan).contains(r#""lab=https://h:9200/a\"b""#));
        let cron = cron(&plan);
        assert!(cron.contains(r"-- '/srv/my hunts/50\%'"), "{cron}");
        assert!(cron.contains(r"--out '/var/lib/huntc/it'\''s'"), "{cron}");
        let line = cron.lines().find(|l| l.starts_with("5 2 * * * huntc ")).unwrap();
        assert!(line.contains("0|5)"));
    }

    #[test]
    fn a_configuration_of_the_hunts_is_found_where_they_are_mounted() {
        let plan = Schedule { config: Some("/srv/my hunts/50%/huntc.toml".into()), ..plan() };
        assert!(kubernetes(&plan).contains(r#""--config","/hunts/huntc.toml""#), "{}", kubernetes(&plan));
        assert!(systemd(&plan).contains(r#""--config" "/srv/my hunts/50%%/huntc.toml""#));
    }

    #[test]
    fn templates_are_filled_once() {
        assert_eq!(fill("{a} {b}{c} {} {{a}", &[("a", "{b}"), ("b", "2")]), "{b} 2{c} {} {{b}");
        for text in [systemd(&plan()), cron(&plan()), kubernetes(&plan())] {
            assert!(!text.replace("{}", "").contains('{'), "{text}");
        }
    }

    #[test]
    fn systemd_takes_the_units() {
        let temp = tempfile::tempdir().unwrap();
        let units = systemd_units(&plan());
        for (name, text) in &units {
            std::fs::write(temp.path().join(name), text).unwrap();
        }
        let mut command = std::process::Command::new("systemd-analyze");
        command.arg("verify").args(units.iter().map(|(name, _)| temp.path().join(name)));
        let Ok(output) = command.output() else { return };
        let told = String::from_utf8_lossy(&output.stderr);
        let ours: Vec<&str> = told.lines().filter(|l| l.contains("huntc-nightly")).collect();
        assert!(output.status.success() && ours.is_empty(), "{told}");
    }

    #[test]
    fn a_yaml_reader_takes_the_cron_job() {
        let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(&kubernetes(&plan())).unwrap();
        assert_eq!(documents.len(), 2);
        let job = &documents[1]["spec"];
        assert_eq!(job["schedule"], "5 2 * * *");
        let pod = &job["jobTemplate"]["spec"]["template"]["spec"];
        assert_eq!(pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"], true);
        assert_eq!(pod["containers"][0]["args"][0], "nightly");
        assert_eq!(pod["containers"][0]["args"].as_array().unwrap().last().unwrap(), "/hunts");
        assert_eq!(job["jobTemplate"]["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"][0], 1);
    }
}
