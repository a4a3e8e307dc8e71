//! K11: why a statement of a hunt that ran found nothing.

codes! {
    EMPTY_WINDOW "K1101" "empty-window" Advice fixed "the window holds no records";
    OUTSIDE_WINDOW "K1102" "outside-window" Advice fixed "what is looked for lies outside the window";
    OTHER_SPELLING "K1103" "other-spelling" Advice fixed "the value is written otherwise in the records";
    OTHER_PLACE "K1104" "other-place" Advice fixed "the value stands in another attribute";
    ABSENT_ATTRIBUTE "K1105" "absent-attribute" Advice fixed "no record of the source has the attribute";
    NEVER_TOGETHER "K1106" "never-together" Advice fixed "the parts of a condition find records, but none has all";
    SHIFTED_CLOCK "K1107" "shifted-clock" Advice fixed "the records that link the entities lie outside the window";
    EMPTY_REFERENCE "K1108" "empty-reference" Advice fixed "a comparison refers to a variable without values";
    NOTHING_NEAR "K1109" "nothing-near" Advice fixed "nothing comes near the condition";
    NO_LINK "K1110" "no-link" Advice fixed "no record links the entities";
}

/// Whether a code is a hint of this range.
pub fn is_hint(code: &crate::diag::Code) -> bool {
    ALL.contains(&code)
}
