//! Texts that must be refused, with one message each.
