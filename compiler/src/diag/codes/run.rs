//! K10: the run of a hunt.

codes! {
    CANCELLED "K1000" "interrupted" Error fixed "the run was interrupted";
    ANALYTIC_NOT_CONFIGURED "K1001" "analytic-not-configured" Error fixed "an analytic has no configuration";
}
