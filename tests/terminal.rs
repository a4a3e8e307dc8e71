//! What a run prints for people: how wide, how long, and in which characters.

use crate::support::cli::{Huntc, Ran};

/// A process whose rows are long, and two children of it.
const LOG: &str = concat!(
    r#"{"@timestamp":"2026-01-01T00:00:01Z","event":{"code":"1"},"host":{"name":"ws1"},"user":{"name":"jörg"},"process":{"entity_id":"a","name":"cmd.exe","pid":10,"command_line":"C:\\Windows\\System32\\cmd.exe /c \"echo Grüße aus einem Befehl, der nicht in eine Zeile passt\"","hash":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},"parent":{"entity_id":"r","name":"explorer.exe"}}}"#,
    "\n",
    r#"{"@timestamp":"2026-01-01T00:00:02Z","event":{"code":"1"},"host":{"name":"ws1"},"process":{"entity_id":"b","name":"whoami.exe","pid":11,"command_line":"whoami","parent":{"entity_id":"a","name":"cmd.exe"}}}"#,
    "\n",
    r#"{"@timestamp":"2026-01-01T00:00:03Z","event":{"code":"1"},"host":{"name":"ws1"},"process":{"entity_id":"c","name":"net.exe","pid":12,"command_line":"net user","parent":{"entity_id":"a","name":"cmd.exe"}}}"#,
    "\n",
);

const RUN: &str = "run h.hf --source s=log.ndjson";

fn lab(show: &str) -> Huntc {
    let hunt = format!(
        "r = GET process FROM stixshifter://s WHERE name = 'cmd.exe' LAST 1 d\nt = FIND process CREATED BY r DEPTH 2\nu = r + t\n{show}\n"
    );
    Huntc::new().file("log.ndjson", LOG).file("h.hf", hunt)
}

fn ran(huntc: &Huntc, flags: &str) -> Ran {
    let ran = huntc.run(&format!("{RUN} --at 2026-01-01T12:00:00Z {flags}"));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    ran
}

/// All attributes of a process do not fit into 80 columns.
#[test]
fn a_display_without_attributes_fits() {
    for columns in ["60", "80", "120"] {
        let text = ran(&lab("DISP r\nDISP u").var("COLUMNS", columns), "").stdout;
        let wide = text.lines().find(|line| line.chars().count() > columns.parse().unwrap());
        assert_eq!(wide, None, "{columns}\n{text}");
        assert!(text.contains("pid  ") && text.contains("├─ "), "{text}");
    }
    // Into a pipe too, but there no value is broken, so that whoever searches the text finds it.
    let text = ran(&lab("DISP r"), "").stdout;
    let line = text.lines().find(|line| line.contains("command_line")).unwrap();
    assert!(line.ends_with("in eine Zeile passt\""), "{text}");
    assert!(text.lines().any(|line| line.ends_with("pid") || line.contains("pid ")), "{text}");
    assert!(text.contains("no value in: "), "{text}");
}

#[test]
fn rows_beyond_the_most_are_counted_and_can_be_had() {
    let huntc = lab("DISP t ATTR name, pid");
    let text = ran(&huntc, "--rows 1").stdout;
    assert!(text.contains("only 1 row of 2 shown: `--rows all` shows all") && !text.contains("net.exe"), "{text}");
    for all in ["--rows all", "--rows 2", ""] {
        let text = ran(&huntc, all).stdout;
        assert!(text.contains("net.exe") && !text.contains("only "), "{text}");
    }
    for wrong in ["0", "-1", "many"] {
        assert_eq!(huntc.run(&format!("{RUN} --rows={wrong}")).code, Some(2));
    }
}

/// A mail of cron has no locale, and whoever says `C` means it. Files and what programs read are UTF-8 always.
#[test]
fn a_locale_without_utf_8_gets_ascii() {
    for (name, value) in [("LC_ALL", "C"), ("LANG", ""), ("LC_CTYPE", "POSIX"), ("LANG", "de_DE.ISO-8859-1")] {
        let huntc = lab("DISP u ATTR name, user.name\nDISP r").var(name, value);
        let told = ran(&huntc, "");
        assert!(told.stdout.is_ascii() && told.stderr.is_ascii(), "{name}={value}\n{}", told.text());
        assert!(told.stdout.contains(r"Gr\u{fc}\u{df}e") && told.stdout.contains("`- "), "{}", told.stdout);
        let broken = huntc.file("b.hf", "x = GET proces FROM stixshifter://s WHERE name = 'é'\n").run("check b.hf");
        assert!(broken.code == Some(1) && broken.stdout.is_ascii() && broken.stdout.contains(",-["), "{}", broken.text());
    }
    let huntc = lab("DISP r ATTR user.name, command_line").var("LC_ALL", "C");
    assert!(ran(&huntc, "--format json").stdout.contains("Grüße"));
    ran(&huntc, "--out out");
    assert!(std::fs::read_to_string(huntc.path("out/01-r.csv")).unwrap().contains("Grüße"));
    // One that is said to be UTF-8 gets it, also where a weaker one is not.
    let told = ran(&lab("DISP u ATTR name, user.name").var("LC_ALL", "en_US.utf8").var("LANG", "C"), "");
    assert!(told.stdout.contains("├─"), "{}", told.stdout);
}
