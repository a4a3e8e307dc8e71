//! Files that a hunt names by an address: fetched where the user allowed it, and nowhere else.

use super::lab::Lab;
use crate::support::cli::{Huntc, Ran};
use crate::support::stub::{Response, Stub};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use std::time::Duration;

/// A server that gives a bundle, and other things at other paths; its address is in redirects.
fn server() -> Stub {
    let bundle = Lab::small().bundle();
    Stub::start(move |request| match request.path.as_str() {
        "/lab.json" => Response::text(200, &bundle),
        "/lab.json.gz" => {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(bundle.as_bytes()).unwrap();
            Response { body: packed.finish().unwrap(), ..Response::text(200, "") }
        }
        "/lab.zip" => Response { body: super::zip_of("lab.json", bundle.as_bytes()), ..Response::text(200, "") },
        "/moved" => Response::text(302, "").with("Location", "/lab.json"),
        "/away" => Response::text(302, "").with("Location", "http://169.254.169.254/latest"),
        "/round" => Response::text(302, "").with("Location", "/round"),
        "/file" => Response::text(302, "").with("Location", "file:///etc/passwd"),
        "/cut" => Response { cut: Some(100), ..Response::text(200, &bundle) },
        "/page" => Response::text(200, "<!DOCTYPE html><p>Sign in"),
        "/endless" => Response { endless: Some(Duration::ZERO), ..Response::text(200, &"x".repeat(1 << 20)) },
        _ => Response::text(404, "no such file"),
    })
}

/// Runs a hunt over a path of the server, with these flags.
fn run(server: &Stub, path: &str, flags: &str) -> (Huntc, Ran) {
    let hunt = format!("p = GET process FROM '{}{path}' WHERE name = 'cmd.exe'\nDISP p ATTR name, pid\n", server.url);
    let huntc = Huntc::new().file("h.hf", hunt);
    let ran = huntc.run(&format!("run h.hf --out r {flags}"));
    (huntc, ran)
}

fn allowed(server: &Stub) -> String {
    format!("--allow-fetch {}", server.url.strip_prefix("http://").unwrap())
}

#[test]
fn nothing_is_asked_of_a_host_that_was_not_allowed() {
    let server = server();
    for flags in ["", "--allow-fetch bundles.example", "--allow-fetch 127.0.0.1", "--allow-fetch localhost"] {
        let (_, ran) = run(&server, "/lab.json", flags);
        assert_eq!(ran.code, Some(2), "{}", ran.text());
        assert!(ran.stderr.contains("K1030") && ran.stderr.contains("--allow-fetch 127.0.0.1:"), "{}", ran.text());
    }
    let (huntc, ran) = run(&server, "/lab.json", "--allow-fetch http://127.0.0.1");
    assert_eq!(ran.code, Some(2), "{}", ran.text());
    let ran = huntc.run("check h.hf");
    assert!(ran.code == Some(0) && ran.stdout.contains("K0821") && ran.stdout.contains("--allow-fetch"), "{}", ran.text());
    assert!(server.requests().is_empty());
}

#[test]
fn an_allowed_host_gives_its_file_once() {
    let server = server();
    for path in ["/lab.json", "/lab.json.gz", "/lab.zip", "/moved", "/lab.json?token=secret"] {
        let before = server.requests().len();
        let (huntc, ran) = run(&server, path, &allowed(&server));
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        let report = huntc.report("r");
        assert_eq!(report["hunts"][0]["variables"][0]["entities"], 2, "{report:#}");
        assert_eq!(server.requests().len() - before, if path == "/moved" { 2 } else { 1 });
    }
    // Several statements, and several hunts of a run, read what was fetched first.
    let two = format!(
        "p = GET process FROM {0}/lab.json WHERE pid > 0\nq = GET network-traffic FROM {0}/lab.json WHERE dst_port > 0\n",
        server.url
    );
    let huntc = Huntc::new().file("a.hf", &two).file("b.hf", &two);
    let before = server.requests().len();
    let ran = huntc.run(&format!("run a.hf b.hf {}", allowed(&server)));
    assert_eq!((ran.code, server.requests().len() - before), (Some(0), 1), "{}", ran.text());
    let request = server.requests().pop().unwrap();
    for name in ["authorization", "cookie", "referer", "x-opaque-id"] {
        assert_eq!(request.header(name), None);
    }
}

#[test]
fn the_configuration_allows_hosts_where_it_is_trusted() {
    let server = server();
    let host = server.url.strip_prefix("http://").unwrap();
    let huntc = Huntc::new()
        .file("h.hf", format!("p = GET process FROM {}/lab.json WHERE name = 'cmd.exe'\n", server.url))
        .file("huntc.toml", format!("[run]\nallow_fetch = [\"{host}\"]\n"));
    let named = huntc.run("run h.hf --config huntc.toml");
    assert_eq!(named.code, Some(0), "{}", named.text());
    if !named.folder.is_empty() && !is_root() {
        let found = huntc.run("run h.hf");
        assert!(
            found.code == Some(2) && found.stderr.contains("K0824") && found.stderr.contains("allow_fetch"),
            "{}",
            found.text()
        );
    }
    let wrong = Huntc::new().file("h.hf", "DISP x").file("huntc.toml", "[run]\nallow_fetch = [\"https://a.example/x\"]\n");
    let ran = wrong.run("run h.hf --config huntc.toml");
    assert!(ran.code == Some(2) && ran.stderr.contains("`allow_fetch` has a text that is no host"), "{}", ran.text());
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0)
}

#[test]
fn what_is_not_fetched_whole_is_an_error() {
    let server = server();
    for (path, says) in [
        ("/none.json", "it answered 404"),
        ("/away", "nothing is fetched from 169.254.169.254"),
        ("/round", "it redirects more than 5 times"),
        ("/file", "it redirects to an address that cannot be used"),
        ("/cut", "the connection failed"),
        ("/page", "it looks like XML or HTML"),
    ] {
        let (_, ran) = run(&server, path, &allowed(&server));
        assert_eq!(ran.code, Some(3), "{path}: {}", ran.text());
        assert!(ran.stderr.contains(says) || ran.stdout.contains(says), "{path}: {}", ran.text());
    }
    let (_, ran) = run(&server, "/endless", &format!("{} --max-memory 50MiB", allowed(&server)));
    assert!(ran.code == Some(3) && ran.stderr.contains("K1008"), "{}", ran.text());
}

#[test]
fn a_profile_of_stix_bundle_names_a_file_or_an_address() {
    let server = server();
    let huntc = Huntc::new()
        .file("lab.json", Lab::small().bundle())
        .file("h.hf", "p = GET process FROM stixshifter://lab WHERE name = 'cmd.exe'\nq = GET process FROM stixshifter://env WHERE name = 'cmd.exe'\n");
    let path = huntc.path("lab.json").display().to_string();
    let yaml = format!(
        "profiles:\n  LAB:\n    connector: stix_bundle\n    connection:\n      host: {}/lab.json\n    config: {{auth: {{username: u, password: hunter2}}}}\n",
        server.url
    );
    let huntc = huntc
        .file("home/.config/kestrel/stixshifter.yaml", yaml)
        .var("STIXSHIFTER_ENV_CONNECTOR", "stix_bundle")
        .var("STIXSHIFTER_ENV_CONNECTION", &format!(r#"{{"host": "{path}"}}"#));
    let ran = huntc.run("run h.hf --out r");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(
        ran.stderr.contains("credentials of the profile `lab` are not sent") && !ran.stderr.contains("hunter2"),
        "{}",
        ran.text()
    );
    let report = huntc.report("r");
    let entities = |at: usize| report["hunts"][0]["variables"][at]["entities"].clone();
    assert_eq!((entities(0), entities(1)), (2.into(), 2.into()));
    assert_eq!(server.requests().len(), 1);
    assert_eq!(server.requests()[0].header("authorization"), None);
}
