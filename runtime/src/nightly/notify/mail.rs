//! Notifications as mails: an RFC 5322 message on the standard input of a command such as `sendmail`.

use super::digest::Digest;
use huntc_compiler::time::{Instant, SECOND};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::text::Text;

/// Where mails go, and by which command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// The addresses, each checked by [`is_address`].
    pub to: Vec<String>,
    /// The sender's address; `None`: `huntc@` and the name of this machine.
    pub from: Option<String>,
    /// A shell command that reads a message, with its receivers, on standard input.
    pub command: String,
}

/// The command, when nothing is said: receivers from the headers, and a line with a point is no end.
pub const COMMAND: &str = "/usr/sbin/sendmail -t -i";

/// Whether a text is the plain address of one mailbox, as `soc@example.com`. No other form is taken, so that none can bring
/// a header or a second receiver along.
pub fn is_address(text: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "._+-=/!#$%&'*?^`{|}~".contains(c));
    let domain = |part: &str| {
        !part.is_empty() && part.split('.').all(|l| !l.is_empty() && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
    };
    text.split_once('@').is_some_and(|(name, rest)| plain(name) && !name.starts_with('-') && domain(rest))
}

/// The message. Headers and text are encoded: a title is a title, whatever it contains.
pub(super) fn message(mail: &Mail, digest: &Digest, id: &str, at: Instant) -> Result<Vec<u8>, String> {
    let machine = machine();
    let from = mail.from.clone().unwrap_or_else(|| format!("huntc@{machine}"));
    let to = mail.to.iter().map(|address| Address::new_address(None::<&str>, address.as_str()));
    MessageBuilder::new()
        .from(("huntc", from.as_str()))
        .to(Address::new_list(to.collect()))
        .subject(digest.title.as_str())
        .date(at.0.div_euclid(SECOND))
        .message_id(format!("{id}@{machine}"))
        .header("Auto-Submitted", Text::new("auto-generated"))
        .text_body(digest.text())
        .write_to_vec()
        .map_err(|e| format!("the mail cannot be written: {e}"))
}

/// The name of this machine, as a domain.
fn machine() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if is_address(&format!("huntc@{name}")) { name } else { "localhost".to_owned() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::digest::Passage;
    use super::*;

    #[test]
    fn one_plain_address_and_nothing_else() {
        for good in ["soc@example.com", "a+b@x", "first.last@mail.example.co"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "soc",
            "@x",
            "a@",
            "a@b@c",
            "a b@x",
            "a@x\nBcc: b@x",
            "a@x,b@x",
            "A <a@x>",
            "-f@x",
            "a@x.",
            "a@ü",
            "a@x\r",
            "\"a\"@x",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn no_title_becomes_a_header() {
        let mail = Mail { to: vec!["soc@example.com".to_owned()], from: None, command: String::new() };
        let hostile = "x\r\nBcc: evil@example.com\r\n\r\nbody =?utf-8?q?a?= ünïcödé";
        let passage = Passage { head: hostile.to_owned(), lines: vec![".".to_owned(), hostile.to_owned()] };
        let digest = Digest { title: hostile.to_owned(), passages: vec![passage], foot: Vec::new() };
        let text = String::from_utf8(message(&mail, &digest, "id-1", Instant(1_767_319_200 * SECOND)).unwrap()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.is_ascii(), "{head}");
        let names: Vec<&str> =
            head.split("\r\n").filter(|l| !l.starts_with([' ', '\t'])).map(|l| l.split(':').next().unwrap()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(
            sorted,
            [
                "Auto-Submitted",
                "Content-Transfer-Encoding",
                "Content-Type",
                "Date",
                "From",
                "MIME-Version",
                "Message-ID",
                "Subject",
                "To"
            ],
            "{head}"
        );
        assert!(head.contains("Date: Fri, 2 Jan 2026 02:00:00 +0000") && head.contains("To: <soc@example.com>"), "{head}");
        assert!(!head.contains("evil@") || head.contains("=?"), "{head}");
    }
}
