//! K02: entity types and attributes.

codes! {
    UNKNOWN_ATTRIBUTE "K0201" "unknown-attribute" Error fixed "the entity type has no such attribute";
    UNKNOWN_TYPE "K0202" "unknown-type" Error fixed "no entity type has this name";
    UNDECLARED_ATTRIBUTE "K0203" "undeclared-attribute" Warning lint "an attribute is settled only at run time";
    DROPPED_ATTRIBUTE "K0204" "dropped-attribute" Error fixed "ATTR dropped the attribute before";
    TYPE_MISMATCH "K0205" "type-mismatch" Error fixed "two entity types meet where one is needed";
    NEEDS_ENTITIES "K0206" "needs-entities" Error fixed "GROUP results are no entities";
    ROWS_PER_RECORD "K0207" "rows-per-record" Error fixed "the variable has a row for each record already";
    BAD_AGGREGATE "K0208" "bad-aggregate" Error fixed "the aggregate needs numbers";
    BAD_BIN "K0209" "bad-bin" Error fixed "BIN does not fit the attribute";
    DUPLICATE_COLUMN "K0210" "duplicate-column" Error fixed "two columns have one name";
    MISSING_TYPE "K0211" "missing-type" Error fixed "the entity type is not known";
    MIXED_TYPES "K0212" "mixed-types" Error fixed "rows of NEW have different types";
    OVERRIDDEN_TYPE "K0213" "overridden-type" Warning lint "the type key of NEW wins over the written type";
    BAD_VALUE "K0214" "bad-value" Error fixed "a value of NEW does not fit the attribute";
    RECORD_ATTRIBUTE "K0215" "record-attribute" Error fixed "the attribute belongs to records, not to entities";
    SORT_DIRECTION "K0220" "sort-direction" Advice lint "SORT without a direction is descending";
    LIST_INDEX "K0221" "list-index" Error fixed "an index of a list cannot be asked for";
}
