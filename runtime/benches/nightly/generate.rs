//! A day of telemetry of a thousand hosts, and hunts over it that have much in common.

use std::io::{Result, Write};

/// 2026-01-01T02:00:00Z in milliseconds.
const START: u64 = 1_767_232_800_000;
const DAY: u64 = 86_400_000;
/// Kinds of programs that run on the hosts.
const PROGRAMS: u64 = 60;

/// Chance, always the same.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Writes records in the order of time: births, flows, files, registry values and ends of processes.
pub(super) fn log(records: u64, out: &mut dyn Write) -> Result<()> {
    let mut random = Random(7);
    for number in 0..records {
        let time = START + DAY * number / records;
        let at = instant(time);
        let (host, process) = (random.below(1_000), number / 8 * 8 - random.below(64).min(number / 8) * 8);
        let program = process / 8 % PROGRAMS;
        let head = format!(
            r#"{{"@timestamp":"{at}","host":{{"name":"host{host:04}"}},"process":{{"entity_id":"{{{process:08x}-0000-0000-0000-000000000000}}","pid":{},"name":"program{program:02}.exe","executable":"C:\\Windows\\System32\\program{program:02}.exe""#,
            process % 30_000
        );
        match number % 8 {
            0 => writeln!(
                out,
                r#"{{"@timestamp":"{at}","host":{{"name":"host{host:04}"}},"event":{{"code":"1","category":["process"],"type":["start"]}},"user":{{"name":"user{}","domain":"CORP"}},"process":{{"entity_id":"{{{number:08x}-0000-0000-0000-000000000000}}","pid":{},"name":"program{:02}.exe","executable":"C:\\Windows\\System32\\program{:02}.exe","command_line":"program{:02}.exe /task {} /token {}","parent":{{"entity_id":"{{{process:08x}-0000-0000-0000-000000000000}}","pid":{},"name":"program{program:02}.exe","command_line":"program{program:02}.exe"}}}}}}"#,
                random.below(500),
                number % 30_000,
                number / 8 % PROGRAMS,
                number / 8 % PROGRAMS,
                number / 8 % PROGRAMS,
                random.below(100_000),
                random.below(4_000),
                process % 30_000
            )?,
            1..=3 => writeln!(
                out,
                r#"{head}}},"event":{{"code":"3","category":["network"],"type":["start"]}},"source":{{"ip":"10.0.{}.{}","port":{}}},"destination":{{"ip":"203.0.113.{}","port":{}}},"network":{{"transport":"tcp","direction":"egress"}}}}"#,
                host / 250,
                host % 250,
                49_152 + number % 16_000,
                random.below(250),
                [443, 443, 80, 53, 8_000 + random.below(40)][random.below(5) as usize]
            )?,
            4 | 5 => writeln!(
                out,
                r#"{head}}},"event":{{"code":"13","category":["registry"],"type":["change"]}},"winlog":{{"event_data":{{"EventType":"SetValue"}}}},"registry":{{"path":"HKLM\\SOFTWARE\\Vendor{}\\Value{}","key":"SOFTWARE\\Vendor","data":{{"strings":["1"]}}}}}}"#,
                random.below(300),
                random.below(50)
            )?,
            6 => writeln!(
                out,
                r#"{head}}},"event":{{"code":"11","category":["file"],"type":["creation"]}},"file":{{"path":"C:\\Temp\\f{0}.tmp","directory":"C:\\Temp","name":"f{0}.tmp"}}}}"#,
                random.below(200_000)
            )?,
            _ => writeln!(out, r#"{head}}},"event":{{"code":"5","category":["process"],"type":["end"]}}}}"#)?,
        }
    }
    out.flush()
}

/// `2026-01-01T02:00:00.000Z`
fn instant(millis: u64) -> String {
    huntc_compiler::time::Instant::from_millis(millis as i64).to_string()
}

/// A hunt: one of sixty programs, of which it takes those with a command line of its own, their children and traffic.
pub(super) fn hunt(number: usize) -> String {
    let program = number % PROGRAMS as usize;
    format!(
        "# title: Hunt {number}\n# severity: low\n# attack: T1059\n# window: nightly\n# finding: hits\n\
         started = GET process FROM stixshifter://windows WHERE name = 'program{program:02}.exe' AND parent_ref.pid IS NOT NULL\n\
         hits = GET process FROM started WHERE command_line LIKE '%/token {number}'\n\
         DISP hits ATTR name, pid, command_line, parent_ref.name\n\
         children = FIND process CREATED BY hits\n\
         DISP children ATTR name, command_line\n\
         traffic = FIND network-traffic CREATED BY hits\n\
         ports = GROUP traffic BY dst_port WITH COUNT(dst_ref.value) AS flows\n\
         DISP ports ATTR dst_port, flows\n"
    )
}
