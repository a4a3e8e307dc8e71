//! K070–K074: Elasticsearch and OpenSearch at run time.

codes! {
    REQUEST_FAILED "K0701" "request-failed" Error fixed "the server refused a request";
    UNREACHABLE "K0702" "server-unreachable" Error fixed "no connection to the server";
    TLS_FAILED "K0703" "tls-failed" Error fixed "no trusted connection to the server";
    LOGIN_REFUSED "K0704" "login-refused" Error fixed "the server does not accept the credentials";
    ACCESS_DENIED "K0705" "access-denied" Error fixed "the credentials lack a privilege";
    NO_SUCH_INDEX "K0706" "no-such-index" Error fixed "an index, alias or pattern matches nothing";
    INDEX_CLOSED "K0707" "index-closed" Error fixed "an index is closed";
    OVERLOADED "K0708" "server-overloaded" Error fixed "the server refuses work because it is busy";
    SERVER_TIMEOUT "K0709" "server-timeout" Error fixed "the server did not answer in time";
    INCOMPLETE_ANSWER "K0710" "incomplete-answer" Error fixed "the server answered a part of the records only";
    MALFORMED_ANSWER "K0711" "malformed-answer" Error fixed "an answer of the server cannot be read";
    NOT_A_SEARCH_SERVER "K0712" "not-a-search-server" Error fixed "the address does not lead to Elasticsearch or OpenSearch";
    TOO_MANY_SNAPSHOTS "K0713" "too-many-snapshots" Error fixed "the server has too many open points in time";
    SNAPSHOT_LOST "K0714" "snapshot-lost" Error fixed "the server lost the point in time that a request reads";
    REQUEST_TOO_LARGE "K0715" "request-too-large" Error fixed "a request is larger than the server allows";
    BAD_CLUSTER_ADDRESS "K0716" "bad-cluster-address" Error fixed "the address of a cluster cannot be used";
    BAD_CERTIFICATE "K0717" "bad-certificate" Error fixed "a certificate of the configuration cannot be read";
    NO_SOURCE_DOCUMENTS "K0718" "no-source-documents" Error fixed "an index does not keep its documents";
    RECORDS_CHANGED "K0719" "records-changed" Error fixed "records or indices changed while a hunt read them";
    PATTERN_NARROWED "K0730" "pattern-narrowed" Error fixed "the credentials see a part of the indices only";
    FIELD_LEFT_OUT "K0731" "field-left-out" Error fixed "an index keeps its documents without a field";
    BAD_SAVED_MAPPINGS "K0732" "bad-saved-mappings" Error fixed "a file of saved mappings cannot be used";
    NOTHING_MAPPED "K0733" "nothing-mapped" Warning lint "no index can have a record that a statement means";
    NOT_SEARCHED "K0736" "indices-not-searched" Warning lint "a pattern stands for indices that are not searched";
}
