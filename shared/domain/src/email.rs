//! E-mail addresses: one mailbox has one form.

use std::{fmt, sync::Arc};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization as _;

use crate::{checked::checked_values, text::visible_text, values::InvalidValue};

/// An e-mail address, compared case-folded: NFKC, lower case, at most 254 characters. A domain in another script
/// than Latin has one form, whether it was written in that script or as `xn--…`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(Arc<str>);

impl EmailAddress {
    /// Checks and folds `text`.
    ///
    /// # Errors
    /// `Empty`, `TooLong`, `Invisible`, `Malformed`.
    ///
    /// Source: RFC 5321 §4.5.3.1 for the lengths, RFC 6531 and UTS 46 for domains. Quoted local parts and addresses
    /// instead of domains are refused; deliverability is not checked.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let folded: String = visible_text(text, 254)?.nfkc().collect::<String>().to_lowercase();
        let parts = folded.rsplit_once('@').filter(|(local, _)| is_local_part(local));
        let address = parts.and_then(|(local, domain)| Some(format!("{local}@{}", unicode_domain(domain)?)));
        let address = address.ok_or(MALFORMED)?;
        // Folding may have made it longer.
        visible_text(&address, 254)?;
        Ok(Self(address.into()))
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From a stored event, which was checked when it was written.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }

    /// The same mailbox with its domain as `xn--…`, if that is another text. Families who once wrote it so are
    /// stored under it.
    #[must_use]
    pub fn ascii_form(&self) -> Option<Self> {
        let (local, domain) = self.0.rsplit_once('@')?;
        let ascii = ascii_domain(domain)?;
        (ascii != domain).then(|| Self(format!("{local}@{ascii}").into()))
    }
}

const MALFORMED: InvalidValue = InvalidValue::Malformed {
    expected: "an e-mail address such as ana@example.org, without a name or other characters around it",
};

/// Whether `local` is dots between runs of other characters. The characters that RFC 5321 allows only in quotes, and
/// those that end or begin an address in a list, are none of them.
fn is_local_part(local: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !r#"()<>[]:;@\,""#.contains(c);
    local.len() <= 64 && local.split('.').all(|run| !run.is_empty() && run.chars().all(plain))
}

fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = Uts46::new().to_ascii(
        domain.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        DnsLength::Verify,
    );
    ascii.ok().map(std::borrow::Cow::into_owned)
}

/// `domain` in its own script, when it is two or more names that could be looked up and no number.
fn unicode_domain(domain: &str) -> Option<String> {
    let ascii = ascii_domain(domain)?;
    let (_, last) = ascii.rsplit_once('.')?;
    if last.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (unicode, valid) =
        Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    valid.ok().map(|()| unicode.into_owned())
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

checked_values! {
    EmailAddress: String, |text| Self::new(&text), else Self("nobody@example.org".into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, InvalidValue> {
        EmailAddress::new(text).map(|address| address.as_str().to_owned())
    }

    #[test]
    fn an_address_is_as_short_after_folding_as_before() {
        let ligature = |count| read(&format!("{}@example.org", "\u{FB03}".repeat(count)));
        assert_eq!(ligature(2).unwrap(), "ffiffi@example.org");
        assert_eq!(ligature(22), Err(MALFORMED));
    }

    #[test]
    fn a_mailbox_has_one_form() {
        for text in [
            "eva@m\u{fc}nchen.example",
            "eva@mu\u{308}nchen.example",
            "Eva@M\u{dc}NCHEN.example",
            "eva@xn--mnchen-3ya.example",
            "EVA@XN--MNCHEN-3YA.EXAMPLE",
            " eva@m\u{fc}nchen\u{3002}example ",
        ] {
            assert_eq!(read(text).unwrap(), "eva@m\u{fc}nchen.example", "{text}");
        }
        for text in
            ["o'brien+kids@mail.example.co.uk", "\u{674e}@\u{4f8b}\u{3048}.jp", "a_b-c@r3---x.example"]
        {
            assert_eq!(read(text).unwrap(), text);
        }
        let munich = EmailAddress::new("eva@m\u{fc}nchen.example").unwrap();
        assert_eq!(munich.ascii_form().unwrap().as_str(), "eva@xn--mnchen-3ya.example");
        assert_eq!(EmailAddress::new("a@example.org").unwrap().ascii_form(), None);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "a",
            "@example.org",
            "a@",
            "a@example",
            "a@example..org",
            "a@.example.org",
            "a@example.org.",
            "a@-example-.org",
            "a@example-.org",
            "a@exa_mple.org",
            "a@exa mple.org",
            "mailto:a@example.org",
            "a@example.org;",
            "a@example.org,b@example.org",
            "<a@example.org>",
            "Ana <a@example.org>",
            "a@b@example.org",
            "a..b@example.org",
            ".a@example.org",
            "a.@example.org",
            "\"a\"@example.org",
            "a@1.2.3.4",
            "a@[1.2.3.4]",
            "a@xn--0.example",
            "a@xn--a.example",
        ] {
            assert_eq!(read(text), Err(MALFORMED), "{text}");
        }
        assert_eq!(read(&format!("a@{}.org", "x".repeat(64))), Err(MALFORMED));
    }
}
