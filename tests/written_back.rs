//! `huntc run --write-back`: huntbooks that answer. What stands in them is looked at here, and by Jupyter's own nbformat and nbconvert
//! where a Python has them.

use crate::support::cli::{Huntc, setting};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;
use std::process::Command;

const LOG: &str = concat!(
    r#"{"@timestamp":"2026-01-01T00:00:01Z","event":{"code":"1"},"host":{"name":"ws1"},"process":{"entity_id":"a","name":"cmd.exe","pid":10,"command_line":"cmd <img src=x onerror=alert(1)> {{x}}","parent":{"entity_id":"r","name":"explorer.exe"}}}"#,
    "\n",
    r#"{"@timestamp":"2026-01-01T00:00:02Z","event":{"code":"1"},"host":{"name":"ws1"},"process":{"entity_id":"b","name":"whoami.exe","pid":11,"command_line":"\u001b[31mwhoami","parent":{"entity_id":"a","name":"cmd.exe"}}}"#,
    "\n",
);

/// A notebook as Jupyter saves it: prose, a hunt in two cells, a cell of another language, outputs of somebody else.
const BOOK: &str = r##"{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "prose",
   "metadata": {},
   "source": [
    "# Why é"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 3,
   "id": "first",
   "metadata": {
    "tags": [
     "z",
     "a"
    ]
   },
   "outputs": [
    {
     "name": "stdout",
     "output_type": "stream",
     "text": [
      "of Kestrel\n"
     ]
    }
   ],
   "source": [
    "r = GET process FROM stixshifter://s WHERE name = 'cmd.exe' LAST 1 d\n",
    "INFO r"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "id": "bash",
   "metadata": {},
   "outputs": [],
   "source": "%%bash\necho no hunt"
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "id": "second",
   "metadata": {},
   "outputs": [],
   "source": [
    "t = FIND process CREATED BY r DEPTH 2\n",
    "u = r + t\n",
    "DISP u ATTR name, pid, command_line"
   ]
  }
 ],
 "metadata": {
  "kernelspec": {
   "display_name": "Kestrel",
   "language": "kestrel",
   "name": "kestrel"
  },
  "odd": {   "spaces": "kept"   }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
"##;

const RUN: &str = "--source s=log.ndjson --at 2026-01-01T12:00:00Z";

fn lab() -> Huntc {
    Huntc::new().file("log.ndjson", LOG).file("book.ipynb", BOOK)
}

fn text_of(huntc: &Huntc, name: &str) -> String {
    fs::read_to_string(huntc.path(name)).unwrap()
}

fn outputs(text: &str, cell: usize) -> Vec<Json> {
    let book: Json = serde_json::from_str(text).unwrap();
    book["cells"][cell]["outputs"].as_array().unwrap().clone()
}

/// The notebook without the outputs of its cells, which must be what it was.
fn without_outputs(text: &str) -> Json {
    let mut book: Json = serde_json::from_str(text).unwrap();
    for cell in book["cells"].as_array_mut().unwrap() {
        cell.as_object_mut().unwrap().remove("outputs");
    }
    book
}

#[test]
fn outputs_stand_in_their_cells_and_nothing_else_changes() {
    let huntc = lab();
    let ran = huntc.run(&format!("run book.ipynb --write-back {RUN}"));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.stdout.ends_with("huntbook: book.ipynb\n") || ran.stdout.contains("huntbook: book.ipynb\n"), "{}", ran.stdout);
    let text = text_of(&huntc, "book.ipynb");
    assert_eq!(without_outputs(&text), without_outputs(BOOK));
    // Byte by byte: what comes before and behind the lists of outputs.
    for part in BOOK.split("\"outputs\": []").flat_map(|part| part.split("\n    }\n   ],")) {
        assert!(text.contains(part), "{part}");
    }
    let first = outputs(&text, 1);
    assert_eq!(first[0], json!({ "name": "stdout", "output_type": "stream", "text": ["of Kestrel\n"] }));
    assert_eq!(first.len(), 3, "INFO, and the variable");
    assert!(first[1]["data"]["text/html"].to_string().contains("Number of Entities"));
    assert_eq!(first[2]["data"]["text/plain"], json!(["r: process, entities 1, records 2"]));
    let left_out = outputs(&text, 2);
    assert!(left_out.len() == 1 && left_out[0].to_string().contains("K0028"), "{left_out:?}");
    let second = outputs(&text, 3);
    let (page, plain) = (second[0]["data"]["text/html"].to_string(), second[0]["data"]["text/plain"].to_string());
    assert!(page.contains("&lt;img src=x") && !page.contains("<img") && page.contains(r"\\u{1b}[31mwhoami"), "{page}");
    assert!(plain.contains("└─") && page.contains("└─") && plain.contains(r"\\u{1b}[31mwhoami"), "{plain}");
    // The same again changes no byte; where less is found, less stands there.
    assert_eq!(huntc.run(&format!("run book.ipynb --write-back --quiet {RUN}")).code, Some(0));
    assert_eq!(text_of(&huntc, "book.ipynb"), text);
    fs::write(huntc.path("log.ndjson"), LOG.lines().next().unwrap()).unwrap();
    assert_eq!(huntc.run(&format!("run book.ipynb --write-back --quiet {RUN}")).code, Some(0));
    let less = text_of(&huntc, "book.ipynb");
    assert!(!less.contains("whoami") && less.contains("of Kestrel\\n"), "{less}");
}

#[test]
fn mistakes_stand_at_their_cells_and_go_when_they_are_mended() {
    let huntc = lab();
    fs::write(huntc.path("book.ipynb"), BOOK.replace("ATTR name, pid", "ATTR nam, pid")).unwrap();
    let ran = huntc.run(&format!("run book.ipynb --write-back {RUN}"));
    assert_eq!(ran.code, Some(1), "{}", ran.text());
    let text = text_of(&huntc, "book.ipynb");
    let wrong = &outputs(&text, 3)[0];
    assert_eq!(wrong["output_type"], "error");
    assert!(wrong["ename"].as_str().unwrap().starts_with("huntc K0") && wrong["traceback"].to_string().contains("nam"), "{wrong}");
    assert_eq!(outputs(&text, 1).len(), 1, "what Kestrel left is all");
    fs::write(huntc.path("book.ipynb"), text.replace("ATTR nam, pid", "ATTR name, pid")).unwrap();
    assert_eq!(huntc.run(&format!("run book.ipynb --write-back {RUN}")).code, Some(0));
    assert!(!text_of(&huntc, "book.ipynb").contains("\"error\""));
    // A source that cannot be read is an error at the cell that asks it.
    fs::write(huntc.path("book.ipynb"), BOOK).unwrap();
    assert_ne!(huntc.run("run book.ipynb --write-back --source s=http://127.0.0.1:9/x --at 2026-01-01T12:00:00Z").code, Some(0));
    let text = text_of(&huntc, "book.ipynb");
    assert_eq!(outputs(&text, 1)[1]["output_type"], "error", "{text}");
    assert!(text.contains("no table: "), "{text}");
}

#[test]
fn another_notebook_gets_them_and_what_is_none_is_refused() {
    let huntc = lab().file("hunt.hf", "x = GET process FROM stixshifter://s WHERE name = 'a' LAST 1 d\n").file("notes.txt", "mine");
    let ran = huntc.run(&format!("run book.ipynb --write-back=out.ipynb {RUN}"));
    assert!(ran.code == Some(0) && ran.stdout.contains("huntbook: out.ipynb\n"), "{}", ran.text());
    assert_eq!(text_of(&huntc, "book.ipynb"), BOOK);
    let out = text_of(&huntc, "out.ipynb");
    let drawn = outputs(&out, 3);
    assert_eq!(drawn.len(), 4, "a table, figures, a timeline, the plan");
    for picture in &drawn[2..] {
        let image = picture["data"]["image/svg+xml"].as_array().unwrap()[0].as_str().unwrap();
        assert!(image.starts_with("<svg xmlns=") && !picture["data"]["text/plain"].as_array().unwrap().is_empty(), "{picture}");
    }
    // Again over the first one: a notebook is there.
    assert_eq!(huntc.run(&format!("run book.ipynb --write-back=out.ipynb {RUN}")).code, Some(0));
    assert_eq!(text_of(&huntc, "out.ipynb"), out);
    for (line, code) in [
        ("run hunt.hf --write-back", "K0840"),
        ("run book.ipynb hunt.hf --write-back", "K0840"),
        ("run book.ipynb --write-back=notes.txt", "K0840"),
        ("run book.ipynb --write-back=no/folder.ipynb", "K0840"),
        ("run book.ipynb out.ipynb --write-back=one.ipynb", "K0840"),
        ("run - --write-back", "K0840"),
    ] {
        let ran = huntc.run(&format!("{line} {RUN}"));
        assert!(ran.code == Some(2) && ran.stderr.contains(code) && ran.stdout.is_empty(), "{}", ran.text());
    }
    assert_eq!(text_of(&huntc, "notes.txt"), "mine");
    let old = r#"{"nbformat":3,"worksheets":[{"cells":[{"cell_type":"code","input":"x = GET process FROM stixshifter://s WHERE name = 'a' LAST 1 d"}]}]}"#;
    let ran = huntc.file("old.ipynb", old).run(&format!("run old.ipynb --write-back {RUN}"));
    assert!(ran.code == Some(2) && ran.stderr.contains("nbformat 4"), "{}", ran.text());
}

/// Rights stay, a link stays a link, nothing is left beside it; who saved the notebook meanwhile keeps what was saved.
#[cfg(unix)]
#[test]
fn the_file_is_replaced_safely() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let huntc = lab();
    fs::create_dir(huntc.path("real")).unwrap();
    fs::rename(huntc.path("book.ipynb"), huntc.path("real/book.ipynb")).unwrap();
    fs::set_permissions(huntc.path("real/book.ipynb"), fs::Permissions::from_mode(0o664)).unwrap();
    symlink("real/book.ipynb", huntc.path("book.ipynb")).unwrap();
    assert_eq!(huntc.run(&format!("run book.ipynb --write-back {RUN}")).code, Some(0));
    assert!(huntc.path("book.ipynb").symlink_metadata().unwrap().is_symlink());
    assert_eq!(fs::metadata(huntc.path("real/book.ipynb")).unwrap().permissions().mode() & 0o777, 0o664);
    assert_eq!(huntc.names("real"), ["book.ipynb"]);
    assert_eq!(outputs(&text_of(&huntc, "real/book.ipynb"), 3).len(), 4);
    // An analytic of the hunt saves the notebook while the hunt runs.
    let saved = BOOK.replace("Why", "How");
    let book = BOOK.replace("INFO r", "APPLY exec://save ON r");
    let script = r#"cp saved.ipynb book.ipynb; sed -E 's/.*"row":([0-9]+),"table":([0-9]+).*/{"table":\2,"row":\1,"data":{"x_saved":"y"}}/'"#;
    let toml = format!("[analytics.\"exec://save\"]\nexec = [\"/bin/sh\", \"-c\", {script:?}]\noutputs = [\"x_saved\"]\n");
    let huntc = lab().file("book.ipynb", book).file("saved.ipynb", &saved).file("huntc.toml", toml);
    let ran = huntc.run(&format!("run book.ipynb --write-back {RUN} --config huntc.toml"));
    assert!(ran.stderr.contains("K0841") && ran.code == Some(3), "{}", ran.text());
    assert_eq!(text_of(&huntc, "book.ipynb"), saved);
}

/// Jupyter's own reader takes it, and its writer of pages shows the tables.
#[test]
fn jupyter_reads_and_shows_them() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/jupyter/bin/python");
    let there = Command::new(&python).args(["-c", "import nbformat, nbconvert"]).output().is_ok_and(|ran| ran.status.success());
    if !there {
        assert_eq!(setting("HUNTC_REQUIRE_JUPYTER", 0), 0, "{} has no nbformat and nbconvert", python.display());
        eprintln!(
            "!! SKIPPED: no notebook is opened by Jupyter (`python3 -m venv target/jupyter && target/jupyter/bin/pip install nbformat nbconvert`)"
        );
        return;
    }
    let huntc = lab();
    for book in [BOOK.to_owned(), BOOK.replace("ATTR name, pid", "ATTR nam, pid")] {
        fs::write(huntc.path("book.ipynb"), book).unwrap();
        huntc.run(&format!("run book.ipynb --write-back {RUN}"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/written_back/jupyter.py");
        let ran = Command::new(&python).arg(script).arg(huntc.path("book.ipynb")).output().unwrap();
        let told = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{told}");
    }
}
