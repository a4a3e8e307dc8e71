//! What a hunt says of itself, for formats that name it beside what it found.

use crate::report::sarif::HuntFacts;
use crate::session::Huntflow;
use huntc_compiler::diag::Sink;
use huntc_compiler::front_matter::{self, FindingSeverity};
use huntc_compiler::program;
use huntc_compiler::source::SourceSet;

/// The facts of a huntflow. What is wrong with its front matter is told when it is compiled.
pub(super) fn hunt_facts(huntflow: &Huntflow, texts: &SourceSet) -> HuntFacts {
    let file = huntflow.file.clone();
    let Ok(id) = huntflow.text else { return HuntFacts { file, ..HuntFacts::default() } };
    let front_matter = front_matter::read(texts, id, &mut Sink::default());
    let program = program::parse(texts, id, &mut Sink::default());
    HuntFacts {
        file,
        title: front_matter.title,
        severity: front_matter.severity.map(FindingSeverity::word),
        attack: front_matter.attack,
        statements: program.statements.iter().map(|statement| statement.span).collect(),
    }
}
