//! K03: comparisons.

codes! {
    BAD_OPERAND "K0301" "unfit-value" Error fixed "the value does not fit the attribute";
    BAD_OPERATOR "K0302" "unfit-operator" Error fixed "the operator does not fit the attribute";
    LIST_OPERATOR "K0303" "list-operator" Error fixed "a list needs IN";
    MANY_VALUES "K0304" "many-values" Error fixed "the operator takes one value, a reference has many";
    OTHER_ENTITY "K0305" "other-entity" Error fixed "a filter looks at one entity type only";
    BAD_REGEX "K0306" "bad-regex" Error fixed "the regular expression cannot be read";
    BAD_NETWORK "K0307" "bad-network" Error fixed "the text is no network";
    NULL_LITERAL "K0308" "null-literal" Error fixed "NULL is no value";
    OBSERVATIONS "K0309" "observations" Error fixed "several observations only in GET from a data source";
    REFERENCE_TYPE "K0311" "reference-type" Error fixed "the reference has values of another kind";
    NEVER_MATCHES "K0320" "never-matches" Warning lint "the comparison can never hold";
    CURRENT_USER_HIVE "K0321" "current-user-hive" Warning lint "HKEY_CURRENT_USER never occurs in records";
    WILDCARD "K0322" "misplaced-wildcard" Warning lint "a wildcard is an ordinary character here";
    WORD_LIKE_VARIABLE "K0323" "word-like-variable" Warning lint "a bare word is text, though a variable has this name";
    LOOSE_QUALIFIER "K0338" "loose-qualifier" Advice lint "a qualifier behind several observations belongs to the last one";
    CASE_TRAP "K0324" "case-trap" Advice lint "the comparison distinguishes case where records have another";
    DROPS_ABSENT "K0326" "drops-absent" Advice lint "an exclusion leaves out what lacks the attribute";
}
