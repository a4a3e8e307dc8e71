//! K05: FIND.

codes! {
    UNSUPPORTED_RELATION "K0501" "unsupported-relation" Error fixed "no such relation between these types";
}
