//! Receivers of a night by flags and configuration: formats, templates and mails through the program.

use super::lab::RECORD;
use crate::support::cli::Huntc;
use crate::support::stub::{Response, Stub};
use std::fs;

const HUNT: &str = "# title: Evil\nx = GET process FROM stixshifter://lab WHERE name = 'evil.exe'\nDISP x ATTR name\n";

fn place(nightly: &str) -> Huntc {
    Huntc::new()
        .file("hunts/a.hf", HUNT)
        .file("events.ndjson", RECORD)
        .file("huntc.toml", format!("[sources.lab]\npath = \"events.ndjson\"\n[nightly]\n{nightly}\n"))
}

#[test]
fn the_format_of_a_webhook_is_chosen() {
    for (nightly, flags, key) in [
        ("", "", "not_looked_at"),
        ("webhook_format = \"slack\"", "", "blocks"),
        ("webhook_format = \"slack\"", "--webhook-format teams", "attachments"),
        ("webhook_template = \"t.j2\"", "", "from_template"),
        ("webhook_template = \"t.j2\"", "--webhook-format json", "not_looked_at"),
        ("webhook_format = \"slack\"", "--webhook-template t.j2", "from_template"),
    ] {
        let receiver = Stub::start(|_| Response::text(204, ""));
        let address = format!("{}/T0SECRET", receiver.url);
        let huntc = place(nightly).file("t.j2", "{\"from_template\": {{ hunts[0].title }}}");
        let ran =
            huntc.run(&format!("nightly run hunts --config huntc.toml --at 2026-01-01T02:00:00Z --webhook {address} {flags}"));
        assert_eq!(ran.code, Some(0), "{nightly} {flags}: {}", ran.text());
        let [told] = &receiver.requests()[..] else { panic!("{nightly} {flags}: one request is sent") };
        assert!(told.method == "POST" && !told.body[key].is_null(), "{nightly} {flags}: {}", told.body);
    }
}

#[test]
fn a_mail_is_sent_by_its_command() {
    let huntc = place("mail = [\"soc@example.com\", \"b@example.com\"]\nmail_command = \"cat > mail.eml\"");
    let ran = huntc.run("nightly run hunts --config huntc.toml --at 2026-01-01T02:00:00Z --mail-from huntc@example.com");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let mail = fs::read_to_string(huntc.path("mail.eml")).unwrap();
    assert!(
        mail.contains("To: <soc@example.com>, <b@example.com>\r\n") && mail.contains("Subject: huntc: 1 new finding\r\n"),
        "{mail}"
    );
    assert!(mail.contains("Evil"), "{mail}");
}

#[test]
fn what_is_wrong_with_receivers_is_told_before_the_night() {
    for (nightly, flags, code) in [
        ("", "--mail soc", "K0803"),
        ("mail = \"a@b\\nBcc: c@d\"", "", "K0803"),
        ("webhook_format = \"pager\"", "", "K0803"),
        ("webhook_format = \"slack\"\nwebhook_template = \"t.j2\"", "", "K0803"),
        ("webhook_template = \"none.j2\"", "", "K0881"),
        ("", "--webhook-template t.j2", "K0881"),
    ] {
        let huntc = place(nightly).file("t.j2", "{\"a\": {{ reprot }}}");
        let ran = huntc.run(&format!("nightly run hunts --config huntc.toml --at 2026-01-01T02:00:00Z --quiet {flags}"));
        assert!(ran.code == Some(2) && ran.stderr.contains(code), "{nightly} {flags}: {}", ran.text());
        assert!(!huntc.path("nightly").exists(), "no night was run");
    }
    let ran = place("webhook_template = \"none.j2\"").run("nightly check hunts --config huntc.toml");
    assert!(ran.code == Some(2) && ran.stderr.contains("K0881"), "{}", ran.text());
    let ran = place("").run("nightly run hunts --webhook-format slack --webhook-template t.j2");
    assert_eq!(ran.code, Some(2));
}
