//! Units for schedulers: systemd, cron, Kubernetes. Each treats the exit statuses as what they are, and gives the run
//! no more than it needs.

use std::path::{Path, PathBuf};

/// What is scheduled.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The program.
    pub huntc: PathBuf,
    /// Folder of the huntflows.
    pub hunts: PathBuf,
    /// Folder of the state.
    pub state: PathBuf,
    /// Folder of the reports.
    pub out: PathBuf,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--source NAME=URI`, in order.
    pub sources: Vec<String>,
    /// Hour and minute of the run, UTC.
    pub time: (u8, u8),
    /// User of the run.
    pub user: String,
    /// Container image.
    pub image: String,
}

impl Schedule {
    /// The arguments behind the program's name.
    fn arguments(&self, hunts: &Path, state: &Path, out: &Path) -> Vec<String> {
        let mut words: Vec<String> = ["nightly", "run"].map(str::to_owned).to_vec();
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        option("--state", text(state));
        option("--out", text(out));
        if let Some(config) = &self.config {
            option("--config", text(config));
        }
        for source in &self.sources {
            option("--source", source.clone());
        }
        words.extend(["--".to_owned(), text(hunts)]);
        words
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A word of `ExecStart=` and of paths in units.
fn systemd_word(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    let escaped = escaped.replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// A word of the shell.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:+,@".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// A service and a timer.
pub fn systemd(plan: &Schedule) -> String {
    let words = std::iter::once(text(&plan.huntc)).chain(plan.arguments(&plan.hunts, &plan.state, &plan.out));
    let command = words.map(|w| systemd_word(&w)).collect::<Vec<_>>().join(" ");
    let (hour, minute) = plan.time;
    let writable = [&plan.state, &plan.out].map(|p| systemd_word(&text(p))).join(" ");
    let user = &plan.user;
    format!(
        "\
# /etc/systemd/system/huntc-nightly.service
# As root: useradd --system --home-dir /nonexistent {user}
#          install -d -o {user} -m 0750 {folders}
[Unit]
Description=Nightly threat hunts
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=12h
StartLimitBurst=4

[Service]
Type=oneshot
User={user}
ExecStart={command}
# 5 is a finding, not a failure. 3 (a hunt failed) and 4 (behind) may pass by themselves; 1 (a hunt has errors) and
# 2 (configuration) do not, so they are not tried again.
SuccessExitStatus=5
Restart=on-failure
RestartSec=15min
RestartPreventExitStatus=1 2
TimeoutStartSec=8h
KillSignal=SIGINT
TimeoutStopSec=2min
# What is left of the machine for the run.
ReadWritePaths={writable}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0027
Nice=10
IOSchedulingClass=idle

# /etc/systemd/system/huntc-nightly.timer
[Unit]
Description=Every night: threat hunts

[Timer]
OnCalendar=*-*-* {hour:02}:{minute:02}:00 UTC
# A machine that was off catches up; the state knows which windows are open.
Persistent=yes
AccuracySec=1min

[Install]
WantedBy=timers.target

# systemctl daemon-reload && systemctl enable --now huntc-nightly.timer
",
        folders = [&plan.state, &plan.out].map(|p| shell_word(&text(p))).join(" "),
    )
}

/// The two units of [`systemd`], by file name.
pub fn systemd_units(printed: &str) -> Vec<(&'static str, String)> {
    let names = ["huntc-nightly.service", "huntc-nightly.timer"];
    let split = printed.find("# /etc/systemd/system/huntc-nightly.timer").unwrap_or(printed.len());
    let (service, timer) = printed.split_at(split);
    names.into_iter().zip([service.to_owned(), timer.to_owned()]).collect()
}

/// A file for `/etc/cron.d`.
pub fn cron(plan: &Schedule) -> String {
    let words = std::iter::once(text(&plan.huntc)).chain(plan.arguments(&plan.hunts, &plan.state, &plan.out));
    // In a crontab, % ends the command.
    let command = words.map(|w| shell_word(&w)).collect::<Vec<_>>().join(" ").replace('%', "\\%");
    let (hour, minute) = plan.time;
    format!(
        "\
# /etc/cron.d/huntc-nightly
# The summary of each night goes to MAILTO. A status other than 0 and 5 (findings) says so in the first line of a second
# message through logger; the next night looks at what this one could not.
SHELL=/bin/sh
PATH=/usr/local/bin:/usr/bin:/bin
MAILTO={user}
CRON_TZ=UTC
{minute} {hour} * * * {user} umask 027; {command}; code=$?; case $code in 0|5) ;; *) logger -t huntc-nightly -p \
         user.err \"huntc nightly ended with status $code\";; esac; exit $code
",
        user = plan.user
    )
}

/// A CronJob, its volume and its ConfigMap's place.
pub fn kubernetes(plan: &Schedule) -> String {
    let arguments = plan.arguments(Path::new("/hunts"), Path::new("/var/lib/huntc/state"), Path::new("/var/lib/huntc/reports"));
    let arguments = serde_json::to_string(&arguments).unwrap_or_default();
    let image = serde_json::to_string(&plan.image).unwrap_or_default();
    let (hour, minute) = plan.time;
    format!(
        "\
# kubectl create configmap huntc-hunts --from-file={hunts}
# kubectl apply -f this file
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: huntc-nightly
spec:
  accessModes: [\"ReadWriteOnce\"]
  resources:
    requests:
      storage: 5Gi
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: huntc-nightly
spec:
  schedule: \"{minute} {hour} * * *\"
  timeZone: Etc/UTC
  # The state has a lock of its own; two pods would only wait for each other.
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 21600
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 7
  jobTemplate:
    spec:
      backoffLimit: 3
      activeDeadlineSeconds: 28800
      # 3 (a hunt failed) may pass by itself and is tried again; 1 (a hunt has errors), 2 (configuration), 4 (behind)
      # and 5 (findings, with --fail-on-findings) are not helped by another try.
      podFailurePolicy:
        rules:
          - action: FailJob
            onExitCodes:
              containerName: huntc
              operator: In
              values: [1, 2, 4, 5]
          - action: Ignore
            onPodConditions:
              - type: DisruptionTarget
      template:
        spec:
          restartPolicy: Never
          automountServiceAccountToken: false
          terminationGracePeriodSeconds: 120
          securityContext:
            runAsNonRoot: true
            runAsUser: 65532
            runAsGroup: 65532
            fsGroup: 65532
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: huntc
              image: {image}
              args: {arguments}
              # Credentials and HUNTC_WEBHOOK belong into this Secret.
              envFrom:
                - secretRef:
                    name: huntc-nightly
                    optional: true
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [\"ALL\"]
              resources:
                requests:
                  cpu: 500m
                  memory: 512Mi
                limits:
                  memory: 2Gi
              volumeMounts:
                - name: state
                  mountPath: /var/lib/huntc
                - name: hunts
                  mountPath: /hunts
                  readOnly: true
                - name: tmp
                  mountPath: /tmp
          volumes:
            - name: state
              persistentVolumeClaim:
                claimName: huntc-nightly
            - name: hunts
              configMap:
                name: huntc-hunts
            - name: tmp
              emptyDir: {{}}
",
        hunts = shell_word(&text(&plan.hunts)),
    )
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
    fn systemd_takes_the_units() {
        let temp = tempfile::tempdir().unwrap();
        let units = systemd_units(&systemd(&plan()));
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
        use serde::Deserialize;
        let text = kubernetes(&plan());
        let documents: Vec<serde_json::Value> =
            serde_yaml_ng::Deserializer::from_str(&text).map(|d| serde_json::Value::deserialize(d).unwrap()).collect();
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
