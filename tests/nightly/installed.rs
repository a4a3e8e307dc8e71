//! What `nightly install` gives out for a folder with its configuration: no secret in it, and nothing left behind.

use crate::support::cli::Huntc;
use std::fs;

const CONFIG: &str = r#"[sources.windows]
uri = "https://elastic.example:9200"
indices = ["winlogbeat-*"]
auth = { api_key = "credential:api-key" }

[nightly]
webhook = "${HOOK}"
"#;
const HUNT: &str = "x = GET process FROM stixshifter://windows WHERE name = 'a'\nDISP x\n";

fn place() -> Huntc {
    Huntc::new().file("etc/huntc.toml", CONFIG).file("etc/hunts/a.hf", HUNT).file("etc/hunts/net/a.hf", HUNT)
}

#[test]
fn a_secret_in_a_flag_or_a_map_is_refused() {
    let with_password = "--source windows=https://u:hunter2@elastic.example:9200/x";
    for kind in ["--systemd", "--cron", "--k8s"] {
        let ran = place().run(&format!("nightly install etc/hunts --config etc/huntc.toml {kind} {with_password}"));
        assert_eq!(ran.code, Some(2), "{}", ran.text());
        assert!(ran.stderr.contains("K0882"), "{}", ran.text());
        assert!(ran.stdout.is_empty() && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    let literal = CONFIG.replace("credential:api-key", "hunter2");
    let huntc = place().file("etc/huntc.toml", &literal);
    let ran = huntc.run("nightly install etc/hunts --config etc/huntc.toml --k8s");
    assert!(ran.code == Some(2) && ran.stderr.contains("`sources.windows.auth.api_key`"), "{}", ran.text());
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    // A unit only names the file.
    let ran = huntc.run("nightly install etc/hunts --config etc/huntc.toml --systemd");
    assert!(ran.code == Some(0) && !ran.stdout.contains("hunter2"), "{}", ran.text());
}

#[test]
fn secrets_are_handed_over_and_the_environment_is_named() {
    let huntc = place().var("HUNTC_WEBHOOK", "https://hooks.example/hunter2");
    let unit = huntc.run("nightly install etc/hunts --config etc/huntc.toml --systemd --on-failure tell-somebody.service").stdout;
    for line in [
        "\nLoadCredential=api-key:/etc/credstore/api-key\n",
        "\nEnvironmentFile=/etc/huntc/environment\n",
        "\nOnFailure=tell-somebody.service\n",
        "for each of: HOOK HUNTC_WEBHOOK\n",
    ] {
        assert!(unit.contains(line), "{line}\n{unit}");
    }
    let cron = huntc.run("nightly install etc/hunts --config etc/huntc.toml --cron").stdout;
    assert!(
        cron.contains("\nCREDENTIALS_DIRECTORY=/etc/credstore\n") && cron.contains("set -a; . /etc/huntc/environment; set +a; "),
        "{cron}"
    );
    for text in [unit, cron, huntc.run("nightly install etc/hunts --config etc/huntc.toml --k8s").stdout] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert_eq!(huntc.run("nightly install etc/hunts --config etc/huntc.toml --systemd --on-failure x\ny").code, Some(2));
}

#[test]
fn configuration_and_folders_go_along_to_kubernetes() {
    let text = place().run("nightly install etc/hunts --config etc/huntc.toml --k8s").stdout;
    for part in [
        "\"path\":\"huntc.toml\"",
        "\"path\":\"hunts/a.hf\"",
        "\"path\":\"hunts/net/a.hf\"",
        "credential:api-key",
        "\"/etc/huntc/hunts\"",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn a_credential_is_read_from_its_folder() {
    let huntc = place().file("credentials/api-key", "id:hunter2\n").var("HOOK", "http://127.0.0.1:9/");
    let ran = huntc.run("nightly run etc/hunts --config etc/huntc.toml --state s --out o");
    assert!(ran.code == Some(3) && ran.text().contains("`CREDENTIALS_DIRECTORY` is not set"), "{}", ran.text());
    let folder = huntc.path("credentials").display().to_string();
    let huntc = huntc.var("CREDENTIALS_DIRECTORY", &folder);
    let ran = huntc.run("sources --config etc/huntc.toml");
    assert!(ran.code == Some(0) && ran.stdout.contains("from the credential api-key"), "{}", ran.text());
    let ran = huntc.run("nightly run etc/hunts --config etc/huntc.toml --state s --out o");
    assert!(!ran.text().contains("CREDENTIALS_DIRECTORY") && !ran.text().contains("hunter2"), "{}", ran.text());
}

#[test]
fn a_folder_that_is_not_there_is_no_matter_of_rights() {
    let ran = place().run("nightly install etc/hunts --config etc/huntc.toml --systemd --write nowhere");
    assert!(ran.code == Some(2) && ran.stderr.contains("mkdir -p nowhere"), "{}", ran.text());
    let huntc = place();
    fs::create_dir(huntc.path("units")).unwrap();
    assert_eq!(huntc.run("nightly install etc/hunts --config etc/huntc.toml --systemd --write units").code, Some(0));
    assert_eq!(huntc.names("units"), ["huntc-nightly.service", "huntc-nightly.timer"]);
}

/// A unit names its configuration, and what is named is trusted.
#[test]
fn a_configuration_that_is_not_trusted_gets_no_unit() {
    let ran = place().run("nightly install etc/hunts --systemd");
    assert!(ran.code == Some(2) && ran.stdout.is_empty() && ran.stderr.contains("trust"), "{}", ran.text());
}
