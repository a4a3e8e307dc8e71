//! What a night tells as SARIF: each finding that is new or back, and what could not be seen.

use crate::nightly::face::{self, Face};
use crate::nightly::model::Night;
use crate::report::sarif::{HuntFacts, HuntFinding, SarifLog};
use serde_json::Value as Json;

/// The log of a night.
pub(crate) fn sarif(night: &Night) -> String {
    let mut log = SarifLog::default();
    if !night.is_whole() {
        log.lacks();
    }
    for line in night.health.lines(night.at.0).iter().chain(&night.notices).chain(&night.suppressions) {
        log.notify("warning", line);
    }
    for hunt in &night.hunts {
        let facts = HuntFacts {
            file: hunt.file.clone(),
            title: Some(hunt.title.clone()),
            severity: Some(hunt.severity().word()),
            attack: hunt.front_matter.attack.clone(),
            statements: Vec::new(),
        };
        log.hunt(&facts);
        if !hunt.whole() {
            let reason = hunt.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
            log.notify("error", &format!("{}: {}{reason}", hunt.file, hunt.status.word()));
        }
        for (identity, finding) in hunt.news.told() {
            let who = [face::names(&finding.hosts), face::names(&finding.users), face::columns(finding)];
            let text = who.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
            let properties = match serde_json::to_value(Face::of(finding)) {
                Ok(Json::Object(properties)) => properties,
                _ => serde_json::Map::new(),
            };
            log.find(&facts, HuntFinding { text, identity: identity.clone(), place: None, properties }, &night.run.sources);
        }
    }
    log.text()
}
