//! Encryption of personal data: a key a person, wrapped by the master key; destroying the person's key
//! erases what was sealed with it wherever it lies, backups included.
//!
//! AES-256-GCM with random nonces. The person's id is authenticated with everything, so that neither a
//! wrapped key nor a sealed text can be moved to another person.

mod cache;
mod check;
mod cipher;
mod key_set;
mod keyring;
mod master;
mod passphrase;
#[cfg(test)]
mod tests;

use domain::ids::PlayerId;
use store::StoreError;

pub use cache::PersonKeyCache;
pub use check::{check_master_key, compare_master_key};
pub use key_set::KeySet;
pub use keyring::{Keyring, PersonKey};
pub use master::MasterKey;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not a master key's text.
    #[error("a master key is the base64 of 32 bytes")]
    Malformed,
    /// A text that anybody would guess.
    #[error("the master key is not random; generate one")]
    Weak,
    /// The store was written with another master key.
    #[error("this is not the master key that the store was written with; restore the right one")]
    WrongMasterKey,
    /// A sealed master key that does not open.
    #[error("the passphrase does not open this master key, or its text was changed")]
    WrongPassphrase,
    /// This person's wrapped key was changed, or belongs to another master key.
    #[error("the stored key of player {0} cannot be opened with this master key")]
    Unopenable(PlayerId),
    /// The cipher or the random source refused.
    #[error("the cipher failed")]
    Cipher,
    /// The keys could not be read or written.
    #[error("the person keys could not be read")]
    Store(#[from] StoreError),
}

impl From<aws_lc_rs::error::Unspecified> for KeyError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Cipher
    }
}
