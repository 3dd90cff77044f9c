//! The one use of the AEAD: nonce, ciphertext and tag in one buffer. Knows no persons' keys.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    error::Unspecified,
};

/// A 256-bit AEAD key, expanded.
#[derive(Debug)]
pub(super) struct Cipher(RandomizedNonceKey);

impl Cipher {
    pub(super) fn new(key: &[u8; 32]) -> Result<Self, Unspecified> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self)
    }

    /// `prefix`, nonce, ciphertext and tag. A fresh nonce each time: one key may seal 2³² texts
    /// (NIST SP 800-38D §8.3), far more than a venue has persons or a person has events.
    pub(super) fn seal(&self, prefix: &[u8], bound_to: &[u8], plain: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut text = plain.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(bound_to), &mut text)?;
        Ok([prefix, nonce.as_ref(), &text].concat())
    }

    /// The plain text of nonce, ciphertext and tag; none when any of it, or `bound_to`, was changed.
    pub(super) fn open(&self, bound_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut text = text.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.0.open_in_place(nonce, Aad::from(bound_to), &mut text).ok()?.len();
        text.truncate(plain);
        Some(text)
    }
}
