//! Values that become several fields, in rules and in the details of PowerShell: paths and accounts.

use super::document::{EcsDocument, RelatedList};
use super::field_path::under;
use std::borrow::Cow;

/// `.path` and its parts. The extension is what follows the last dot of the whole path.
pub(super) fn file<'a>(to: &'static str, path: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    let (folder, name) = path.rsplit_once('\\').map_or((None, path.as_ref()), |(folder, name)| (Some(folder), name));
    if let Some(folder) = folder.filter(|folder| !folder.is_empty()) {
        document.text(under(to, "directory"), folder.to_owned());
    }
    if !name.is_empty() {
        document.text(under(to, "name"), name.to_owned());
    }
    if let Some((_, extension)) = path.rsplit_once('.').filter(|(_, extension)| !extension.is_empty()) {
        document.text(under(to, "extension"), extension.to_owned());
    }
    document.text(under(to, "path"), path);
}

/// `DOMAIN\name`.
pub(super) fn account(to: &'static str, text: &str, document: &mut EcsDocument<'_>) {
    let name = match text.split_once('\\') {
        Some((domain, name)) => {
            if !domain.is_empty() {
                document.text(under(to, "domain"), domain.to_owned());
            }
            name
        }
        None => text,
    };
    if !name.is_empty() {
        document.text(under(to, "name"), name.to_owned());
        document.relate(RelatedList::User, Cow::Owned(name.to_owned()));
    }
}

/// `DOMAIN\name` of another account, which is not among `related.user`.
pub(super) fn other_account(to: &'static str, text: &str, document: &mut EcsDocument<'_>) {
    if let Some((domain, name)) = text.split_once('\\') {
        document.text(under(to, "domain"), domain.to_owned());
        document.text(under(to, "name"), name.to_owned());
    }
}
