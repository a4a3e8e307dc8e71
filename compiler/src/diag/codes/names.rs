//! K01: names of variables and data sources, and the flow between statements.

codes! {
    UNKNOWN_VARIABLE "K0101" "unknown-variable" Error fixed "a variable is used before it is bound";
}
