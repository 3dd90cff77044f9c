//! The master key under a passphrase, for a backup that leaves the house: PBKDF2 with HMAC-SHA-512 and a random salt,
//! then AES-256-GCM. Source: OWASP's password storage cheat sheet asks for 210 000 rounds of it at least.

use std::num::NonZeroU32;

use aws_lc_rs::{pbkdf2, rand};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{KeyError, MasterKey, cipher::Cipher};

/// Part of the format: it never changes, and a successor gets a new one.
const FORMAT: &str = "aerosports-key-1";
const SALT: usize = 16;
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).expect("more than none");

impl MasterKey {
    /// The key as one line of text that opens with `passphrase` alone.
    ///
    /// # Errors
    /// `Cipher` when the machine gives no randomness.
    pub fn seal_with(&self, passphrase: &str) -> Result<String, KeyError> {
        let mut salt = [0; SALT];
        rand::fill(&mut salt)?;
        let sealed =
            derived(passphrase, &salt)?.seal(&salt, FORMAT.as_bytes(), self.expose_base64().as_bytes())?;
        Ok(format!("{FORMAT}:{}", STANDARD.encode(sealed)))
    }

    /// The key out of a text of [`MasterKey::seal_with`].
    ///
    /// # Errors
    /// `Malformed` for another text; `WrongPassphrase` for another passphrase, or a text that was changed.
    pub fn open_with(passphrase: &str, text: &str) -> Result<Self, KeyError> {
        let sealed = text.trim().strip_prefix(FORMAT).and_then(|rest| rest.strip_prefix(':'));
        let sealed = sealed.and_then(|sealed| STANDARD.decode(sealed).ok()).ok_or(KeyError::Malformed)?;
        let (salt, sealed) = sealed.split_first_chunk::<SALT>().ok_or(KeyError::Malformed)?;
        let opened = derived(passphrase, salt)?.open(FORMAT.as_bytes(), sealed);
        let text = String::from_utf8(opened.ok_or(KeyError::WrongPassphrase)?);
        Self::parse(&text.map_err(|_| KeyError::Malformed)?)
    }
}

fn derived(passphrase: &str, salt: &[u8]) -> Result<Cipher, KeyError> {
    let mut key = [0; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, ROUNDS, salt, passphrase.as_bytes(), &mut key);
    Ok(Cipher::new(&key)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_under_a_passphrase_opens_with_that_one_alone() {
        let key = MasterKey::generate().unwrap();
        let sealed = key.seal_with("correct horse").unwrap();
        assert!(!sealed.contains(&key.expose_base64()));
        let opened = MasterKey::open_with("correct horse", &format!("{sealed}\n")).unwrap();
        assert_eq!(opened.expose_base64(), key.expose_base64());
        assert!(matches!(MasterKey::open_with("battery staple", &sealed), Err(KeyError::WrongPassphrase)));
        assert_ne!(key.seal_with("correct horse").unwrap(), sealed);
    }

    #[test]
    fn a_changed_or_foreign_text_is_refused() {
        let sealed = MasterKey::generate().unwrap().seal_with("p").unwrap();
        let last = sealed.len() - 6;
        let other = if &sealed[last..=last] == "A" { "B" } else { "A" };
        let changed = format!("{}{other}{}", &sealed[..last], &sealed[last + 1..]);
        assert!(matches!(MasterKey::open_with("p", &changed), Err(KeyError::WrongPassphrase)));
        for text in ["", "aerosports-key-1:", "aerosports-key-1:AAAA", "aerosports-key-2:AAAA"] {
            assert!(matches!(MasterKey::open_with("p", text), Err(KeyError::Malformed)), "{text}");
        }
    }
}
