//! K05: FIND.

codes! {
    UNSUPPORTED_RELATION "K0501" "unsupported-relation" Error fixed "no such relation between these types";
    INEXPRESSIBLE_RELATION "K0502" "inexpressible-relation" Error fixed "no record can answer this relation";
    BAD_DEPTH "K0503" "bad-depth" Error fixed "DEPTH does not fit the relation";
}
