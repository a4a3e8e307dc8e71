//! K02: entity types and attributes.

codes! {
    UNKNOWN_ATTRIBUTE "K0201" "unknown-attribute" Error fixed "the entity type has no such attribute";
}
