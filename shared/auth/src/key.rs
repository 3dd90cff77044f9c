//! API keys as texts: making, recognising and hashing them. `aero_<kind>_<43 characters>`: the kind is for
//! people and secret scanners; what the key may do is decided by its stored row.

use std::fmt;

use aws_lc_rs::{digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    ids::LocationId,
    values::{InvalidValue, Name},
};
use jiff::Timestamp;
use runtime::clock::Clock;
use store::{ApiKeyRow, Credentials, StoreError};

use super::KeyKind;

/// 256 bits in base64url without padding.
const SECRET_CHARS: usize = 43;
/// Longest key: the prefix, the longest kind, two underscores and the secret are well below.
const MAX_CHARS: usize = 80;

/// A key's whole text. Shown once, then only its hash is kept; never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// A text that is not an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an API key of the form aero_<kind>_<secret>")]
pub struct MalformedKey;

impl ApiKey {
    /// A fresh key with 256 random bits.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate(kind: KeyKind) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut secret = [0; 32];
        rand::fill(&mut secret)?;
        Ok(Self(format!("aero_{kind}_{}", URL_SAFE_NO_PAD.encode(secret))))
    }

    /// The text, to be shown to whoever asked for the key.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the whole text. 256 random bits need no slow hash.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// The hash of the key written in `text`, when it has a key's form.
pub(super) fn hash_of_text(text: &str) -> Result<[u8; 32], MalformedKey> {
    let (kind, secret) =
        text.strip_prefix("aero_").and_then(|rest| rest.split_once('_')).ok_or(MalformedKey)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let formed = secret.len() == SECRET_CHARS && secret.bytes().all(plain);
    if formed && text.len() <= MAX_CHARS && kind.parse::<KeyKind>().is_ok() {
        Ok(hash(text))
    } else {
        Err(MalformedKey)
    }
}

fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash
}

/// What a new key shall be.
#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    /// What it is for.
    pub kind: KeyKind,
    /// What people call it.
    pub name: &'a str,
    /// Its location; needed by every kind but `admin`, which must have none.
    pub location: Option<LocationId>,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
}

/// Why no key was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// Every kind but `admin` is bound to a location.
    #[error("a {0} key needs a location")]
    NeedsLocation(KeyKind),
    /// An `admin` key is good for every location.
    #[error("an admin key is good for every location and takes none")]
    TakesNoLocation,
    /// The name is not one.
    #[error("the key's name was refused")]
    Name(#[source] InvalidValue),
    /// The system has no randomness.
    #[error("the system gave no random bits")]
    NoRandomness,
    /// The store failed.
    #[error("the key could not be stored")]
    Store(#[source] StoreError),
}

/// Makes a key and stores its hash. The returned text is not kept anywhere.
///
/// # Errors
/// [`IssueError`].
pub async fn issue(
    store: &dyn Credentials,
    clock: &dyn Clock,
    new: NewKey<'_>,
) -> Result<(ApiKey, ApiKeyRow), IssueError> {
    match (new.kind.is_bound(), new.location) {
        (true, None) => return Err(IssueError::NeedsLocation(new.kind)),
        (false, Some(_)) => return Err(IssueError::TakesNoLocation),
        _ => {}
    }
    let name = Name::new(new.name).map_err(IssueError::Name)?;
    let key = ApiKey::generate(new.kind).map_err(|_| IssueError::NoRandomness)?;
    let row = ApiKeyRow {
        id: clock.new_uuid(),
        secret_hash: key.hash(),
        name: name.as_str().to_owned(),
        kind: new.kind.as_str().to_owned(),
        location: new.location,
        created_at: clock.now(),
        expires_at: new.expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    store.insert_api_key(&row).await.map_err(IssueError::Store)?;
    Ok((key, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_documented_form_and_are_recognised() {
        for kind in KeyKind::ALL {
            let key = ApiKey::generate(kind).unwrap();
            let secret = key.expose().strip_prefix(&format!("aero_{kind}_")).unwrap();
            assert_eq!(secret.len(), SECRET_CHARS);
            assert_eq!(URL_SAFE_NO_PAD.decode(secret).unwrap().len(), 32);
            assert_eq!(hash_of_text(key.expose()), Ok(key.hash()));
        }
    }

    #[test]
    fn two_keys_differ_and_debug_shows_neither() {
        let (one, two) = (ApiKey::generate(KeyKind::Pos).unwrap(), ApiKey::generate(KeyKind::Pos).unwrap());
        assert_ne!(one, two);
        assert_eq!(format!("{one:?}"), "ApiKey(…)");
    }

    #[test]
    fn other_texts_are_refused_before_any_look_up() {
        let key = ApiKey::generate(KeyKind::Kiosk).unwrap().expose().to_owned();
        let wrong = [
            String::new(),
            "aero_".into(),
            key[1..].to_owned(),
            key[..key.len() - 1].to_owned(),
            format!("{key}A"),
            key.replace("kiosk", "root"),
            format!("aero_kiosk_{}", "é".repeat(21) + "a"),
            format!("aero_kiosk_{}", "'".repeat(43)),
        ];
        for text in wrong {
            assert_eq!(hash_of_text(&text), Err(MalformedKey), "{text}");
        }
    }
}
