//! The canonical text of a huntflow: one statement a line. Reading it back gives the same tree, places aside.

use super::{Program, Statement};

/// The text of a program.
pub fn program(program: &Program) -> String {
    let mut out = String::new();
    for one in &program.statements {
        statement(one, &mut out);
        out.push('\n');
    }
    out
}

/// Writes one statement.
pub fn statement(statement: &Statement, out: &mut String) {
    if let Some(target) = &statement.target {
        out.push_str(&target.text);
        out.push_str(" = ");
    }
    statement.command.print(out);
}
