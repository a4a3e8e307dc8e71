//! Kestrel's analytics: containers, by a stand-in for docker that keeps the contract of files, and functions of Python over pandas.

use crate::support::cli::{Huntc, Ran};
use crate::support::pandas;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

/// Stands in for docker: finds the folder and the image among its arguments, writes down what it was told, and runs
/// `images/IMAGE` over the folder, with the variables that a container gets.
const DOCKER: &str = r#"#!/bin/bash
here=$(dirname "$0")
echo "$@" >> "$here/told"
[ "$1" = run ] || exit 0
for argument in "$@"; do
  case "$argument" in
    --mount=*) data=${argument#*source=}; data=${data%%,*} ;;
    --env=*=*) export "${argument#--env=}" ;;
  esac
  image=$argument
done
[ -x "$here/images/$image" ] || { echo "Unable to find image '$image' locally" >&2; exit 125; }
cd "$data" || exit 1
exec "$here/images/$image"
"#;

/// A folder with the stand-in, an image that is a script, and a hunt.
fn lab(image: &str, hunt: &str) -> Huntc {
    let huntc = Huntc::new()
        .file("docker", DOCKER)
        .file("images/kestrel-analytics-x", format!("#!/bin/bash\n{image}"))
        .file("huntc.toml", "[analytics]\nruntime = \"./docker\"\n")
        .file("a.hf", hunt);
    for program in ["docker", "images/kestrel-analytics-x"] {
        fs::set_permissions(huntc.path(program), fs::Permissions::from_mode(0o755)).unwrap();
    }
    huntc
}

const HUNT: &str = "p = NEW process ['cmd.exe', 'é']\nAPPLY docker://x ON p\nDISP p ATTR name\n";

fn run(huntc: &Huntc) -> Ran {
    huntc.run("run a.hf --config huntc.toml --no-hints --out report")
}

/// As [`run`], with tables on the standard output.
fn shown(huntc: &Huntc) -> Ran {
    huntc.run("run a.hf --config huntc.toml --no-hints")
}

#[test]
fn a_container_gets_tables_and_what_it_leaves_unchanged_is_unchanged() {
    let image = "cp input/0.parquet.gz output/0.parquet.gz\necho said\necho '<b>shown</b>' > display/ret.html\n";
    let huntc = lab(image, "p = NEW process ['cmd.exe']\nAPPLY docker://x ON p WITH XPARAM=name, LIMIT1=5\nDISP p ATTR name\n");
    let ran = run(&huntc);
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(!ran.text().contains("K1020") && !ran.text().contains("said"), "{}", ran.text());
    let told = fs::read_to_string(huntc.path("told")).unwrap();
    for flag in ["run --rm --pull=never", "--user=", "--memory=2147483648", "--env=XPARAM=name", "target=/data"] {
        assert!(told.contains(flag), "{flag}: {told}");
    }
    assert!(told.trim_end().ends_with("kestrel-analytics-x"), "{told}");
    let page = fs::read_to_string(huntc.path("report/report.html")).unwrap();
    assert!(page.contains("<iframe sandbox srcdoc=") && page.contains("&lt;b&gt;shown"), "the display is in a frame");
    let json = fs::read_to_string(huntc.path("report/report.json")).unwrap();
    assert!(json.contains("attachment-01-ret.html") && json.contains("text/html"), "{json}");
    let file = fs::read_to_string(huntc.path("report/attachment-01-ret.html")).unwrap();
    assert!(file.starts_with("<!doctype html>") && file.contains("default-src 'none'"), "{file}");
    assert_eq!(fs::read_to_string(huntc.path("report/attachment-02-log.log")).unwrap(), "said\n");
}

#[test]
fn what_a_container_does_wrong_is_told() {
    for (image, why) in [
        ("echo PAR1 > output/0.parquet.gz", "its answer 0.parquet.gz cannot be read"),
        ("head -c 900 input/0.parquet.gz > output/0.parquet.gz", "its answer 0.parquet.gz cannot be read"),
        ("ln -s /etc/passwd output/0.parquet.gz", "its answer 0.parquet.gz cannot be read"),
        ("rmdir output; ln -s input output", "its answer 0.parquet.gz cannot be read"),
        ("mkfifo output/0.parquet.gz", "its answer 0.parquet.gz cannot be read"),
        ("echo no luck; exit 3", "no luck"),
        ("head -c 1100000000 /dev/zero > output/x; sleep 20", "it wrote more than 1024 MiB"),
    ] {
        let ran = run(&lab(image, HUNT));
        assert!(ran.text().contains("K1002") && ran.text().contains(why), "{image}: {}", ran.text());
        assert_eq!(ran.code, Some(3), "{}", ran.text());
    }
}

#[test]
fn displays_are_of_known_kinds_and_no_path_leads_out() {
    let image = "ln -s /etc/passwd display/a.html\necho x > display/b.exe\necho x > display/c.png\n\
                 printf '<svg onload=alert(1)>' > display/$'..\\nd\\x1b[31m.svg'\nhead -c 9000000 /dev/zero > display/e.html\n";
    let huntc = lab(image, HUNT);
    let ran = run(&huntc);
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert_eq!(ran.text().matches("is no HTML, SVG, PNG or JPEG").count(), 2, "{}", ran.text());
    assert!(ran.text().contains("K1021") && ran.text().contains("it has more than 8 MiB"), "{}", ran.text());
    assert!(!ran.text().contains('\u{1b}'), "{}", ran.text());
    let attached: Vec<String> = huntc.names("report").into_iter().filter(|name| name.starts_with("attachment")).collect();
    assert_eq!(attached, ["attachment-01-___d__31m.html"]);
}

#[test]
fn a_container_that_does_not_end_is_removed() {
    let huntc = lab("sleep 30 & sleep 30", HUNT);
    let toml = "[analytics]\nruntime = \"./docker\"\n[analytics.\"docker://x\"]\ntimeout = \"1s\"\n";
    let huntc = huntc.file("huntc.toml", toml);
    let begun = Instant::now();
    let ran = run(&huntc);
    assert!(ran.text().contains("no end after 1 seconds"), "{}", ran.text());
    assert!(begun.elapsed() < Duration::from_secs(15), "a grandchild keeps nobody");
    assert!(fs::read_to_string(huntc.path("told")).unwrap().contains("rm --force huntc-"));
}

#[test]
fn no_name_leads_to_another_image_or_an_instruction() {
    for (hunt, why) in [
        ("APPLY docker://X ON p", "K1001"),
        ("APPLY docker://other ON p", "Unable to find image"),
        ("APPLY docker://x ON p WITH LD_PRELOAD=1", "programs take for an instruction"),
        ("APPLY docker://x ON p WITH https_proxy=1", "programs take for an instruction"),
    ] {
        let ran = run(&lab("true", &format!("p = NEW process ['cmd.exe']\n{hunt}\n")));
        assert!(ran.text().contains(why), "{hunt}: {}", ran.text());
    }
    // Nothing is run that the configuration does not name.
    let ran = run(&lab("true", HUNT).file("huntc.toml", ""));
    assert!(ran.text().contains("K1001") && ran.text().contains("runtime = \"docker\""), "{}", ran.text());
    // One that is found and not trusted runs nothing.
    let huntc = lab("touch /tmp/huntc-was-run", HUNT);
    let ran = huntc.run("run a.hf --no-hints");
    assert!(ran.text().contains("K0824") && !huntc.path("told").exists(), "{}", ran.text());
}

const MODULE: &str = r#"
import os

def score(df):
    print("printed")
    df["x_score"] = df["name"].str.len() * int(os.environ["FACTOR"])
    df["x_flag"] = df["name"] == "cmd.exe"
    df["exploit"] = None
    df.loc[df["x_flag"], "exploit"] = "yes"
    return "<h1>shown</h1>", df

def part(df):
    return df[df["name"] == "cmd.exe"]

def other(df):
    df.loc[0, "id"] = "process--1"
    df["name"] = "renamed"
    return df

def share(df):
    df["x_share"] = df["count"] / df["count"].sum()
    return df

def fail(df):
    raise ValueError("so it is")

def two(a, b):
    return a, b

def eat(df):
    return [bytearray(1 << 30) for _ in range(8)]

def wait(df):
    import time
    time.sleep(60)
"#;

/// A hunt with a Python analytic for each function of the module.
fn python(hunt: &str) -> Option<Huntc> {
    let python = pandas::python("Python analytics")?;
    let mut toml = format!("[analytics]\npython = '{}'\n[analytics.\"python://score\"]\n", python.display());
    toml += "module = \"mods/m.py\"\nfunction = \"score\"\noutputs = [\"x_score\", \"x_flag\", \"exploit\"]\n";
    for name in ["part", "other", "share", "fail", "two", "eat", "missing"] {
        let _ = write!(toml, "[analytics.\"python://{name}\"]\nmodule = \"mods/m.py\"\nfunction = \"{name}\"\n");
    }
    toml += "[analytics.\"python://wait\"]\nmodule = \"mods/m.py\"\nfunction = \"wait\"\ntimeout = \"6s\"\n";
    Some(Huntc::new().file("mods/m.py", MODULE).file("huntc.toml", toml).file("a.hf", hunt))
}

#[test]
fn a_python_function_adds_columns_that_statements_use() {
    let hunt = "p = NEW process ['cmd.exe', 'powershell.exe']\nAPPLY python://score ON p WITH FACTOR=2\n\
                q = p WHERE x_flag = TRUE AND x_score = 14\nDISP q ATTR name, x_score, exploit\n";
    let Some(huntc) = python(hunt) else { return };
    let ran = shown(&huntc);
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.stdout.contains("| cmd.exe |      14 | yes     |") && !ran.stdout.contains("powershell"), "{}", ran.text());
    assert!(!ran.text().contains("printed"), "what it prints goes to the log: {}", ran.text());
    assert_eq!(run(&huntc).code, Some(0));
    assert_eq!(fs::read_to_string(huntc.path("report/attachment-02-log.log")).unwrap(), "printed\n");
}

#[test]
fn rows_that_do_not_come_back_and_changed_ones_are_told() {
    let hunt = "p = NEW process ['cmd.exe', 'a.exe']\nAPPLY python://part ON p\nAPPLY python://other ON p\nDISP p ATTR name\n";
    let Some(huntc) = python(hunt) else { return };
    let ran = shown(&huntc);
    for told in ["1 row that it was sent did not come back", "1 row of its answer have ids that it was not sent", "it changed name"]
    {
        assert!(ran.text().contains(told), "{told}: {}", ran.text());
    }
    assert!(ran.code == Some(0) && ran.stdout.contains("a.exe") && !ran.stdout.contains("renamed"), "{}", ran.text());
}

#[test]
fn groups_are_tables_too() {
    let hunt = "p = NEW process ['cmd.exe', 'a.exe', 'cmd.exe', 'cmd.exe']\ng = GROUP p BY name WITH COUNT(name) AS count\n\
                APPLY python://share ON g\nDISP g WHERE x_share > 0.5 ATTR name, x_share\n";
    let Some(huntc) = python(hunt) else { return };
    let ran = shown(&huntc);
    assert!(ran.code == Some(0) && ran.stdout.contains("0.75") && !ran.stdout.contains("a.exe"), "{}", ran.text());
}

#[test]
fn what_a_function_does_wrong_is_told() {
    for (apply, why) in [
        ("APPLY python://fail ON p", "failed: ValueError: so it is"),
        ("APPLY python://two ON p", "the function two does not take 1 tables"),
        ("APPLY python://missing ON p", "has no function missing"),
        ("APPLY python://eat ON p", "MemoryError"),
        ("APPLY python://wait ON p", "no end after 6 seconds"),
        ("APPLY python://part ON p WITH PYTHONPATH=x", "programs take for an instruction"),
        ("APPLY python://none ON p", "K1001"),
    ] {
        let Some(huntc) = python(&format!("p = NEW process ['cmd.exe']\n{apply}\n")) else { return };
        let ran = run(&huntc);
        assert!(ran.code == Some(3) && ran.text().contains(why), "{apply}: {}", ran.text());
    }
}
