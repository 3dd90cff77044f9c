//! What the master key is good for: wrapping persons' keys, and naming e-mails by a keyed hash.

use std::fmt::{self, Write as _};

use aws_lc_rs::{hmac, rand};
use domain::{
    ids::{LocationId, PlayerId},
    values::EmailAddress,
};
use store::WrappedKey;

use super::{KeyError, MasterKey, cipher::Cipher};

/// First byte of a wrapped key: which cipher, and how the wrapping key is derived.
const WRAPPED_V1: u8 = 1;

const WRAPPING_LABEL: &str = "aerosports/1/person-key-wrapping";
const EMAIL_LABEL: &str = "aerosports/1/email-hash";

/// A person's key, unwrapped. Lives as short as possible.
#[derive(Clone)]
pub struct PersonKey([u8; 32]);

impl PersonKey {
    /// The expanded key: cheap to make, and too big to keep one a person.
    pub(super) fn cipher(&self) -> Result<Cipher, aws_lc_rs::error::Unspecified> {
        Cipher::new(&self.0)
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey(…)")
    }
}

/// The keys derived from the master key, one a purpose.
pub struct Keyring {
    wrapping: Cipher,
    email: hmac::Key,
}

impl Keyring {
    /// Derives the keys of `master`.
    ///
    /// # Errors
    /// `Cipher`.
    pub fn new(master: &MasterKey) -> Result<Self, KeyError> {
        Ok(Self {
            wrapping: Cipher::new(&master.subkey(WRAPPING_LABEL))?,
            email: hmac::Key::new(hmac::HMAC_SHA256, &master.subkey(EMAIL_LABEL)),
        })
    }

    /// A fresh key for `person`, and the form of it that is stored in the append that creates the
    /// person.
    ///
    /// # Errors
    /// `Cipher` when the machine gives no randomness.
    pub fn new_person_key(&self, person: PlayerId) -> Result<(PersonKey, WrappedKey), KeyError> {
        let mut key = [0; 32];
        rand::fill(&mut key)?;
        let wrapped = self.wrapping.seal(&[WRAPPED_V1], person.0.as_bytes(), &key)?;
        Ok((PersonKey(key), WrappedKey(wrapped)))
    }

    /// The key again.
    ///
    /// # Errors
    /// `Unopenable` when it was wrapped by another master key or for another person, or was changed.
    pub fn unwrap(&self, person: PlayerId, wrapped: &WrappedKey) -> Result<PersonKey, KeyError> {
        wrapped
            .0
            .strip_prefix(&[WRAPPED_V1])
            .and_then(|sealed| self.wrapping.open(person.0.as_bytes(), sealed))
            .and_then(|key| key.try_into().ok())
            .map(PersonKey)
            .ok_or(KeyError::Unopenable(person))
    }

    /// What stands for `email` of `location` where it may not be shown: 64 hexadecimal digits. Another
    /// location's is another, so nobody can tell that a family is known elsewhere.
    #[must_use]
    pub fn email_key(&self, location: LocationId, email: &EmailAddress) -> String {
        let mut context = hmac::Context::with_key(&self.email);
        context.update(location.0.as_bytes());
        context.update(email.as_str().as_bytes());
        context.sign().as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(…)")
    }
}
