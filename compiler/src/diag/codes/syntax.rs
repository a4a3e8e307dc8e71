//! K00: what cannot be read.

codes! {
    UNEXPECTED "K0001" "unexpected-token" Error fixed "something else is needed here";
}
