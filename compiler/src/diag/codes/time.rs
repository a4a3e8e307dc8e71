//! K04: time ranges.

codes! {
    EMPTY_RANGE "K0401" "empty-range" Error fixed "START is not before STOP";
    FUTURE_RANGE "K0402" "future-range" Warning lint "the time range lies in the future";
    DEFAULT_WINDOW "K0403" "default-window" Warning lint "the data source's default window applies";
    MISSED_WINDOW "K0404" "missed-window" Warning lint "the time range misses the variable's records";
}
