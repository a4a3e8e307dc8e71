//! K075–K079: log files and embedded stores.

codes! {
    UNREADABLE_LOG "K0751" "unreadable-log" Error fixed "a log file cannot be read";
    NOTHING_TO_READ "K0752" "nothing-to-read" Error fixed "a path names no log file";
    BAD_LINES "K0753" "bad-log-lines" Warning lint "some lines of a log are no records";
    BULK_CHANGE "K0754" "bulk-changes-records" Error fixed "a bulk body deletes or updates records";
    NOT_A_STORE "K0755" "not-a-store" Error fixed "a folder is no embedded store";
    STORE_VERSION "K0756" "store-version" Error fixed "a store was written by another version";
    STORE_CORRUPT "K0757" "store-corrupt" Error fixed "a file of a store is damaged";
    STORE_LOCKED "K0758" "store-locked" Error fixed "another process writes to a store";
    STORE_WRITE "K0759" "store-write" Error fixed "a store cannot be written";
    STORE_QUERY "K0760" "store-query" Error fixed "the embedded store cannot run a query";
    NO_RECORDS "K0761" "no-records" Error fixed "what should be a log gives no record, or too few";
    LEFT_OUT "K0762" "left-out-files" Warning lint "files of a folder give no record";
    MENDED "K0764" "mended-values" Warning lint "values of records were mended while they were read";
    LOG_CLOCK "K0766" "log-clock" Warning lint "a log has another clock than UTC";
    UNPACKS_TO_TOO_MUCH "K0765" "unpacks-to-too-much" Error fixed "an archive unpacks to more than may be read";
    CONVERTED_NOT_WRITTEN "K0769" "converted-not-written" Error fixed "converted documents cannot be written";
    OTHER_TEMPLATE "K0770" "other-template" Error fixed "a server has another index template called `huntc-convert`";
    RECORDS_REFUSED "K0771" "records-refused" Error fixed "a server refused converted records";
    PART_OF_AN_ANSWER "K0763" "part-of-an-answer" Error fixed "a saved answer says that it is only a part";
}
