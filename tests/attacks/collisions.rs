//! Values that collide in a hash whose keys are known: with one that huntc took before, 65,536 of them cost minutes.

use crate::http::fake::{Fake, changed, context};
use crate::support::cli::Huntc;
use crate::support::random::Rng;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Query};
use huntc_runtime::source::DataSource;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

/// The hash of rustc-hash 2 over texts of more than 16 bytes.
mod known {
    const SEEDS: [u64; 2] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344];
    pub(super) const MIDDLE: u64 = 0xa409_3822_299f_31d0;

    pub(super) fn mix(a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        (product as u64) ^ ((product >> 64) as u64)
    }

    fn number(bytes: &[u8]) -> u64 {
        u64::from_le_bytes(bytes.try_into().unwrap())
    }

    /// The state before a block of 16 bytes, and behind all of them.
    #[derive(Clone, Copy)]
    pub(super) struct State(pub(super) u64, u64);

    impl State {
        pub(super) const START: Self = Self(SEEDS[0], SEEDS[1]);

        pub(super) fn after(self, block: [u64; 2]) -> Self {
            Self(self.1, mix(self.0 ^ block[0], MIDDLE ^ block[1]))
        }
    }

    pub(super) fn hash(text: &[u8]) -> u64 {
        let (bulk, last) = text.split_at(text.len() - 16);
        let state = bulk.chunks(16).fold(State::START, |state, b| state.after([number(&b[..8]), number(&b[8..])]));
        mix(state.0 ^ number(&last[..8]), state.1 ^ number(&last[8..])) ^ text.len() as u64
    }
}

/// Whether eight bytes can stand in JSON as they are.
fn plain(number: u64) -> bool {
    number.to_le_bytes().iter().all(|b| (b' '..0x7f).contains(b) && !b"\"\\\\".contains(b))
}

/// Whether the state before a block lets letters have twins that are plain text: what is flipped leaves them in ASCII, and out
/// of its control characters.
fn fit(flip: u64) -> bool {
    flip.to_le_bytes().iter().all(|b| b & 0x80 == 0 && b & 0x60 != 0x60)
}

/// Different texts with one hash: since a product is that of its factors in either order, each block has a twin.
fn colliding(count: usize) -> Vec<String> {
    let mut random = Rng::new(7);
    let mut letters = || u64::from_le_bytes(std::array::from_fn(|_| b'a' + random.below(26) as u8));
    let mut state = known::State::START;
    let mut blocks: Vec<[[u64; 2]; 2]> = Vec::new();
    let mut twins = 0;
    while 1 << twins < count {
        let flip = state.0 ^ known::MIDDLE;
        // The block that comes after the next one begins with what this one leaves behind.
        let leaves_well = |block: [u64; 2]| fit(state.after(block).after([0, 0]).0 ^ known::MIDDLE);
        let pair = (0..if fit(flip) { 400_000 } else { 0 }).find_map(|_| {
            let [x, y] = [letters(), letters()];
            let twin = [y ^ flip, x ^ flip];
            (twin.iter().all(|n| plain(*n)) && leaves_well([x, y])).then_some([[x, y], twin])
        });
        let [block, twin] = pair.unwrap_or_else(|| {
            let block = std::iter::repeat_with(|| [letters(), letters()]).find(|block| leaves_well(*block)).unwrap();
            [block, block]
        });
        twins += usize::from(block != twin);
        state = state.after(block);
        blocks.push([block, twin]);
    }
    let text = |number: usize| {
        let mut bits = number;
        let mut bytes = Vec::new();
        for pair in &blocks {
            let two = pair[0] != pair[1];
            let block = pair[if two { bits & 1 } else { 0 }];
            bits >>= usize::from(two);
            bytes.extend(block.iter().flat_map(|n| n.to_le_bytes()));
        }
        bytes.extend([b'z'; 16]);
        String::from_utf8(bytes).unwrap()
    };
    (0..count).map(text).collect()
}

/// As many texts of one length, which do not collide.
fn others(texts: &[String]) -> Vec<String> {
    let mut random = Rng::new(8);
    texts.iter().map(|text| text.bytes().map(|_| (b'a' + random.below(26) as u8) as char).collect()).collect()
}

#[test]
fn the_texts_collide_where_the_keys_are_known() {
    let texts = colliding(4_096);
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), 4_096);
    assert_eq!(texts.iter().map(|text| known::hash(text.as_bytes())).collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(others(&texts).iter().map(|text| known::hash(text.as_bytes())).collect::<BTreeSet<_>>().len(), 4_096);
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begun = Instant::now();
    let done = work();
    (begun.elapsed(), done)
}

/// What is done with the texts costs at most twice as much when they collide, and a second for a busy machine.
fn costs_little(what: &str, texts: &[String], work: impl Fn(&[String])) {
    let random = others(texts);
    work(&random[..random.len() / 8]);
    let (usual, ()) = timed(|| work(&random));
    let (attack, ()) = timed(|| work(texts));
    assert!(attack < usual * 2 + Duration::from_secs(1), "{what}: {usual:?}, and {attack:?} where the texts collide");
}

#[test]
#[ignore = "measures time: tests/attacks/run plays it"]
fn colliding_values_cost_no_more_than_others() {
    const HUNT: &str = "p = GET process FROM stixshifter://lab WHERE pid > 0\ng = GROUP p BY command_line WITH COUNT(pid) AS n\nDISP g LIMIT 3\nDISP p ATTR command_line LIMIT 3\n";
    let texts = colliding(65_536);
    costs_little("ingest and run", &texts, |texts| {
        let mut log = String::new();
        for (number, text) in texts.iter().enumerate() {
            let time = format!("2020-10-22T{:02}:{:02}:{:02}Z", number / 3600 % 24, number / 60 % 60, number % 60);
            let process = format!("{{\"entity_id\":\"{text}\",\"pid\":{},\"command_line\":\"{text}\"}}", number + 1);
            let _ = writeln!(log, "{{\"@timestamp\":\"{time}\",\"process\":{process}}}");
        }
        let huntc = Huntc::new().file("hunt.hf", HUNT).file("log.ndjson", log);
        for line in ["ingest log.ndjson --store store", "run hunt.hf --source lab=store", "run hunt.hf --source lab=log.ndjson"] {
            let ran = huntc.run(line);
            assert_eq!(ran.code, Some(0), "{}", ran.text());
        }
        let _ = fs::remove_dir_all(huntc.path("store"));
    });
    costs_little("answers of a cluster", &texts, |texts| {
        let owned = texts.to_vec();
        let fake = Fake::with(texts.len(), move |_, right, _| {
            changed(right, |json| {
                for hit in json["hits"]["hits"].as_array_mut().unwrap() {
                    let number = usize::try_from(hit["sort"][0].as_u64().unwrap()).unwrap();
                    hit["_source"]["n"] = json!(owned[number]);
                }
            })
        });
        let request = BoundRequest::of(Catalog::builtin(), Query::MatchAll, ["@timestamp", "n"]);
        let records = fake.source(|c| c.page_size = 10_000).fetch(&request, &context()).unwrap();
        assert_eq!(records.column("n").unwrap().dictionary.len(), texts.len());
    });
}
