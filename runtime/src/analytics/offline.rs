//! Reads what a command answered, without the command. For fuzzing, which needs the private parts of this folder.

use super::contract::{AnalyticAnswer, AnalyticCall, AnalyticRows, Deviations, failed};
use super::conversation::{Talk, answer, line_of};
use super::{columns, container, python, updated};
use crate::metered_file::Meter;
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

/// The answer for one table in a file: the rows of a Python function as JSON, or those of a container as Parquet.
pub fn read_table_offline(call: &AnalyticCall<'_>, bytes: &[u8], table: &AnalyticRows) -> Result<AnalyticRows, SourceError> {
    let meter = Meter::new(call.allowance, "the answer of an analytic");
    let facts = call.about.first().cloned().unwrap_or_default();
    let mut deviations = Deviations::default();
    if bytes.starts_with(b"[") {
        let rows = python::read(bytes, &meter).map_err(|why| failed(call, why))?;
        return updated::columns(call, table, &facts, rows, &mut deviations);
    }
    container::read(call, table, &facts, bytes, &meter, &mut deviations).map_err(|fault| match fault {
        container::ReadFault::Answer(error) => error,
        container::ReadFault::Parquet(fault) => failed(call, fault.message()),
    })
}
