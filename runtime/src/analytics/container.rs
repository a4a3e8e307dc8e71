//! Analytics in containers, as Kestrel runs them: tables as Parquet below `/data/input`, answers below `/data/output`, displays
//! below `/data/display`.

use super::contract::{AnalyticAnswer, AnalyticCall, AnalyticRows, Deviations, InputFacts, failed, program};
use super::conversation::Attended;
use super::exchange::{Exchange, LeftFault, MOST, OUTPUT, with_ids};
use super::updated::columns;
use super::{arguments, display};
use crate::config::analytic::ContainerImage;
use crate::metered_file::Meter;
use crate::parquet::{self, Packed, ParquetFault, ParquetTable};
use crate::process_group;
use crate::source::SourceError;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Where a container finds the folder.
const DATA: &str = "/data";
/// Behind the number of a table.
const SUFFIX: &str = ".parquet.gz";
/// What runs containers, where none is named.
const RUNTIMES: [&str; 2] = ["docker", "podman"];
/// How long the removal of a container may take.
const REMOVAL: Duration = Duration::from_secs(10);

/// Runs the container over some tables.
pub(super) fn run(call: &AnalyticCall<'_>, image: &ContainerImage, tables: &[AnalyticRows]) -> Result<AnalyticAnswer, SourceError> {
    let exchange = Exchange::new().map_err(|e| failed(call, "no folder for its tables can be made").note(e.to_string()))?;
    for (number, (table, facts)) in tables.iter().zip(call.about).enumerate() {
        write(&exchange, number, &with_ids(table, facts))
            .map_err(|e| failed(call, "its tables cannot be written").note(e.to_string()))?;
    }
    let runtime = runtime(call, image)?;
    let name = container_name();
    let folder = std::path::absolute(&call.binding.folder).unwrap_or_else(|_| call.binding.folder.clone());
    let program = program(&runtime, &folder);
    let command = || {
        let mut command = Command::new(&program);
        command.current_dir(&folder).env_clear().envs(call.binding.environment.variables()).stdin(Stdio::null());
        command
    };
    let child = process_group::lead(&mut command())
        .args(flags(call, image, &runtime, &name, exchange.path())?)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| {
            failed(call, "the container cannot be started")
                .note(format!("{runtime}: {e}"))
                .help("install docker or podman, or name another with `runtime` under [analytics] in huntc.toml")
        })?;
    let ended = exchange.attend(call, child);
    if ended.is_err() {
        // The program that was ended only talked to the one that runs the container.
        remove(command().args(["rm", "--force", &name]));
    }
    let Attended { status, log } = ended?;
    if !status.success() {
        return Err(failed(call, format_args!("its container ended with {status}"))
            .note(log.trim_end())
            .help(format!("is there an image {:?}? `{runtime} image ls` lists them; none is downloaded", image.image)));
    }
    exchange.within(call)?;
    answer(call, &exchange, tables, log)
}

fn write(exchange: &Exchange, number: usize, table: &AnalyticRows) -> std::io::Result<()> {
    let names: Vec<&str> = table.names.iter().map(String::as_str).collect();
    let file = std::fs::File::create_new(exchange.input(&format!("{number}{SUFFIX}")))?;
    parquet::write(std::io::BufWriter::new(file), &names, &table.rows, Packed::Gzip)
}

/// The program that runs the container: the one that is named, or the first that is there.
fn runtime(call: &AnalyticCall<'_>, image: &ContainerImage) -> Result<String, SourceError> {
    if let Some(named) = &image.runtime {
        return Ok(named.clone());
    }
    let path = call.binding.environment.text("PATH").unwrap_or_default();
    let there = |name: &&str| std::env::split_paths(path).any(|folder| folder.is_absolute() && folder.join(name).is_file());
    let found = RUNTIMES.iter().find(|name| there(name));
    found.map(|name| (*name).to_owned()).ok_or_else(|| {
        failed(call, "there is no docker and no podman in PATH")
            .help("install one of them, or name another with `runtime` under [analytics] in huntc.toml")
    })
}

/// A name of its own, so that the container can be removed.
fn container_name() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("huntc-{}-{:x}-{}", std::process::id(), since.as_nanos(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// What the runtime is told. Nothing but the folder is mounted, and no image is downloaded.
fn flags(
    call: &AnalyticCall<'_>,
    image: &ContainerImage,
    runtime: &str,
    name: &str,
    folder: &Path,
) -> Result<Vec<String>, SourceError> {
    let mut flags = ["run", "--rm", "--pull=never", "--security-opt=no-new-privileges"].map(str::to_owned).to_vec();
    flags.push(format!("--name={name}"));
    flags.push(format!("--mount=type=bind,source={},target={DATA}", folder.display()));
    #[cfg(unix)]
    {
        let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
        flags.push(format!("--user={}:{}", user.as_raw(), group.as_raw()));
        // Without it podman lets another user in there be this one.
        if runtime.rsplit('/').next().is_some_and(|program| program.starts_with("podman")) && !user.is_root() {
            flags.push("--userns=keep-id".to_owned());
        }
    }
    if call.memory < u64::MAX {
        flags.push(format!("--memory={}", call.memory));
    }
    flags.extend(image.network.iter().map(|network| format!("--network={network}")));
    flags.push("--env=HOME=/tmp".to_owned());
    // Without a value the runtime takes it from its own variables, so that it does not stand in a list of processes.
    flags.extend(image.environment.iter().map(|name| format!("--env={name}")));
    flags.extend(arguments::of_kestrel(call)?.iter().map(|(name, value)| format!("--env={name}={value}")));
    flags.push(image.image.clone());
    Ok(flags)
}

fn remove(command: &mut Command) {
    let Ok(mut child) = process_group::lead(command).stdout(Stdio::null()).stderr(Stdio::null()).spawn() else { return };
    let begun = Instant::now();
    while begun.elapsed() < REMOVAL {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    process_group::kill(&mut child);
}

/// What lies in the folder.
fn answer(
    call: &AnalyticCall<'_>,
    exchange: &Exchange,
    tables: &[AnalyticRows],
    log: String,
) -> Result<AnalyticAnswer, SourceError> {
    let meter = Meter::new(call.allowance, "the answer of an analytic");
    let mut answer = AnalyticAnswer::default();
    for (number, (table, facts)) in tables.iter().zip(call.about).enumerate() {
        let name = format!("{number}{SUFFIX}");
        let unread =
            |why: &dyn std::fmt::Display| failed(call, format_args!("its answer {name} cannot be read")).note(why.to_string());
        let bytes = exchange.left(OUTPUT, &name, MOST, &meter).map_err(|fault| match fault {
            LeftFault::Spent(spent) => spent.into(),
            LeftFault::Unreadable(why) => unread(&why),
        })?;
        // A variable without an answer is unchanged.
        let Some(bytes) = bytes else {
            answer.tables.push(unchanged(call, table));
            continue;
        };
        let columns = read(call, table, facts, &bytes, &meter, &mut answer.deviations).map_err(|fault| match fault {
            ReadFault::Parquet(ParquetFault::Spent(spent)) => spent.into(),
            ReadFault::Parquet(ParquetFault::Damaged(why)) => unread(&why),
            ReadFault::Answer(error) => error,
        })?;
        answer.tables.push(columns);
    }
    (answer.displays, answer.left_out) = display::read(exchange, &meter)?;
    answer.log = log;
    Ok(answer)
}

/// No columns but those that are declared, empty.
pub(super) fn unchanged(call: &AnalyticCall<'_>, table: &AnalyticRows) -> AnalyticRows {
    let declared = call.binding.outputs.iter().flatten().filter(|name| !table.names.contains(name));
    let names: Vec<String> = declared.cloned().collect();
    AnalyticRows { rows: table.rows.iter().map(|_| vec![None; names.len()]).collect(), names }
}

pub(super) enum ReadFault {
    Parquet(ParquetFault),
    Answer(SourceError),
}

/// The columns of an answer as Parquet, which may be packed once more.
pub(super) fn read(
    call: &AnalyticCall<'_>,
    table: &AnalyticRows,
    facts: &InputFacts,
    bytes: &[u8],
    meter: &Meter<'_>,
    deviations: &mut Deviations,
) -> Result<AnalyticRows, ReadFault> {
    let mut whole = bytes.to_vec();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        whole.clear();
        let broken = |e: std::io::Error| ReadFault::Parquet(ParquetFault::Damaged(e.to_string()));
        flate2::read::MultiGzDecoder::new(bytes).take(MOST).read_to_end(&mut whole).map_err(broken)?;
    }
    meter.grow(whole.len()).map_err(|spent| ReadFault::Parquet(spent.into()))?;
    let ParquetTable { header, rows, .. } = parquet::read(&whole.into(), meter).map_err(ReadFault::Parquet)?;
    columns(call, table, facts, AnalyticRows { names: header, rows }, deviations).map_err(ReadFault::Answer)
}
