//! Values that become several fields, in rules and in the details of PowerShell: paths and accounts.

use super::document::{EcsDocument, RelatedList};
use super::field_path::under;
use std::borrow::Cow;

/// A part of a text, which is copied only where the text is not borrowed.
pub(super) fn part<'a>(text: &Cow<'a, str>, find: impl FnOnce(&str) -> &str) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(find(text)),
        Cow::Owned(text) => Cow::Owned(find(text).to_owned()),
    }
}

/// What follows the last backslash; all of it where there is none.
pub(super) fn last_part<'a>(path: &Cow<'a, str>) -> Cow<'a, str> {
    part(path, |path| path.rsplit('\\').next().unwrap_or(path))
}

/// `.path` and its parts. The extension is what follows the last dot of the whole path.
pub(super) fn file<'a>(to: &'static str, path: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    let parts = [
        (under(to, "directory"), part(&path, |path| path.rsplit_once('\\').map_or("", |(folder, _)| folder))),
        (under(to, "name"), last_part(&path)),
        (under(to, "extension"), part(&path, |path| path.rsplit_once('.').map_or("", |(_, extension)| extension))),
    ];
    for (field, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()) {
        document.text(field, text);
    }
    document.text(under(to, "path"), path);
}

/// `DOMAIN\name`.
pub(super) fn account<'a>(to: &'static str, text: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    let backslash = text.find('\\');
    let domain = part(&text, |text| backslash.and_then(|at| text.get(..at)).unwrap_or_default());
    if !domain.is_empty() {
        document.text(under(to, "domain"), domain);
    }
    let name = match backslash {
        Some(at) => part(&text, |text| text.get(at + 1..).unwrap_or_default()),
        None => text,
    };
    if !name.is_empty() {
        document.relate(RelatedList::User, name.clone());
        document.text(under(to, "name"), name);
    }
}

/// `DOMAIN\name` of another account, which is not among `related.user`.
pub(super) fn other_account(to: &'static str, text: &str, document: &mut EcsDocument<'_>) {
    if let Some((domain, name)) = text.split_once('\\') {
        document.text(under(to, "domain"), domain.to_owned());
        document.text(under(to, "name"), name.to_owned());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn json(document: EcsDocument<'_>) -> String {
        let mut json = Vec::new();
        assert!(document.write(&mut json));
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn parts_of_a_text_are_the_same_whether_it_is_borrowed_or_not() {
        for text in [r"CORP\ann", r"\ann", r"CORP\", "ann", r"a\b\c.d\e", "x.y.z", "ä\\ö.ü", "."] {
            let document = |text: Cow<'static, str>| {
                let mut document = EcsDocument::new();
                account("user", text.clone(), &mut document);
                file("file", text, &mut document);
                json(document)
            };
            assert_eq!(document(Cow::Borrowed(text)), document(Cow::Owned(text.to_owned())));
        }
        let mut document = EcsDocument::new();
        file("file", Cow::Borrowed(r"C:\a.b\c"), &mut document);
        account("user", Cow::Borrowed(r"A\b\c"), &mut document);
        let wanted = concat!(
            r#"{"file":{"directory":"C:\\a.b","extension":"b\\c","name":"c","path":"C:\\a.b\\c"},"#,
            r#""related":{"user":["b\\c"]},"user":{"domain":"A","name":"b\\c"}}"#
        );
        assert_eq!(json(document), wanted);
    }
}
