//! `huntc run --help-params`: the parameters of hunts.

use super::console::Console;
use super::exit::ExitCode;
use crate::report::sanitize::terminal as safe;
use crate::session::{RunSettings, input};

/// Lists the parameters of each huntflow: name, kind, default, and what it is for.
pub(super) fn show(files: &[String], settings: &RunSettings, console: &mut Console) -> Result<ExitCode, ExitCode> {
    let mut code = ExitCode::Ok;
    for file in files {
        let huntflow = console.load(file, settings)?;
        if let Err(problem) = &huntflow.text {
            console.show(std::slice::from_ref(problem));
            code = code.worst(ExitCode::Usage);
            continue;
        }
        // What is wrong with a declaration is told as `check` tells it.
        console.show(&console.session.faults_of_parameters(&huntflow));
        let rows: Vec<[String; 4]> = console.session.parameters(&huntflow).iter().map(row).collect();
        let name = safe(input::name(file)).into_owned();
        let head = if rows.is_empty() { format!("{name} has no parameters\n") } else { format!("{name}:\n") };
        console.terminal.show(&(head + &lines(&rows)));
    }
    Ok(code)
}

fn row(declaration: &huntc_compiler::parameter::Declaration) -> [String; 4] {
    let default = declaration.default_text().map_or_else(|| "required".to_owned(), |text| format!("default {text}"));
    let comment = declaration.comment.clone().unwrap_or_default();
    [declaration.name.clone(), declaration.kind().to_owned(), default, comment].map(|cell| safe(&cell).into_owned())
}

/// The rows in columns.
fn lines(rows: &[[String; 4]]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let line = |row: &[String; 4]| {
        let [name, kind, default, comment] = row;
        let [of_name, of_kind, of_default] = widths;
        let text = format!("  {name:of_name$}  {kind:of_kind$}  {default:of_default$}  {comment}");
        format!("{}\n", text.trim_end())
    };
    rows.iter().map(line).collect()
}
