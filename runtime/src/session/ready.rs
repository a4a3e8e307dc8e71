//! Requests of a plan that wait for no result, as a source would get them.

use crate::exec::bind::{self, Fill};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Hole, Query, RequestTemplate};

/// The request of a template; `None` where earlier results go into it.
pub fn ready(template: &RequestTemplate, catalog: &Catalog) -> Option<BoundRequest> {
    let fill = Fill { keys: &[], entity: None, catalog, columns: &[], any: false };
    (!waits(&template.form.query)).then(|| bind::request(template, &template.form, &fill))
}

fn waits(query: &Query<Hole>) -> bool {
    match query {
        Query::Terms(terms) => !terms.holes.is_empty(),
        Query::Bool(parts) => [&parts.filter, &parts.must_not, &parts.should].into_iter().flatten().any(waits),
        _ => false,
    }
}
