//! The master key: one secret of an installation, from which the keys in use are derived.

use std::fmt;

use aws_lc_rs::{hmac, rand};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::KeyError;

const BUS_LABEL: &str = "aerosports/1/bus-messages";

/// 32 random bytes. Losing them loses all personal data; they belong in a backup of their own.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// A fresh one.
    ///
    /// # Errors
    /// `Cipher` when the machine gives no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Out of the configuration; blanks around it are ignored.
    ///
    /// # Errors
    /// `Malformed`; `Weak` for one byte repeated, which no generator yields.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| KeyError::Malformed)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Malformed)?;
        if bytes.iter().all(|byte| *byte == bytes[0]) { Err(KeyError::Weak) } else { Ok(Self(bytes)) }
    }

    /// The text for a key file: the secret itself, never to be logged.
    #[must_use]
    pub fn expose_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// What messages on the bus are signed with.
    #[must_use]
    pub fn bus_key(&self) -> [u8; 32] {
        self.subkey(BUS_LABEL)
    }

    /// The key for one purpose; `label` is part of the format and never changes.
    pub(super) fn subkey(&self, label: &str) -> [u8; 32] {
        let master = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&master, label.as_bytes());
        let mut subkey = [0; 32];
        subkey.copy_from_slice(tag.as_ref());
        subkey
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}
