//! K075–K079: log files and embedded stores.

codes! {
    UNREADABLE_LOG "K0751" "unreadable-log" Error fixed "a log file cannot be read";
}
