//! Reads huntflows: `.hf` text, `.ipynb` huntbooks, and standard input as `-`.

use crate::source::regular_file;
use huntc_compiler::diag::codes::config::UNREADABLE_FILE;
use huntc_compiler::diag::{Diagnostic, suggest};
use huntc_compiler::program::notebook;
use huntc_compiler::source::{SourceId, SourceSet, Span};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The longest text in bytes. Spans count bytes in 32 bits, and no huntflow has this size.
const LIMIT: u64 = 256 << 20;

/// The most huntflows. Spans number texts in 16 bits, and messages need some of these numbers too.
const MOST_TEXTS: usize = 30_000;

/// Reads a file as text, whatever its name. The error has a code and points at the name.
pub(crate) fn text(path: &str, sources: &mut SourceSet) -> Result<String, Box<Diagnostic>> {
    let text = whole_text(path, sources)?;
    // A byte-order mark is not part of the text.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// As [`text`], with a byte-order mark where there is one.
pub(crate) fn whole_text(path: &str, sources: &mut SourceSet) -> Result<String, Box<Diagnostic>> {
    let read = || {
        let mut bytes = Vec::new();
        let reader: Box<dyn Read> = if path == "-" { Box::new(std::io::stdin()) } else { Box::new(open(Path::new(path))?) };
        reader.take(LIMIT + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|e: std::io::Error| {
        let problem = unreadable(path, &e.to_string(), sources);
        match way_out(path, &e) {
            Some(help) => Box::new(problem.help(help)),
            None => problem,
        }
    })?;
    if bytes.len() as u64 > LIMIT {
        return Err(unreadable(path, "it has more than 256 MB", sources));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(e) => {
            let at = e.utf8_error().valid_up_to();
            Err(unreadable(path, &format!("byte {at} is not UTF-8; convert it with `iconv -t utf-8`"), sources))
        }
    }
}

/// Opens a file. A pipe is one only where the system keeps those of a shell (`<(…)`): elsewhere somebody has put it there.
fn open(path: &Path) -> std::io::Result<std::fs::File> {
    let of_shell = ["/dev/fd/", "/proc/self/fd/", "/dev/stdin"].iter().any(|place| path.starts_with(place));
    if of_shell { std::fs::File::open(path) } else { regular_file::open(path) }
}

/// Reads a huntflow and adds it to the texts that spans point into.
pub(crate) fn huntflow(path: &str, sources: &mut SourceSet) -> Result<SourceId, Box<Diagnostic>> {
    let text = text(path, sources)?;
    if sources.iter().count() >= MOST_TEXTS {
        return Err(unreadable(path, "too many files are named at once", sources));
    }
    if !is_huntbook(path) {
        return Ok(sources.add_text(name(path), text));
    }
    match notebook::read(name(path), &text) {
        Ok(source) => Ok(sources.add(source)),
        Err(error) => {
            let id = sources.add_text(name(path), text);
            Err(Box::new(error.diagnostic(id)))
        }
    }
}

/// Whether a file is a Jupyter notebook.
pub(crate) fn is_huntbook(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|e| e.eq_ignore_ascii_case("ipynb"))
}

/// The name of a file in messages.
pub(crate) fn name(path: &str) -> &str {
    if path == "-" { "standard input" } else { path }
}

/// The folder of a huntflow, where the search for the configuration begins.
pub(crate) fn folder(path: &str) -> PathBuf {
    let parent = Path::new(path).parent().filter(|p| path != "-" && !p.as_os_str().is_empty());
    parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The help for a file that cannot be read: what to write instead, according to what is there.
fn way_out(path: &str, error: &std::io::Error) -> Option<String> {
    let given = Path::new(path);
    match error.kind() {
        ErrorKind::IsADirectory => Some(format!("name the files in it: `{}`", given.join("*.hf").display())),
        ErrorKind::PermissionDenied => Some("give yourself the right to read it".to_owned()),
        ErrorKind::NotFound => {
            let folder = given.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let wanted = given.file_name()?.to_str()?;
            let Ok(entries) = std::fs::read_dir(folder) else {
                return Some(format!("there is no folder `{}`: give another path", folder.display()));
            };
            let names: Vec<String> = entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
            let near = suggest::best(wanted, names.iter().map(String::as_str));
            Some(match near {
                Some(near) => format!("the nearest name is `{}`", given.with_file_name(near).display()),
                None => format!("no name in `{}` is near it: give another path", folder.display()),
            })
        }
        _ => None,
    }
}

/// The diagnostic of a file that cannot be read.
pub(crate) fn unreadable(path: &str, reason: &str, sources: &mut SourceSet) -> Box<Diagnostic> {
    let id = sources.add_text("command line", path);
    let span = Span::new(id, 0, path.len());
    Box::new(
        Diagnostic::new(&UNREADABLE_FILE, span, format!("`{}` cannot be read", name(path)))
            .label("not readable")
            .note(format!("the reason: {reason}")),
    )
}
