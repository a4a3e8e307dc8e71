//! Units for schedulers: systemd, cron and Kubernetes. They map the exit statuses of huntc, and give the run no more
//! rights than it needs.

mod kubernetes;

pub use kubernetes::kubernetes;

use super::baggage::Baggage;
use super::shell::shell_word;
use std::collections::BTreeSet;
use std::fmt::Write as _;
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
    /// The values of `--source`, in their order; none has a password.
    pub sources: Vec<String>,
    /// Further flags that are about sources, with their values.
    pub flags: Vec<(&'static str, String)>,
    /// Hour and minute of the run.
    pub time: (u8, u8),
    /// The user that the run belongs to.
    pub user: String,
    /// The unit that systemd starts when a night failed.
    pub on_failure: Option<String>,
    /// Name of the container image.
    pub image: String,
    /// What belongs to the huntflows. The names of its variables are those of the environment too.
    pub baggage: Baggage,
}

/// Where variables with secrets are kept, for root to read.
const ENVIRONMENT: &str = "/etc/huntc/environment";
/// Where systemd, and we with cron, look for credentials.
const CREDENTIALS: &str = "/etc/credstore";

impl Schedule {
    /// The arguments after the program's name.
    fn arguments(&self, hunts: &Path, config: Option<&Path>, state: &Path, out: &Path) -> Vec<String> {
        let mut words: Vec<String> = ["nightly", "run"].map(str::to_owned).to_vec();
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        option("--state", text(state));
        option("--out", text(out));
        if let Some(config) = config {
            option("--config", text(config));
        }
        for source in &self.sources {
            option("--source", source.clone());
        }
        for (flag, value) in &self.flags {
            option(flag, value.clone());
        }
        words.extend(["--".to_owned(), text(hunts)]);
        words
    }

    /// The whole command, with each word quoted by `word`.
    fn command(&self, word: fn(&str) -> String) -> String {
        let arguments = self.arguments(&self.hunts, self.config.as_deref(), &self.state, &self.out);
        let words = std::iter::once(text(&self.huntc)).chain(arguments);
        words.map(|w| word(&w)).collect::<Vec<_>>().join(" ")
    }
}

/// Names with blanks between them.
fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
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
        ("secrets", &systemd_secrets(&schedule.baggage)),
        ("on_failure", &on_failure(schedule)),
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

/// The lines that hand secrets to the service. None of them has one.
fn systemd_secrets(baggage: &Baggage) -> String {
    let mut out = String::new();
    for name in &baggage.credentials {
        let _ = writeln!(out, "LoadCredential={name}:{CREDENTIALS}/{name}");
    }
    if !baggage.variables.is_empty() {
        let names = listed(&baggage.variables);
        let _ = writeln!(out, "# For root alone to read, a line NAME=value for each of: {names}\nEnvironmentFile={ENVIRONMENT}");
    }
    out
}

fn on_failure(schedule: &Schedule) -> String {
    match &schedule.on_failure {
        Some(unit) => format!("OnFailure={unit}\n"),
        None => "# OnFailure= is written by `--on-failure UNIT`: a unit that tells somebody of a night that failed.\n".to_owned(),
    }
}

/// The lines of a crontab that say where secrets come from.
fn cron_secrets(baggage: &Baggage) -> String {
    if baggage.credentials.is_empty() {
        return String::new();
    }
    let names = listed(&baggage.credentials);
    format!("# Files for the user of the run alone to read: {names}\nCREDENTIALS_DIRECTORY={CREDENTIALS}\n")
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
        ("secrets", &cron_secrets(&schedule.baggage)),
        (
            "environment",
            &if schedule.baggage.variables.is_empty() { String::new() } else { format!("set -a; . {ENVIRONMENT}; set +a; ") },
        ),
        // In a crontab `%` ends the command.
        ("command", &schedule.command(shell_word).replace('%', "\\%")),
        ("hour", &hour.to_string()),
        ("minute", &minute.to_string()),
    ];
    fill(include_str!("install/cron"), &values)
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_sources_come_along() {
        let flags = vec![("--log-time-offset", "lab=+4h".to_owned()), ("--allow-fetch", "bundles.example".to_owned())];
        let command = Schedule { flags, ..plan() }.command(str::to_owned);
        assert!(command.contains(" --log-time-offset lab=+4h --allow-fetch bundles.example -- "), "{command}");
    }

    fn plan() -> Schedule {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        Schedule {
            huntc: "/usr/bin/true".into(),
            hunts: "/srv/my hunts/50%".into(),
            state: "/var/lib/huntc/state".into(),
            out: "/var/lib/huntc/it's".into(),
            config: Some("/etc/huntc.toml".into()),
            sources: vec!["lab=https://h:9200/a\"b".to_owned()],
            flags: Vec::new(),
            time: (2, 5),
            user: "huntc".to_owned(),
            on_failure: Some("tell-somebody@%n.service".to_owned()),
            image: "registry.example/huntc:1".to_owned(),
            baggage: Baggage {
                base: "/srv".into(),
                config: Some("huntc.toml".to_owned()),
                hunts: "my hunts/50%".to_owned(),
                files: [
                    file("huntc.toml", "[sources.a]\nauth = { api_key = \"credential:api-key\" }\n"),
                    file("my hunts/50%/a.hf", "# title: {image} ${HOOK}\nDISP x\n"),
                    file("my hunts/50%/net/a.hf", "DISP y\n"),
                    ("my hunts/50%/t.bin".to_owned(), vec![0xff, 0]),
                ]
                .into(),
                secret_files: names(&["keys/b"]),
                credentials: names(&["api-key"]),
                variables: names(&["HOOK"]),
                left: names(&["logs (sources.c.path): the records of a source"]),
                ..Baggage::default()
            },
        }
    }

    fn golden(name: &str, text: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../../snapshots/install");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, text));
    }

    #[test]
    fn units_in_full() {
        let (full, bare) = (plan(), Schedule { on_failure: None, baggage: Baggage::default(), ..plan() });
        golden("systemd", &systemd(&full));
        golden("systemd-bare", &systemd(&bare));
        golden("cron", &cron(&full));
        golden("cron-bare", &cron(&bare));
        golden("kubernetes", &kubernetes(&full));
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
        let baggage = Baggage { hunts: String::new(), ..plan().baggage };
        let plan = Schedule { config: Some("/srv/my hunts/50%/huntc.toml".into()), baggage, ..plan() };
        assert!(kubernetes(&plan).contains(r#""--config","/etc/huntc/huntc.toml""#), "{}", kubernetes(&plan));
        assert!(systemd(&plan).contains(r#""--config" "/srv/my hunts/50%%/huntc.toml""#));
    }

    #[test]
    fn templates_are_filled_once() {
        assert_eq!(fill("{a} {b}{c} {} {{a}", &[("a", "{b}"), ("b", "2")]), "{b} 2{c} {} {{b}");
        for text in [systemd(&plan()), cron(&plan())] {
            assert!(!text.replace("{}", "").contains('{'), "{text}");
        }
        assert!(kubernetes(&plan()).contains("title: {image} ${HOOK}"), "what is carried is not filled");
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
        let text = kubernetes(&plan());
        let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(&text).unwrap();
        let [maps @ .., _, job] = documents.as_slice() else { panic!("{text}") };
        let job = &job["spec"];
        assert_eq!(job["schedule"], "5 2 * * *");
        let pod = &job["jobTemplate"]["spec"]["template"]["spec"];
        assert_eq!(pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"], true);
        let arguments = pod["containers"][0]["args"].as_array().unwrap();
        assert_eq!((&arguments[0], arguments.last().unwrap()), (&"nightly".into(), &"/etc/huntc/my hunts/50%".into()));
        assert!(arguments.contains(&"/etc/huntc/huntc.toml".into()), "{arguments:?}");
        assert_eq!(job["jobTemplate"]["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"][0], 1);
        // Every file of the maps has its place, and its text is what it was.
        let sources =
            pod["volumes"].as_array().unwrap().iter().find(|v| v["name"] == "huntc").unwrap()["projected"]["sources"].clone();
        let mut placed = std::collections::BTreeMap::new();
        for source in sources.as_array().unwrap().iter().filter(|s| !s["configMap"].is_null()) {
            let map = maps.iter().find(|m| m["metadata"]["name"] == source["configMap"]["name"]).unwrap();
            for item in source["configMap"]["items"].as_array().unwrap() {
                let key = item["key"].as_str().unwrap();
                assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)), "{key}");
                let text = map["data"].get(key).or_else(|| map["binaryData"].get(key)).unwrap();
                placed.insert(item["path"].as_str().unwrap().to_owned(), text.as_str().unwrap().to_owned());
            }
        }
        let plan = plan();
        assert_eq!(placed.keys().collect::<Vec<_>>(), plan.baggage.files.keys().collect::<Vec<_>>());
        assert_eq!(placed["my hunts/50%/net/a.hf"], "DISP y\n");
        assert_eq!(placed["my hunts/50%/t.bin"], "/wA=");
    }

    #[test]
    fn what_is_too_large_for_one_map_gets_several() {
        let mut plan = plan();
        for n in 0..4 {
            plan.baggage.files.insert(format!("big/{n}.csv"), vec![b'x'; 400_000]);
        }
        plan.baggage.files.insert("big/huge.csv".to_owned(), vec![b'x'; 2_000_000]);
        let text = kubernetes(&plan);
        assert_eq!(text.matches("kind: ConfigMap").count(), 2, "{}", text.len());
        assert!(text.contains("# not carried: big/huge.csv: more than a ConfigMap holds"));
    }

    #[test]
    fn no_name_can_add_a_line() {
        let mut plan = plan();
        plan.baggage.left.insert("a\nspec: b".to_owned());
        assert!(!kubernetes(&plan).contains("\nspec: b"));
    }
}
