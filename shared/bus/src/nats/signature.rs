//! Which messages are ours: a MAC over everything that a follower believes of a message, under a key that only the
//! processes of this installation have. Whoever may publish on the server can still not make an event.

use std::sync::Arc;

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::message;

static MAC: HeaderName = HeaderName::from_static("Aero-Mac");
/// Set apart from every other use of the key, and from other forms of the MAC.
const FORM: &str = "aerosports/1/bus-message";

/// What this installation's messages are signed with.
#[derive(Clone)]
pub struct MessageKey(hmac::Key);

impl MessageKey {
    /// Of 32 secret bytes, the same in every process.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A process of this installation.
    Ours,
    /// Somebody else, or one of an older release.
    Foreign,
    /// Nobody knows without the key.
    Unknown,
}

/// Signs and checks the messages of one log.
#[derive(Clone)]
pub(super) struct Signatures {
    key: Option<MessageKey>,
    root: Arc<str>,
}

impl Signatures {
    /// Without a key nothing is signed, and no message is believed.
    pub(super) fn new(key: Option<MessageKey>, root: Arc<str>) -> Self {
        Self { key, root }
    }

    /// Signs a message of `timeline`, whose other headers are complete.
    pub(super) fn sign(&self, timeline: u32, headers: &mut HeaderMap, body: &[u8]) {
        let Some(key) = &self.key else { return };
        let tag = BASE64_STANDARD.encode(self.context(key, timeline, headers, body).sign());
        if let Ok(value) = tag.parse::<HeaderValue>() {
            headers.insert(MAC.clone(), value);
        }
    }

    /// Whether a process of this installation wrote the message for `timeline`.
    pub(super) fn judge(&self, timeline: u32, headers: &HeaderMap, body: &[u8]) -> Origin {
        match &self.key {
            None => Origin::Unknown,
            Some(key) if self.is_signed(key, timeline, headers, body) => Origin::Ours,
            Some(_) => Origin::Foreign,
        }
    }

    fn is_signed(&self, key: &MessageKey, timeline: u32, headers: &HeaderMap, body: &[u8]) -> bool {
        let Some(tag) = headers.get(MAC.clone()) else { return false };
        let expected = self.context(key, timeline, headers, body).sign();
        BASE64_STANDARD.decode(tag.as_str()).is_ok_and(|tag| {
            aws_lc_rs::constant_time::verify_slices_are_equal(&tag, expected.as_ref()).is_ok()
        })
    }

    fn context(&self, key: &MessageKey, timeline: u32, headers: &HeaderMap, body: &[u8]) -> hmac::Context {
        let mut context = hmac::Context::with_key(&key.0);
        let mut add = |part: Option<&[u8]>| {
            // Every part with its length: no two messages give the same bytes.
            let length = part.map_or(u64::MAX, |part| part.len() as u64);
            context.update(&length.to_be_bytes());
            context.update(part.unwrap_or_default());
        };
        add(Some(FORM.as_bytes()));
        add(Some(self.root.as_bytes()));
        add(Some(&timeline.to_be_bytes()));
        for name in message::believed() {
            add(headers.get(name.clone()).map(|value| value.as_str().as_bytes()));
        }
        add(Some(body));
        context
    }
}

#[cfg(test)]
mod tests {
    use domain::log::Position;

    use super::*;
    use crate::{
        nats::message::{Outgoing, encode},
        testing,
    };

    fn signatures(secret: u8, root: &str) -> Signatures {
        Signatures::new(Some(MessageKey::new(&[secret; 32])), root.into())
    }

    fn signed() -> Outgoing {
        let mut message = encode(&testing::event(Position(6), "{}"), "aero.events", 5, 1 << 20);
        signatures(1, "aero.events").sign(2, &mut message.headers, &message.body);
        message
    }

    #[test]
    fn a_message_is_ours_only_with_its_key_log_and_timeline() {
        let Outgoing { headers, body, .. } = signed();
        let judged = |secret, root, timeline| signatures(secret, root).judge(timeline, &headers, &body);
        assert_eq!(judged(1, "aero.events", 2), Origin::Ours);
        assert_eq!(judged(2, "aero.events", 2), Origin::Foreign);
        assert_eq!(judged(1, "aero.2.events", 2), Origin::Foreign);
        assert_eq!(judged(1, "aero.events", 3), Origin::Foreign);
        let without_key = Signatures::new(None, "aero.events".into());
        assert_eq!(without_key.judge(2, &headers, &body), Origin::Unknown);
    }

    #[test]
    fn whatever_is_believed_of_a_message_is_signed() {
        let ours = signatures(1, "aero.events");
        for name in message::believed().into_iter().chain([&MAC]) {
            let Outgoing { mut headers, body, .. } = signed();
            headers.insert(name.clone(), "7777");
            assert_eq!(ours.judge(2, &headers, &body), Origin::Foreign, "{name} was changed");
            let Outgoing { headers, body, .. } = signed();
            let rest: HeaderMap = headers
                .iter()
                .filter(|(other, _)| *other != name)
                .filter_map(|(other, values)| Some((other.clone(), values.first()?.clone())))
                .collect();
            assert!(rest.len() < headers.len(), "{name} is there");
            assert_eq!(ours.judge(2, &rest, &body), Origin::Foreign, "{name} was left out");
        }
        let Outgoing { headers, .. } = signed();
        assert_eq!(ours.judge(2, &headers, br#"{"minutes":777}"#), Origin::Foreign);
    }
}
