//! Which fields of a source a hunt may ask for, before anything is asked.

use super::Run;
use crate::source::Fields;
use huntc_compiler::plan::SourceRef;
use huntc_compiler::request::Query;
use std::collections::BTreeSet;

impl Run<'_> {
    /// The names of all fields that this hunt may request from `source`: those of the plan's nodes, those of
    /// the requests that decide what tells processes apart, and those of hints.
    pub(super) fn field_demand(&self, source: SourceRef) -> Fields {
        let (plan, requests, catalog) = (self.job.plan, self.job.requests, self.job.catalog);
        let mut fields = BTreeSet::new();
        add(&requests.with_ids.query, &requests.with_ids.fields, &mut fields);
        add(&requests.creations.query, requests.creations.fields.as_slice(), &mut fields);
        let mut types = BTreeSet::new();
        let name = |source: SourceRef| plan.source(source).map(|s| &s.name);
        for template in requests.iter().filter(|template| name(template.source) == name(source)) {
            add(&template.form.query, &template.form.fields, &mut fields);
            if let Some(spare) = &template.form.spare {
                add(&spare.unless, &[], &mut fields);
            }
            if let Some(tuples) = &template.tuples {
                add(&tuples.single, &tuples.fields, &mut fields);
            }
            types.extend(plan.node(template.node).types());
        }
        if self.options.hints {
            // Hints look for the values in other attributes of these types, and in other slots.
            let attributes = types.into_iter().flat_map(|entity| &catalog.get(entity).attributes);
            let accesses = attributes.flat_map(|attribute| attribute.access.iter().flatten());
            fields.extend(accesses.flat_map(|access| access.fields.iter().cloned()));
            fields.extend(["event.category", "event.code", "event.type", "host.name"].map(str::to_owned));
        }
        fields.into_iter().collect()
    }
}

fn add<H>(query: &Query<H>, named: &[String], fields: &mut BTreeSet<String>) {
    query.each_field(&mut |field| {
        fields.insert(field.to_owned());
    });
    fields.extend(named.iter().cloned());
}
