//! K03: comparisons.

codes! {
    BAD_OPERAND "K0301" "bad-operand" Error fixed "the operator does not take this value";
}
