//! Reads a page of records in one pass over its text: each document goes into the columns where it stands in the answer.
//!
//! Whatever is not as servers write it ends the pass, and the answer is read as any other ([`Answer::read`]), which mends it or says
//! what is wrong with it. So both ways give the same.

use super::answer::{Answer, Hit, Hits, Total};
use super::columns::RecordsBuilder;
use super::fault::{Fault, FaultKind};
use super::prepare::{Decoder, PreparedRequest};
use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// How many hits a page has, and the sort values of the last one.
#[derive(Clone, Copy, Default)]
pub(super) struct PageEnd<'a> {
    pub(super) hits: usize,
    pub(super) last: Option<&'a RawValue>,
}

impl<'a> PageEnd<'a> {
    /// That of a page whose hits are there.
    pub(super) fn of(hits: &[Hit<'a>]) -> Self {
        Self { hits: hits.len(), last: hits.last().and_then(|hit| hit.sort) }
    }

    /// The error where a page has not what was asked for: at most `size` records, and their number if `total` is wanted.
    pub(super) fn check(self, answer: &Answer<'_>, size: usize, total: bool) -> Result<(), Fault> {
        let broken = |what: &str| Err(Fault::new(FaultKind::Malformed, what));
        if self.hits > size {
            return broken("an answer has more records than were asked for");
        }
        if total && answer.hits.exact_total().is_none() {
            return broken("the answer has no total");
        }
        if self.hits == size && size > 0 && self.last.is_none() {
            return broken("a full page without sort values");
        }
        Ok(())
    }
}

/// Reads a page of records into the builder; the answer has no hits then. `None` where it must be read as any other, and the builder
/// go back to what it had.
pub(super) fn read<'a>(
    body: &'a [u8],
    prepared: &PreparedRequest,
    builder: &mut RecordsBuilder,
) -> Option<(Answer<'a>, PageEnd<'a>)> {
    let (mut end, mut total) = (PageEnd::default(), None);
    let mut json = serde_json::Deserializer::from_str(std::str::from_utf8(body).ok()?);
    let page = Page { prepared, builder, end: &mut end, total: &mut total };
    let mut answer = json.deserialize_map(AnswerObject(page)).ok()?;
    json.end().ok()?;
    answer.hits.total = total;
    Some((answer, end))
}

/// Where the records of a page go, and what else is wanted of its hits.
struct Page<'p, 'de> {
    prepared: &'p PreparedRequest,
    builder: &'p mut RecordsBuilder,
    end: &'p mut PageEnd<'de>,
    total: &'p mut Option<Total>,
}

/// The whole answer.
struct AnswerObject<'p, 'de>(Page<'p, 'de>);

impl<'de> Visitor<'de> for AnswerObject<'_, 'de> {
    type Value = Answer<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Answer<'de>, A::Error> {
        Answer::deserialize(MapAccessDeserializer::new(WithoutHits { map, hits: Some(HitsObject(self.0)) }))
    }
}

/// What `hits` is in an answer.
struct HitsObject<'p, 'de>(Page<'p, 'de>);

impl<'de> DeserializeSeed<'de> for HitsObject<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for HitsObject<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hits with their total")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Page { prepared, builder, end, total } = self.0;
        let list = HitList { prepared, builder, end };
        *total = Hits::deserialize(MapAccessDeserializer::new(WithoutHits { map, hits: Some(list) }))?.total;
        Ok(())
    }
}

/// An object without its entry `hits`, which is read by itself.
struct WithoutHits<A, S> {
    map: A,
    hits: Option<S>,
}

impl<'de, A: MapAccess<'de>, S: DeserializeSeed<'de, Value = ()>> MapAccess<'de> for WithoutHits<A, S> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<&'de str>()? {
            if key != "hits" {
                return seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some);
            }
            let hits = self.hits.take().ok_or_else(|| Error::duplicate_field("hits"))?;
            self.map.next_value_seed(hits)?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// The hits themselves.
struct HitList<'p, 'de> {
    prepared: &'p PreparedRequest,
    builder: &'p mut RecordsBuilder,
    end: &'p mut PageEnd<'de>,
}

impl<'de> DeserializeSeed<'de> for HitList<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for HitList<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hits")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { prepared, builder, end } = self;
        // Hits of one index mostly stand together.
        let mut known = None;
        while let Some(sort) = seq.next_element_seed(HitObject { prepared, builder, known: &mut known })? {
            *end = PageEnd { hits: end.hits + 1, last: sort };
        }
        Ok(())
    }
}

/// A hit. Its sort values are given back.
struct HitObject<'p, 'h, 'de> {
    prepared: &'p PreparedRequest,
    builder: &'h mut RecordsBuilder,
    /// How the documents of the last hit's index are read.
    known: &'h mut Option<(&'de str, &'p Decoder)>,
}

impl<'de> DeserializeSeed<'de> for HitObject<'_, '_, 'de> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for HitObject<'_, '_, 'de> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a hit")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self { prepared, builder, known } = self;
        let (mut index, mut id, mut decoder) = (None, None, None);
        let [mut sort, mut fields, mut ignored, mut ignored_values] = [None::<Option<&'de RawValue>>; 4];
        while let Some(key) = map.next_key::<&'de str>()? {
            match key {
                "_index" => once(&mut index, map.next_value::<&'de str>()?)?,
                "_id" => once(&mut id, map.next_value::<&'de str>()?)?,
                "_source" => {
                    // Servers write the index before it.
                    let index = index.ok_or_else(|| Error::missing_field("_index"))?;
                    let (_, of_index) = match *known {
                        Some(same) if same.0 == index => same,
                        _ => *known.insert((index, prepared.decoder(index).ok_or_else(|| Error::custom(index))?)),
                    };
                    once(&mut decoder, of_index)?;
                    map.next_value_seed(of_index.tree.object(builder))?;
                }
                "sort" => once(&mut sort, map.next_value()?)?,
                "fields" => once(&mut fields, map.next_value()?)?,
                "_ignored" => once(&mut ignored, map.next_value()?)?,
                "ignored_field_values" => once(&mut ignored_values, map.next_value()?)?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let (Some(index), Some(id), Some(decoder)) = (index, id, decoder) else { return Err(Error::missing_field("_source")) };
        let hit = Hit {
            index: Cow::Borrowed(index),
            id: Cow::Borrowed(id),
            source: None,
            sort: sort.flatten(),
            fields: fields.flatten(),
            ignored: ignored.flatten(),
            ignored_values: ignored_values.flatten(),
            flaw: None,
        };
        prepared.end_record(decoder, &hit, None, builder).map_err(|fault| Error::custom(fault.reason))?;
        Ok(hit.sort)
    }
}

/// Takes a value that comes once.
fn once<T, E: Error>(slot: &mut Option<T>, value: T) -> Result<(), E> {
    if slot.replace(value).is_some() { Err(Error::custom("it comes twice")) } else { Ok(()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::mapping::MappingAnswers;
    use super::super::prepare;
    use super::super::server::{Product, Server};
    use super::*;
    use crate::source::Records;
    use crate::source::repair::Repaired;
    use huntc_compiler::catalog::Catalog;
    use huntc_compiler::request::{BoundRequest, Query};
    use serde_json::json;

    const FIELDS: [&str; 6] = ["@timestamp", "_id", "host.name", "process.args", "process.name", "process.pid"];

    fn prepared() -> PreparedRequest {
        let request = BoundRequest::of(Catalog::builtin(), Query::exists("process.pid"), FIELDS);
        let words = json!({"type": "keyword"});
        let process = json!({"properties": {"name": words, "args": words, "pid": {"type": "long"}}});
        let synthetic = json!({"_source": {"mode": "synthetic"}});
        let mapping = |more: serde_json::Value| {
            let mut mappings = json!({"properties": {"@timestamp": {"type": "date"}, "process": process}});
            mappings.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
            json!({ "mappings": mappings })
        };
        let json = json!({"i": mapping(json!({})), "j": mapping(synthetic)});
        let indices = MappingAnswers::everything(&json, &prepare::fields_of(&request));
        PreparedRequest::new(&request, &indices, &Server { product: Product::Elasticsearch, version: None }, false).unwrap()
    }

    fn answer(hits: &[String]) -> String {
        let head = r#"{"pit_id":"p","timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"#;
        format!(r#"{head}"hits":{{"total":{{"value":{},"relation":"eq"}},"hits":[{}]}}}}"#, hits.len(), hits.join(","))
    }

    fn hit(index: &str, id: u32, source: &str) -> String {
        format!(r#"{{"_index":"{index}","_id":"{id}","_source":{source},"sort":[{id},"x"]}}"#)
    }

    /// Everything that a page says, for comparison.
    fn told(answer: &Answer<'_>, end: PageEnd<'_>, records: &Records) -> String {
        let last = end.last.map(RawValue::get);
        let verdict = answer.whole().map_err(|fault| fault.reason);
        format!("{verdict:?} {:?} {:?} {} {last:?} {records:#?}", answer.pit_id, answer.hits.exact_total(), end.hits)
    }

    fn in_one_pass(body: &[u8]) -> Option<String> {
        let prepared = prepared();
        let mut builder = prepared.builder();
        let (answer, end) = read(body, &prepared, &mut builder)?;
        Some(told(&answer, end, &builder.finish(prepared.wanted())))
    }

    fn in_two(body: &[u8]) -> Option<String> {
        let prepared = prepared();
        let mut builder = prepared.builder();
        let mut mended = Repaired::default();
        let answer = Answer::read(body, &mut mended).ok()?;
        prepared.take(&answer.hits.hits, &mut builder).ok()?;
        Some(told(&answer, PageEnd::of(&answer.hits.hits), &builder.finish(prepared.wanted())))
    }

    #[test]
    fn one_pass_gives_what_two_give() {
        let documents = [
            r#"{"@timestamp":"2026-03-02T00:00:00.001Z","host":{"name":"h"},"process":{"name":"a","pid":4,"args":["x","y"]}}"#,
            r#"{"process.name":"b","process":{"pid":5,"args":null},"other":[{"process":{"name":"no"}}],"@timestamp":1772409600000}"#,
            r#"{"process":{"name":"say \"hé\" 😀","pid":[4,"0x10",1.5,true]}}"#,
            "{}",
        ];
        let mut hits: Vec<String> = documents.iter().zip(1..).map(|(source, id)| hit("i", id, source)).collect();
        hits.push(r#"{"_index":"j","_id":"9","_score":null,"_ignored":["a"],"_source":{"process":{"name":"c"}},"fields":{"@timestamp":["2026-03-02T00:00:00.000Z"]},"sort":[9]}"#.to_owned());
        hits.push(hit("k-unknown", 10, documents[0]).replace(r#","sort":[10,"x"]"#, r#","inner":{"hits":{"hits":[]}}"#));
        for hits in [&hits[..], &hits[..1], &[]] {
            let body = answer(hits);
            let one = in_one_pass(body.as_bytes());
            assert_eq!(one, in_two(body.as_bytes()));
            assert!(one.is_some_and(|told| told.starts_with(&format!("Ok(()) Some(\"p\") Some({0}) {0} ", hits.len()))));
        }
        for body in ["{}", r#"{"hits":{}}"#, r#"{"timed_out":true,"hits":{"hits":[]},"error":{"type":"x"}}"#] {
            let one = in_one_pass(body.as_bytes());
            assert!(one.is_some() && one == in_two(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn what_is_unusual_is_left_to_two_passes_and_forgotten() {
        let good = hit("i", 1, r#"{"process":{"name":"good"}}"#);
        let after = |odd: &str| answer(&[good.clone(), odd.to_owned()]).into_bytes();
        let source = |source: &str| after(&hit("i", 2, source));
        let mut cut = after(&good);
        cut.truncate(cut.len() - 3);
        let odd = [
            after(r#"{"_source":{},"_index":"i","_id":"2"}"#),
            after(r#"{"_index":"i","_id":"2"}"#),
            after(r#"{"_index":"\u0069","_id":"2","_source":{}}"#),
            after(r#"{"_index":"i","_id":"2","_source":{},"_source":{}}"#),
            after(r#"{"_index":"i","_id":"2","_id":"3","_source":{}}"#),
            source("null"),
            source("[]"),
            source("\"text\""),
            source(r#"{"process":{"name":"half \ud800"}}"#),
            source(r#"{"process":{"pid":1e400}}"#),
            source(&format!(r#"{{"process":{{"pid":{}1{}}}}}"#, "[".repeat(125), "]".repeat(125))),
            [&source(r#"{"process":{"name":""#)[..], b"\xff\"}}"].concat(),
            answer(std::slice::from_ref(&good)).replace(r#""pit_id""#, r#""hits":{},"pit_id""#).into_bytes(),
            format!("{} x", answer(std::slice::from_ref(&good))).into_bytes(),
            cut,
            b"[]".to_vec(),
            b"".to_vec(),
        ];
        let prepared = prepared();
        for body in odd {
            let mut builder = prepared.builder();
            let mark = builder.mark();
            assert!(read(&body, &prepared, &mut builder).is_none(), "{}", String::from_utf8_lossy(&body));
            builder.back_to(mark);
            let records = builder.finish(prepared.wanted());
            assert!(records.is_empty() && records.columns.iter().all(|(_, column)| column.codes.is_empty()));
        }
    }
}
