//! K10: the run of a hunt.

codes! {
    CANCELLED "K1000" "interrupted" Error fixed "the run was interrupted";
    ANALYTIC_NOT_CONFIGURED "K1001" "analytic-not-configured" Error fixed "an analytic has no configuration";
    ANALYTIC_FAILED "K1002" "analytic-failed" Error fixed "an analytic did not answer as it must";
    LOAD_FAILED "K1003" "load-failed" Error fixed "a file of LOAD cannot be read";
    SAVE_FAILED "K1004" "save-failed" Error fixed "a file of SAVE cannot be written";
    UNIDENTIFIED "K1005" "unidentified-processes" Warning fixed "processes without an entity id are left out";
    NO_IDENTITY "K1006" "no-identity" Warning fixed "written rows without an identity find nothing";
    UNDECIDABLE "K1007" "undecidable-condition" Error fixed "a condition cannot be decided";
    BUDGET "K1008" "budget-used-up" Error fixed "the hunt needs more than it may use";
    FILE_OUTSIDE "K1010" "file-outside" Error fixed "a file of FROM lies outside the folders of the hunt";
    UNDECIDED "K1017" "undecided-comparison" Warning fixed "a comparison could not be decided and counts as true";
    TOO_MANY_WAYS "K1018" "too-many-ways-to-match" Error fixed "an observation expression has too many ways to match";
    STOPPED "K1019" "extract-stopped" Warning fixed "EXTRACT was stopped on a value and found nothing in it";
    ANALYTIC_DEVIATES "K1020" "analytic-deviates" Warning fixed "an analytic answered otherwise than it was asked";
    DISPLAY_LEFT_OUT "K1021" "display-left-out" Warning fixed "what an analytic shows is not kept";
    FETCH_NOT_ALLOWED "K1030" "fetch-not-allowed" Error fixed "a hunt names a file on a host that may not be asked";
    FETCH_FAILED "K1031" "fetch-failed" Error fixed "a file could not be fetched";
    UNBOUND_SOURCE "K1009" "unbound-source" Error fixed "a data source is not bound to anything";
}
