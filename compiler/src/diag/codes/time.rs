//! K04: time ranges.

codes! {
    EMPTY_RANGE "K0401" "empty-range" Error fixed "START is not before STOP";
}
