//! `huntc run --write-back`: what a hunt shows goes into the cells of its huntbook.

use super::console::Console;
use super::exit::ExitCode;
use crate::own_files;
use crate::report::huntbook::{cell_outputs, is_own};
use crate::report::model::HuntReport;
use crate::session::{Huntflow, input};
use huntc_compiler::diag::codes::config::{HUNTBOOK_NOT_USABLE, HUNTBOOK_NOT_WRITTEN};
use huntc_compiler::diag::{Code, Diagnostic};
use huntc_compiler::program::{notebook, notebook_outputs};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A huntbook that gets its outputs.
pub(super) struct OpenBook {
    /// As the user gave it.
    file: String,
    /// What it is before the hunt.
    json: String,
    /// Where it goes. A link is followed: the notebook is replaced, not the link.
    target: PathBuf,
    in_place: bool,
}

/// Opens the huntbooks, each to be written in place or, if it is the only one, to `out`. Shows what cannot be; then the command
/// must end.
pub(super) fn open(huntflows: &[Huntflow], out: Option<&Path>, console: &mut Console) -> Result<Vec<OpenBook>, ExitCode> {
    if let (Some(out), [_, _, ..]) = (out, huntflows) {
        let problem = |told: Diagnostic| told.help("leave the name out: then each huntbook is written in place");
        return Err(refuse(&out.display().to_string(), "only one huntbook can be written to one file", problem, console));
    }
    huntflows.iter().map(|huntflow| open_one(huntflow, out, console)).collect()
}

fn open_one(huntflow: &Huntflow, out: Option<&Path>, console: &mut Console) -> Result<OpenBook, ExitCode> {
    let file = &huntflow.file;
    let id = match &huntflow.text {
        Ok(id) if input::is_huntbook(file) => *id,
        Ok(_) => {
            let way = |told: Diagnostic| told.help("name an .ipynb file, or run it without `--write-back`");
            return Err(refuse(file, "outputs can be written to a huntbook only", way, console));
        }
        Err(problem) => {
            console.show(std::slice::from_ref(&**problem));
            return Err(ExitCode::Usage);
        }
    };
    let json = input::whole_text(file, &mut console.session.texts).map_err(|problem| shown(*problem, ExitCode::Usage, console))?;
    let unchanged = notebook::read(file, &json).is_ok_and(|source| source.text == console.session.texts.get(id).text);
    if !unchanged {
        return Err(refuse(file, "the huntbook changes while it is read", |told| told.help("save it, and run it again"), console));
    }
    if let Err(error) = notebook_outputs::with_outputs(&json, &BTreeMap::new(), is_own) {
        let way = |told: Diagnostic| {
            told.note(format!("the reason: {}", error.message))
                .help("make it one of nbformat 4: `jupyter nbconvert --to notebook --nbformat 4 book.ipynb`")
        };
        return Err(refuse(file, "this notebook cannot get outputs", way, console));
    }
    let target = target(file, out).map_err(|reason| {
        let name = out.map_or_else(|| file.clone(), |out| out.display().to_string());
        let way =
            |told: Diagnostic| told.note(format!("the reason: {reason}")).help("give another name with `--write-back=OUT.ipynb`");
        refuse(&name, "the huntbook cannot be written there", way, console)
    })?;
    let in_place = fs::canonicalize(file).is_ok_and(|file| file == target);
    Ok(OpenBook { file: file.clone(), json, target, in_place })
}

/// The file that is written; what is there must be a notebook.
fn target(file: &str, out: Option<&Path>) -> Result<PathBuf, String> {
    let path = out.unwrap_or(Path::new(file));
    if !path.exists() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return if folder.is_dir() { Ok(path.to_path_buf()) } else { Err("its folder is not there".to_owned()) };
    }
    let real = fs::canonicalize(path).map_err(|error| error.to_string())?;
    let is_notebook = fs::read_to_string(&real).is_ok_and(|text| notebook::read("", &text).is_ok());
    if is_notebook { Ok(real) } else { Err("something else is there, which is no notebook".to_owned()) }
}

/// Writes what a hunt shows, `most` rows of each table. Shows why it cannot be.
pub(super) fn write(book: &OpenBook, hunt: &HuntReport, most: usize, console: &mut Console) -> Result<(), ExitCode> {
    let outputs = cell_outputs(hunt, &console.session.texts, most);
    let written = notebook_outputs::with_outputs(&book.json, &outputs, is_own).map_err(|error| error.message);
    let written = written.and_then(|text| put(book, &text));
    written.map_err(|reason| {
        let span = console.session.command_line(&book.file);
        let told =
            Diagnostic::new(&HUNTBOOK_NOT_WRITTEN, span, "the outputs were not written to the huntbook").label("is as it was");
        let told = told.note(format!("the reason: {reason}")).help("run it again, or write another file: `--write-back=OUT.ipynb`");
        shown(told, ExitCode::Failed, console)
    })
}

/// Takes the place of the target in one step. Nothing that somebody saved meanwhile is lost.
fn put(book: &OpenBook, text: &str) -> Result<(), String> {
    let before = fs::metadata(&book.target).ok();
    own_files::replace(&book.target, |file| {
        file.write_all(text.as_bytes())?;
        if let Some(before) = &before {
            file.set_permissions(before.permissions())?;
        }
        let changed = book.in_place && fs::read_to_string(&book.target)? != book.json;
        if changed { Err(std::io::Error::other("it was changed while the hunt ran")) } else { Ok(()) }
    })
    .map_err(|error| error.to_string())
}

impl OpenBook {
    /// Where it goes, as the user would write it.
    pub(super) fn shown(&self) -> String {
        if self.in_place { self.file.clone() } else { self.target.display().to_string() }
    }
}

/// Shows that the command cannot do this, and how to go on.
fn refuse(file: &str, message: &str, way: impl FnOnce(Diagnostic) -> Diagnostic, console: &mut Console) -> ExitCode {
    let code: &'static Code = &HUNTBOOK_NOT_USABLE;
    let told = Diagnostic::new(code, console.session.command_line(file), message).label("cannot be written back");
    shown(way(told), ExitCode::Usage, console)
}

fn shown(told: Diagnostic, code: ExitCode, console: &Console) -> ExitCode {
    console.show(&[told]);
    code
}
