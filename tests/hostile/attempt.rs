//! Batches of random hunts over one place, with equal records counted and with all read one by one.

use super::held::Held;
use super::mappings::Mapping;
use crate::differential::{self, Draw, Form, minimised, number};
use crate::product::{self, Counting};
use crate::support::servers::TestServer;
use huntc_compiler::time::Instant;
use tempfile::TempDir;

/// What came of hunts in one place.
#[derive(Default)]
pub(crate) struct Tried {
    pub(crate) runs: usize,
    pub(crate) refused: usize,
    /// Records that the places took, and those that they were given.
    pub(crate) records: [usize; 2],
    /// Requests that were answered by counting.
    pub(crate) counted: usize,
    pub(crate) failures: Vec<String>,
}

/// Where records lie.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    Local(Form),
    Server(&'a TestServer, &'a Mapping),
}

/// Records in a place.
enum Kept<'a> {
    Local(TempDir, Vec<Vec<String>>, Form),
    Server(Held<'a>),
}

impl<'a> Place<'a> {
    fn keep(self, prefix: &str, documents: &[Vec<String>]) -> Kept<'a> {
        match self {
            Self::Local(form) => Kept::Local(tempfile::tempdir().unwrap(), documents.to_vec(), form),
            Self::Server(server, mapping) => Kept::Server(Held::make(server, mapping, prefix, documents)),
        }
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::Local(form) => format!("{form:?}"),
            Self::Server(server, mapping) => format!("{}, {}", server.name, mapping.name),
        }
    }

    /// Whether a hunt may be refused for this reason.
    fn refuses(self, told: &str) -> bool {
        matches!(self, Self::Server(_, mapping) if mapping.refusals.iter().any(|code| told.contains(code.as_str())))
    }
}

impl Kept<'_> {
    fn documents(&self) -> &[Vec<String>] {
        match self {
            Self::Local(_, documents, _) => documents,
            Self::Server(held) => held.documents(),
        }
    }

    fn sources(&self) -> Vec<(String, String)> {
        match self {
            Self::Local(folder, documents, form) => differential::local_sources(folder.path(), documents, *form),
            Self::Server(held) => held.sources(),
        }
    }
}

/// A batch of hunts in a place.
struct Attempt<'a> {
    place: Place<'a>,
    draw: Draw,
    /// Whether hunts may show a row for each record. A server has no order of records of one instant.
    by_record: bool,
    prefix: String,
}

/// Gives each document an instant of its own within its millisecond.
fn untie(documents: &mut [String]) {
    for (number, document) in documents.iter_mut().enumerate() {
        let mut fields: serde_json::Value = serde_json::from_str(document).unwrap();
        let at = Instant::parse(fields["@timestamp"].as_str().unwrap()).unwrap();
        let own = at.millis_floor() * 1_000_000 + number as i64 * 1_000;
        fields["@timestamp"] = jiff::Timestamp::from_nanosecond(i128::from(own)).unwrap().to_string().into();
        *document = fields.to_string();
    }
}

/// Whether rows of a hunt, or of what it makes of them, are in the order of records.
fn orders_records(statements: &[String]) -> bool {
    ["TIMESTAMPED", "ADDOBSID", "RECORDS", "JOIN"].iter().any(|word| statements.iter().any(|line| line.contains(word)))
}

/// Runs a batch of so many hunts.
pub(crate) fn attempt(place: Place<'_>, prefix: &str, seed: u64, hunts: usize, tried: &mut Tried) {
    let mut draw = Draw::new(seed);
    // Servers are asked for five minutes where nothing is said: these hold all records.
    draw.options.window.get_or_insert(900 * 1_000_000_000);
    let by_record = !matches!(place, Place::Server(..)) || seed.is_multiple_of(2);
    if matches!(place, Place::Server(..)) && by_record {
        draw.documents.iter_mut().for_each(|documents| untie(documents));
    }
    // Runs beside each other need other indices.
    let prefix = format!("{prefix}-{}-{seed}", std::process::id());
    Attempt { place, draw, by_record, prefix }.run(hunts, &format!("{}, seed {seed}", place.name()), tried);
}

impl Attempt<'_> {
    fn run(mut self, hunts: usize, about: &str, tried: &mut Tried) {
        let kept = self.place.keep(&self.prefix, &self.draw.documents);
        let sizes = |documents: &[Vec<String>]| documents.iter().map(Vec::len).sum::<usize>();
        tried.records[0] += sizes(kept.documents());
        tried.records[1] += sizes(&self.draw.documents);
        let world = differential::world(kept.documents(), self.draw.options);
        let mut hunts = self.draw.hunts_to_count(&world, hunts);
        hunts.retain(|statements| self.by_record || !orders_records(statements));
        let texts: Vec<String> = hunts.iter().map(|h| h.join("\n")).collect();
        let sources = kept.sources();
        for counting in [Counting::Always, Counting::Never] {
            let ran = product::run_counting(&sources, &texts, self.draw.options, counting);
            tried.counted += ran.counted;
            for (index, verdict) in ran.verdicts.iter().enumerate() {
                tried.runs += 1;
                if verdict.as_ref().is_err_and(|told| self.place.refuses(told)) {
                    tried.refused += 1;
                } else if let Some(difference) = differential::judge(&world, &texts[index], verdict) {
                    let about = format!("{about}, hunt {index}, {counting:?}");
                    eprintln!("{about}:\n{difference}{}\n{}", texts[index], self.smallest(&hunts[index], counting));
                    tried.failures.push(about);
                }
            }
        }
    }

    fn smallest(&self, statements: &[String], counting: Counting) -> String {
        if number("HUNTC_HOSTILE_MINIMISE", 1) == 0 {
            return String::new();
        }
        let options = self.draw.options;
        let fails = |documents: &[Vec<String>], statements: &[String]| {
            let kept = self.place.keep(&format!("{}-less", self.prefix), documents);
            let text = statements.join("\n");
            let ran = product::run_counting(&kept.sources(), std::slice::from_ref(&text), options, counting);
            differential::difference(kept.documents(), &text, options, &ran.verdicts[0])
        };
        let least = minimised(self.draw.documents.clone(), statements.to_vec(), &fails);
        format!("minimised: {options:?}\n{least}")
    }
}
