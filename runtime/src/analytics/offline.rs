//! Reads what a command answered, without the command. For fuzzing, which needs the private parts of this folder.

use super::conversation::{Talk, answer, line_of};
use super::{AnalyticAnswer, AnalyticCall, AnalyticRows, columns, failed};
use crate::source::SourceError;

/// The answer of a command which writes `output` to its standard output and ends well.
pub fn read_offline(call: &AnalyticCall<'_>, mut output: &[u8], tables: &[AnalyticRows]) -> Result<AnalyticAnswer, SourceError> {
    let most = tables.iter().map(|table| table.rows.len()).sum();
    let failed = |what: &dyn std::fmt::Display| failed(call, what);
    let talk = Talk { allowance: call.allowance, timeout: call.binding.timeout, most, failed: &failed };
    let mut memory = call.allowance.lend("the answer of an analytic");
    let mut answers = Vec::new();
    while let Some(line) = line_of(&mut output).map_err(|e| failed(&e))? {
        answers.extend(answer(&talk, &line, answers.len() + 1, &mut memory)?);
        if answers.len() > most {
            break;
        }
    }
    columns(call, &answers, tables)
}
