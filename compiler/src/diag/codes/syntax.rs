//! K00: what cannot be read.

codes! {
    UNEXPECTED "K0001" "unexpected-token" Error fixed "something else is needed here";
    UNKNOWN_CHARACTER "K0002" "unknown-character" Error fixed "a character means nothing here";
    UNTERMINATED "K0003" "unterminated-string" Error fixed "a string does not end on its line";
    PATH_ESCAPE "K0004" "path-escape" Error fixed "an escape sequence spoils a path";
    BAD_ESCAPE "K0005" "malformed-escape" Warning lint "an escape sequence is incomplete and stays as it is";
    MISSPELT "K0006" "misspelt-keyword" Error fixed "a keyword is misspelt";
    BAD_INSTANT "K0007" "bad-timestamp" Error fixed "a timestamp has the wrong shape or names no instant";
    BAD_DURATION "K0008" "bad-duration" Error fixed "a duration cannot be read";
    OUT_OF_RANGE "K0009" "number-out-of-range" Error fixed "a number is too large, negative, or not whole";
    BAD_NAME "K0010" "bad-name" Error fixed "a name has characters that it cannot have";
    KEYWORD_AS_NAME "K0011" "keyword-as-name" Error fixed "a keyword is used as a name";
    CONTROL_ESCAPE "K0012" "control-escape" Warning lint "an escape sequence puts a control character into a text";
    CLAUSE_ORDER "K0013" "clause-order" Error fixed "a clause stands twice or in the wrong place";
    CLAUSE_NOT_HERE "K0014" "clause-not-here" Error fixed "the command does not take this clause";
    UNCLOSED "K0015" "unclosed-bracket" Error fixed "a bracket is not closed";
    TOO_DEEP "K0016" "too-deep" Error fixed "brackets nest too deep";
    UNQUOTED "K0017" "unquoted-text" Error fixed "a text needs quotes";
    BAD_OPERATOR "K0018" "bad-operator" Error fixed "there is no such comparison operator";
    NOT_A_STATEMENT "K0019" "not-a-statement" Error fixed "this does nothing by itself";
    ONE_ONLY "K0020" "one-only" Error fixed "the command takes one variable or attribute";
    MISSING_CONNECTIVE "K0021" "missing-connective" Error fixed "AND or OR is missing between comparisons";
    BAD_ROWS "K0022" "bad-rows" Error fixed "the rows of NEW cannot be read";
    BAD_FUNCTION "K0023" "bad-function" Error fixed "a function is unknown or its arguments are wrong";
    TYPED_ATTRIBUTE "K0024" "typed-attribute" Error fixed "an attribute stands with its type where types do not belong";
    MIXED_BRACKETS "K0025" "mixed-brackets" Error fixed "parts of an observation expression with and without brackets";
    BAD_NOTEBOOK "K0026" "bad-notebook" Error fixed "a notebook cannot be read";
    CELL_LEFT_OUT "K0028" "cell-left-out" Warning lint "a cell of a huntbook is of another language";
    TOO_MANY "K0029" "too-many-mistakes" Error fixed "a text has more mistakes than are told";
    BAD_QUALIFIER "K0027" "bad-qualifier" Error fixed "an observation qualifier is repeated or zero";
}
