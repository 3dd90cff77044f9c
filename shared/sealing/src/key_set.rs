//! The keys at hand while some events are written or read. Fetches nothing.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use domain::ids::PlayerId;
use events::{Opener, SealError, Sealer};

use super::PersonKey;

/// Some persons' keys. Made for one command or one batch of events, then dropped: whoever keeps it
/// keeps being able to read persons who were erased meanwhile.
#[derive(Clone, Debug, Default)]
pub struct KeySet(HashMap<PlayerId, PersonKey>);

impl KeySet {
    /// Adds a key, such as that of a person about to be registered.
    pub fn insert(&mut self, person: PlayerId, key: PersonKey) {
        self.0.insert(person, key);
    }

    /// Whether the person's key is here.
    #[must_use]
    pub fn contains(&self, person: PlayerId) -> bool {
        self.0.contains_key(&person)
    }
}

impl Sealer for KeySet {
    fn seal(&self, person: PlayerId, plain: &[u8]) -> Result<String, SealError> {
        let key = self.0.get(&person).ok_or(SealError::NoKey)?;
        let sealed = key.cipher().and_then(|cipher| cipher.seal(&[], person.0.as_bytes(), plain));
        sealed.map(|sealed| STANDARD_NO_PAD.encode(sealed)).map_err(|_| SealError::Cipher)
    }
}

impl Opener for KeySet {
    fn open(&self, person: PlayerId, sealed: &str) -> Option<Vec<u8>> {
        let cipher = self.0.get(&person)?.cipher().ok()?;
        cipher.open(person.0.as_bytes(), &STANDARD_NO_PAD.decode(sealed).ok()?)
    }
}
