//! The facts about one data source, and the notes that follow from them.

use super::entities::EntityCoverage;
use super::own_fields;
use crate::cli::exit::ExitCode;
use crate::config::kinds::SourceFacts;
use crate::report::text::count;
use crate::source::Clock;
use crate::source::elastic::FieldSurvey;
use crate::source::logs::ReadReport;
use huntc_compiler::catalog::OwnField;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::time::Instant;
use huntc_compiler::time::duration;
use std::time::Duration;

/// The most bad lines that a note names.
const NAMED: usize = 5;

/// The health of one data source.
pub(super) struct Health {
    pub name: String,
    /// How the source is bound; `None` when it is not, or wrongly.
    pub said: Option<Said>,
    /// The facts; `None` when the source does not answer. `problem` then says why.
    pub examined: Option<Examined>,
    pub problem: Option<Diagnostic>,
}

/// What the configuration says about the source.
pub(super) struct Said {
    pub kind: &'static str,
    pub location: String,
    /// The kind of the credentials and where they come from, never the credentials themselves.
    pub credentials: Option<String>,
    pub from: String,
}

/// The facts about a source.
pub(super) struct Examined {
    pub facts: SourceFacts,
    /// The report of reading log files.
    pub unread: ReadReport,
    pub processes: Processes,
    pub fields: Vec<Coverage>,
    /// How much of each everyday entity type is there.
    pub entities: Vec<EntityCoverage>,
    /// The fields that the configuration declares.
    pub own: Vec<OwnField>,
    pub elapsed: Duration,
    /// The present instant of this machine's clock.
    pub now: Instant,
}

/// Counts of the records with a process.
pub(super) struct Processes {
    pub records: u64,
    /// Those with `process.entity_id`.
    pub with_entity_id: u64,
}

/// How many records have a field.
pub(super) struct Coverage {
    pub field: String,
    pub records: u64,
    /// What cannot be hunted without the field.
    pub without: String,
    /// How a cluster maps the field; `None` for other sources.
    pub mapping: Option<FieldSurvey>,
}

impl Health {
    /// The health of a source that could not be bound.
    pub(super) fn misbound(name: &str, problem: Diagnostic) -> Self {
        Self { name: name.to_owned(), said: None, examined: None, problem: Some(problem) }
    }

    /// Whether only a part of the source can be seen.
    pub(super) fn is_part(&self) -> bool {
        self.examined.as_ref().is_some_and(|examined| examined.facts.part)
    }

    /// The exit status: 0 for a healthy source, 2 for one that is bound wrongly, 3 for one that does not answer, 4 for one that
    /// can be seen in part.
    pub(super) fn exit_code(&self) -> ExitCode {
        match (&self.said, &self.problem) {
            (_, None) if self.is_part() => ExitCode::Partial,
            (_, None) => ExitCode::Ok,
            (None, Some(_)) => ExitCode::Usage,
            (Some(_), Some(_)) => ExitCode::Failed,
        }
    }
}

impl Examined {
    /// What a hunter should know before trusting an empty result.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let ReadReport { bad, bad_total, mended, mended_total, left_out, part, .. } = &self.unread;
        notes.extend(part.clone());
        if self.facts.part {
            notes.push(
                "all figures are of a part of the source: shards or remote clusters did not answer, or privileges are lacking"
                    .to_owned(),
            );
        }
        if *bad_total > 0 {
            notes.push(format!("{} skipped as unreadable", count(*bad_total, "line")));
            notes.extend(bad.iter().take(NAMED).map(ToString::to_string));
        }
        if *mended_total > 0 {
            notes.push(format!("{} with a value that was mended", count(*mended_total, "record")));
            notes.extend(mended.iter().take(NAMED).map(ToString::to_string));
        }
        if !left_out.is_empty() {
            notes.push(format!("{} left out: no record in it", count(left_out.len() as u64, "file")));
            notes.extend(left_out.iter().map(ToString::to_string));
        }
        if !self.unread.clocks.is_empty() {
            notes.push("Windows events were logged by a clock that is not UTC".to_owned());
        }
        if self.facts.records == 0 {
            notes.push("it holds no record: every hunt in it finds nothing".to_owned());
            return notes;
        }
        match self.facts.span {
            None => notes.push("no record has a time that can be compared".to_owned()),
            Some((_, last)) if last > self.now => {
                notes.push(format!("the newest record is of {last}, in the future: a clock is ahead"));
            }
            Some(_) => {}
        }
        notes.extend(self.identity());
        notes.extend(self.shifted());
        notes.extend(self.own.iter().filter_map(|own| {
            let coverage = self.fields.iter().find(|coverage| coverage.field == own.name)?;
            own_fields::note(own, coverage.records, coverage.mapping.as_ref())
        }));
        notes
    }

    fn identity(&self) -> Option<String> {
        let Processes { records, with_entity_id } = self.processes;
        let lacking = records.saturating_sub(with_entity_id);
        match (records, with_entity_id) {
            (0, _) => None,
            (_, 0) => Some("no process has an entity id: host, pid and start time tell processes apart".to_owned()),
            _ if lacking > 0 => Some(format!(
                "{} of a process without an entity id: left out as unidentified on hosts that have some, unless `--process-identity ladder` is given",
                count(lacking, "record")
            )),
            _ => None,
        }
    }

    /// Notes on the categories whose time does not overlap with that of processes.
    fn shifted(&self) -> Vec<String> {
        let Some(process) = self.facts.clocks.iter().find(|c| c.category == "process") else { return Vec::new() };
        let apart = |clock: &Clock| {
            let (word, gap) = if clock.last < process.first {
                ("before", process.first.0 - clock.last.0)
            } else if process.last < clock.first {
                ("after", clock.first.0 - process.last.0)
            } else {
                return None;
            };
            Some(format!(
                "all `{}` records lie {} {word} the `process` records: if a clock is shifted, FIND needs START and STOP around both",
                clock.category,
                duration::rough(gap)
            ))
        };
        self.facts.clocks.iter().filter_map(apart).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(category: &str, first: i64, last: i64) -> Clock {
        let at = |seconds: i64| Instant(seconds * 1_000_000_000);
        Clock { category: category.to_owned(), records: 1, first: at(first), last: at(last) }
    }

    fn found(clocks: Vec<Clock>, records: u64, with_entity_id: u64) -> Examined {
        let facts = SourceFacts { records: 10, span: Some((Instant(0), Instant(5))), clocks, ..SourceFacts::default() };
        Examined {
            facts,
            unread: ReadReport::default(),
            processes: Processes { records, with_entity_id },
            fields: Vec::new(),
            entities: Vec::new(),
            own: Vec::new(),
            elapsed: Duration::ZERO,
            now: Instant(i64::MAX),
        }
    }

    #[test]
    fn clocks_that_never_meet_are_told() {
        let notes =
            found(vec![clock("network", 0, 9), clock("process", 50_409, 50_500), clock("file", 50_500, 50_501)], 1, 1).notes();
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(notes[0].starts_with("all `network` records lie 14 h before the `process` records"), "{notes:?}");
    }

    #[test]
    fn identities_are_told_where_they_lack() {
        assert!(found(Vec::new(), 4, 4).notes().is_empty());
        assert!(found(Vec::new(), 4, 0).notes()[0].starts_with("no process has an entity id"));
        assert!(found(Vec::new(), 4, 3).notes()[0].starts_with("1 record of a process without an entity id"));
    }

    #[test]
    fn what_is_empty_or_of_tomorrow_is_told() {
        let mut empty = found(Vec::new(), 0, 0);
        empty.facts.records = 0;
        assert_eq!(empty.notes().len(), 1);
        let ahead = Examined { now: Instant(4), ..found(Vec::new(), 0, 0) };
        assert!(ahead.notes()[0].contains("in the future"));
        let mut timeless = Examined { unread: ReadReport { bad_total: 2, ..ReadReport::default() }, ..found(Vec::new(), 0, 0) };
        timeless.facts.span = None;
        assert_eq!(timeless.notes(), ["2 lines skipped as unreadable", "no record has a time that can be compared"]);
    }
}
