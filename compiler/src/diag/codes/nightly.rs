//! K085–K088: front matter and nightly hunts.

codes! {
    UNKNOWN_FRONT_MATTER "K0850" "unknown-front-matter" Warning lint "a line of the leading comment looks like misspelt front matter";
    BAD_FRONT_MATTER "K0851" "bad-front-matter" Error fixed "a key of the front matter does not take this value";
    REPEATED_FRONT_MATTER "K0852" "repeated-front-matter" Error fixed "a key of the front matter is given twice";
    UNKNOWN_FINDING "K0853" "unknown-finding" Error fixed "the front matter names a variable that the hunt does not bind";
    EMPTY_HUNT "K0854" "empty-hunt" Error fixed "a hunt of a night has no statement";
    UNKNOWN_KEY "K0855" "unknown-finding-key" Error fixed "the key of a finding names what the finding lacks";
    BAD_CONDITION "K0856" "bad-suppression-condition" Error fixed "the condition of a suppression is more than a condition, or cannot be placed";
    STATE_UNUSABLE "K0860" "nightly-state-unusable" Error fixed "the state of nightly hunts cannot be used";
    STATE_VERSION "K0861" "nightly-state-version" Error fixed "the state of nightly hunts is of another version";
    STATE_LOCKED "K0862" "nightly-running" Error fixed "another nightly run works with this state";
    BAD_SUPPRESSIONS "K0863" "bad-suppressions" Error fixed "the list of suppressed findings has a fault";
    NO_HUNTFLOWS "K0864" "no-huntflows" Error fixed "a folder holds no huntflow";
    CLOCK_WENT_BACK "K0865" "clock-went-back" Warning fixed "the clock shows an earlier time than at the last run";
    NIGHT_BUDGET "K0866" "night-budget-used-up" Error fixed "the night's time or records were used up before a hunt was through";
    NOT_NOTIFIED "K0867" "notification-not-delivered" Warning fixed "a notification could not be delivered";
    NIGHT_NOT_WRITTEN "K0868" "nightly-report-not-written" Error fixed "the report of a night could not be written";
    UNKNOWN_HUNT "K0869" "unknown-nightly-hunt" Error fixed "no hunt of the nights has this name";
    BAD_HUNT_TEST "K0880" "bad-hunt-test" Error fixed "the test of a hunt cannot be used";
    BAD_TEMPLATE "K0881" "bad-notification-template" Error fixed "the template of notifications has a fault";
    SECRET_IN_UNIT "K0882" "secret-in-unit" Error fixed "a secret would stand in a unit for everybody to read";
}
