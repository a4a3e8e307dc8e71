//! Analytics that are functions of Python over pandas data frames, as Kestrel calls them. They run in the user's interpreter, in a
//! process of their own, which a small script drives.

use super::contract::{AnalyticAnswer, AnalyticCall, AnalyticRows, failed, program, value};
use super::conversation::Attended;
use super::exchange::{Exchange, LeftFault, MOST, OUTPUT, with_ids};
use super::updated::columns;
use super::{arguments, container, display};
use crate::allowance::Spent;
use crate::config::analytic::PythonFunction;
use crate::metered_file::{Meter, Metered};
use crate::process_group;
use crate::source::SourceError;
use crate::table::tuple_bytes;
use huntc_compiler::value::Value;
use serde_json::Value as Json;
use std::io::{BufReader, BufWriter, Write};
use std::process::{Command, Stdio};

/// The script that calls the function.
const DRIVER: &str = include_str!("driver.py");
/// The memory of the interpreter, where the hunt has no limit.
const MEMORY: u64 = 1 << 40;
/// Bytes that a row takes beside its cells.
const ROW: usize = 256;

/// Calls the function over some tables.
pub(super) fn run(
    call: &AnalyticCall<'_>,
    function: &PythonFunction,
    tables: &[AnalyticRows],
) -> Result<AnalyticAnswer, SourceError> {
    let arguments = arguments::of_kestrel(call)?;
    let exchange = Exchange::new().map_err(|e| failed(call, "no folder for its tables can be made").note(e.to_string()))?;
    let folder = std::path::absolute(&call.binding.folder).unwrap_or_else(|_| call.binding.folder.clone());
    let job = serde_json::json!({
        "module": folder.join(&function.module),
        "function": function.function,
        "arguments": arguments,
        "tables": tables.len(),
        "memory": call.memory.min(MEMORY),
        "written": MOST,
    });
    let driver = exchange.path().join("driver.py");
    let written = || -> std::io::Result<()> {
        std::fs::write(&driver, DRIVER)?;
        std::fs::write(exchange.path().join("job.json"), job.to_string())?;
        tables.iter().zip(call.about).enumerate().try_for_each(|(n, (table, facts))| write(&exchange, n, &with_ids(table, facts)))
    };
    written().map_err(|e| failed(call, "its tables cannot be written").note(e.to_string()))?;
    let child = process_group::lead(&mut Command::new(program(&function.python, &folder)))
        .arg("-B")
        .arg(&driver)
        .current_dir(&folder)
        .env_clear()
        .envs(call.binding.environment.variables())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| {
            failed(call, "the interpreter cannot be started")
                .note(format!("{}: {e}", function.python))
                .help("name an interpreter that has pandas: `python = \"/PATH/python3\"` under [analytics] in huntc.toml")
        })?;
    let Attended { status, log } = exchange.attend(call, child)?;
    if !status.success() {
        let last = log.trim_end().lines().next_back().unwrap_or_default();
        let why = if last.is_empty() { format!("it ended with {status}") } else { last.to_owned() };
        return Err(failed(call, why).note(log.trim_end()).help(
            "`python = \"/PATH/python3\"` under [analytics] in huntc.toml names the interpreter; what was printed is above",
        ));
    }
    exchange.within(call)?;
    let meter = Meter::new(call.allowance, "the answer of an analytic");
    let mut answer = AnalyticAnswer::default();
    for (number, (table, facts)) in tables.iter().zip(call.about).enumerate() {
        let name = format!("{number}.json");
        let unread = |why: String| failed(call, format_args!("its answer {name} cannot be read")).note(why);
        let left = exchange.left(OUTPUT, &name, MOST, &meter).map_err(|fault| match fault {
            LeftFault::Spent(spent) => spent.into(),
            LeftFault::Unreadable(why) => unread(why),
        })?;
        // A function that only shows something gives no table back.
        answer.tables.push(match left {
            Some(bytes) => {
                let rows = read(&bytes, &meter).map_err(|why| match meter.spent() {
                    Some(spent) => spent.into(),
                    None => unread(why),
                })?;
                columns(call, table, facts, rows, &mut answer.deviations)?
            }
            None => container::unchanged(call, table),
        });
    }
    (answer.displays, answer.left_out) = display::read(&exchange, &meter)?;
    answer.log = log;
    Ok(answer)
}

fn write(exchange: &Exchange, number: usize, table: &AnalyticRows) -> std::io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create_new(exchange.input(&format!("{number}.json")))?);
    serde_json::to_writer(&mut file, &table.names)?;
    for row in &table.rows {
        file.write_all(b"\n")?;
        serde_json::to_writer(&mut file, row)?;
    }
    file.write_all(b"\n")?;
    file.flush()
}

/// Rows as the script writes them: the names, then the values of each row.
pub(super) fn read(bytes: &[u8], meter: &Meter<'_>) -> Result<AnalyticRows, String> {
    meter.row_ends();
    let file = BufReader::new(Metered { file: bytes, meter });
    let mut lines = serde_json::Deserializer::from_reader(file).into_iter::<Vec<Json>>();
    let names = lines.next().ok_or("it is empty")?.map_err(|e| e.to_string())?;
    let names: Vec<String> =
        names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or("it has no names")?;
    let mut rows = Vec::new();
    for row in lines {
        let row: Vec<Option<Value>> = row.map_err(|e| e.to_string())?.iter().map(value).collect();
        if row.len() != names.len() {
            return Err(format!("row {} has {} values for {} names", rows.len(), row.len(), names.len()));
        }
        meter.row_ends();
        meter.grow(ROW + 2 * tuple_bytes(&row)).map_err(Spent::message)?;
        rows.push(row);
    }
    Ok(AnalyticRows { names, rows })
}
