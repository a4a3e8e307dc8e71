//! Scalars of records read as values of each type.

use super::super::values::{as_type, normal, parse_address, typed, typed_text};
use crate::source::Scalar;
use crate::testing::shown;
use huntc_compiler::catalog::ValueType;
use huntc_compiler::value::Value;

fn read(text: &str, ty: ValueType) -> String {
    shown(typed_text(text, ty).as_ref())
}

#[test]
fn a_text_that_its_type_does_not_read_is_absent() {
    assert_eq!(["4", "4.0", "4.5", "x", "NaN", ""].map(|t| read(t, ValueType::Integer)), ["4", "4", "4.5", "-", "-", "-"]);
    assert_eq!(["true", "True", "1"].map(|t| read(t, ValueType::Boolean)), ["true", "-", "-"]);
    assert_eq!(["10.0.0.1", "-", "10.0.0.1/32"].map(|t| read(t, ValueType::Address)), ["10.0.0.1", "-", "-"]);
    assert_eq!(["1970-01-01T00:00:07Z", "yesterday"].map(|t| read(t, ValueType::Time)), ["7s", "-"]);
}

#[test]
fn an_address_has_a_family_and_ipv4_in_ipv6_clothes_is_ipv4() {
    assert_eq!(["10.0.0.1", "::1", "::ffff:10.0.0.1"].map(|t| read(t, ValueType::Ipv4)), ["10.0.0.1", "-", "10.0.0.1"]);
    assert_eq!(["10.0.0.1", "::1", "::ffff:10.0.0.1"].map(|t| read(t, ValueType::Ipv6)), ["-", "::1", "-"]);
    assert_eq!(parse_address("FE80:0::1").map(|a| a.to_string()), Some("fe80::1".to_owned()));
}

#[test]
fn numbers_and_booleans_are_text_where_the_type_is_text() {
    let scalars = [Scalar::Int(4688), Scalar::Bool(true), Scalar::Float(1.5)];
    assert_eq!(scalars.map(|s| shown(typed(&s, ValueType::Text).as_ref())), ["4688", "true", "1.5"]);
}

#[test]
fn a_number_is_milliseconds_where_the_type_is_a_time() {
    assert_eq!(shown(typed(&Scalar::Int(70_000), ValueType::Time).as_ref()), "70s");
}

#[test]
fn only_identifiers_lose_their_case() {
    let guid = Value::text("C1A6AE2C-3FF1-4F6E-8A9A-6B0F7E2D5C11");
    assert_eq!(normal(&guid, ValueType::Id, false).to_string(), guid.to_string().to_lowercase());
    assert_eq!(normal(&guid, ValueType::Text, false), guid);
    assert_eq!(normal(&Value::text("ÄB"), ValueType::Text, true), Value::text("Äb"), "ASCII letters, where case is ignored");
}

#[test]
fn a_references_value_is_read_as_the_type_it_is_compared_with() {
    assert_eq!(as_type(&Value::text("4"), ValueType::Integer), Some(Value::Int(4)));
    assert_eq!(as_type(&Value::Int(4), ValueType::Text), Some(Value::text("4")));
    assert_eq!(as_type(&Value::text("x"), ValueType::Address), None);
}
