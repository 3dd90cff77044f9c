//! Sealing of personal data: what `encode` and `decode` need of it.

use domain::ids::PlayerId;

/// Why personal data could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The person has no key (any more).
    #[error("there is no key for this person")]
    NoKey,
    /// The cipher refused, which its parameters should make impossible.
    #[error("the cipher failed")]
    Cipher,
}

/// Seals with a person's key that is at hand.
pub trait Sealer {
    /// `plain` encrypted and authenticated, as text.
    ///
    /// # Errors
    /// `NoKey`, `Cipher`.
    fn seal(&self, person: PlayerId, plain: &[u8]) -> Result<String, SealError>;
}

/// Opens what a person's key sealed, if the key is at hand.
pub trait Opener {
    /// The plain bytes; none when the key is gone or the text was tampered with.
    fn open(&self, person: PlayerId, sealed: &str) -> Option<Vec<u8>>;
}

/// For readers that need no personal data: everything sealed reads as erased.
#[derive(Clone, Copy, Debug)]
pub struct NoKeys;

impl Opener for NoKeys {
    fn open(&self, _: PlayerId, _: &str) -> Option<Vec<u8>> {
        None
    }
}

impl Sealer for NoKeys {
    fn seal(&self, _: PlayerId, _: &[u8]) -> Result<String, SealError> {
        Err(SealError::NoKey)
    }
}
