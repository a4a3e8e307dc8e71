//! Sightings added to tables: as if they had been there from the beginning.

use crate::table::{Growth, Sighting, Table, TupleId};
use crate::testing::{attr, entity, held, rows, table};
use huntc_compiler::plan::Transformer;
use huntc_compiler::value::Value;

/// The table with the sightings of others added.
fn grown(table: &Table, more: &[&Table]) -> Table {
    let mut growth = Growth::new(table, &table.columns);
    for more in more {
        add(&mut growth, more);
        growth.keep();
    }
    growth.finish()
}

fn add(growth: &mut Growth<'_>, more: &Table) {
    for entity in more.entities() {
        let Some(place) = growth.place(entity.key()) else { continue };
        for sighting in entity.sightings() {
            let values = || (0..more.columns.len()).map(|column| entity.held(&sighting, column).cloned()).collect();
            growth.add(place, sighting, values, entity.observation(&sighting));
        }
    }
}

const V: &str = "@key | @record | @time | name\n A | 1 | 1 | one\n A | 3 | 3 | three\n B | 2 | 2 | two\n C | 4 | 4 | -";

#[test]
fn what_is_there_already_is_marked_as_a_creation() {
    let v = table("process", V);
    let more =
        table("process", "@key | @record | @time | name | @is\n A | 3 | 3 | three | creation uncounted\n D | 9 | 9 | - | creation");
    let x = grown(&v, &[&more]);
    assert_eq!(held(&x), ["A: 1 3c", "B: 2", "C: 4"], "others are left out");
    assert_eq!(rows(&x, "name"), ["three", "two", "-"]);
    assert_eq!(held(&v), ["A: 1 3", "B: 2", "C: 4"], "the table itself stays");
    assert_eq!(x.bytes(), 8, "all but one word of bits is shared");
}

#[test]
fn what_is_new_is_added_in_the_order_of_time_and_keeps_its_values() {
    let v = table("process", V);
    let more = |text: &str| table("process", &format!("@key | @record | @time | name | @is\n {text}"));
    let x = grown(
        &v,
        &[
            &more("B | 7 | 0 | born | creation uncounted"),
            &more("A | 8 | 2 | late | creation uncounted"),
            &more("C | 4 | 4 | - | creation"),
        ],
    );
    assert_eq!(held(&x), ["A: 1 (8c) 3", "B: (7c) 2", "C: 4c"]);
    assert_eq!(rows(&x, "name first_observed observation_id"), ["late | 2s | index/1", "born | 0s | index/2", "- | 4s | index/4"]);
    let again = grown(&x, &[&more("B | 7 | 0 | born | creation uncounted"), &more("B | 2 | 2 | two | creation")]);
    assert_eq!(held(&again), ["A: 1 (8c) 3", "B: (7c) 2c", "C: 4c"]);
}

#[test]
fn rows_for_each_record_stay_rows_of_their_records() {
    let v = crate::ops::order::transform(&table("process", V), Transformer::Timestamped);
    let more = table("process", "@key | @record | @time | name | @is\n A | 8 | 0 | born | creation uncounted");
    let x = grown(&v, &[&more]);
    assert_eq!(
        (rows(&v, "first_observed"), rows(&x, "first_observed")),
        (vec!["1s".to_owned(), "2s".to_owned(), "3s".to_owned(), "4s".to_owned()], rows(&v, "first_observed"))
    );
}

#[test]
fn what_is_forgotten_is_not_added() {
    let v = table("process", V);
    let more = |text: &str| table("process", &format!("@key | @record | @time | name | @is\n {text}"));
    let mut growth = Growth::new(&v, &v.columns);
    add(&mut growth, &more("B | 7 | 0 | kept | creation uncounted"));
    growth.keep();
    add(&mut growth, &more("B | 8 | 0 | lost | creation uncounted\n A | 1 | 1 | one | creation"));
    growth.forget();
    add(&mut growth, &more("C | 4 | 4 | - | creation"));
    growth.keep();
    add(&mut growth, &more("A | 3 | 3 | three | creation"));
    assert_eq!(held(&growth.finish()), ["A: 1 3", "B: (7c) 2", "C: 4c"]);
}

#[test]
fn columns_that_are_asked_for_are_those_of_all_sightings() {
    let v = table("process", "@key | @record | name | pid\n A | 1 | one | 7");
    let columns = [attr(entity("process"), "pid")];
    let mut growth = Growth::new(&v, &columns);
    let mut sighting = Sighting::new(Some(2), None, 0, TupleId::default());
    sighting.set_creation(true);
    growth.add(0, sighting, || vec![Some(Value::Int(8))], None);
    growth.keep();
    assert_eq!(rows(&growth.finish(), "pid name"), ["8 | -"]);
}
