//! K06: patterns and relations to requests.

codes! {
    NOT_EXPRESSIBLE "K0601" "not-expressible" Error fixed "no record can answer this";
}
