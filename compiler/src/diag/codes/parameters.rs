//! K06: parameters of hunts.

codes! {
    UNKNOWN_PARAMETER "K0601" "unknown-parameter" Error fixed "a statement uses a parameter that is not declared";
    MISSING_PARAMETER "K0602" "missing-parameter" Error fixed "a parameter without a default was given no value";
    BAD_PARAMETER "K0603" "bad-parameter" Error fixed "a parameter, or a value of one, cannot be read";
    REPEATED_PARAMETER "K0604" "repeated-parameter" Error fixed "a parameter is declared twice";
    UNUSED_PARAMETER "K0605" "unused-parameter" Warning lint "no statement uses a parameter";
    UNDECLARED_SETTING "K0606" "undeclared-setting" Error fixed "a value is given to a parameter that no hunt declares";
    PARAMETER_NOT_HERE "K0607" "parameter-does-not-fit" Error fixed "the value of a parameter cannot stand where it is used";
}
