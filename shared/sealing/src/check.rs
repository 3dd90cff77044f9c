//! Tells at start whether the master key is the one the store was written with.
//!
//! The store keeps a key of nobody (the nil id) beside the persons' keys, wrapped like them. So the
//! check goes wherever the keys go: backups, copies, other backends.

use domain::{ids::PlayerId, log::CommandId};
use jiff::Timestamp;
use store::{Append, EventLog, NewAnswer, PersonKeyChange, PersonKeys, StoreError, WrappedKey};
use uuid::Uuid;

use super::{KeyError, Keyring};

const NOBODY: PlayerId = PlayerId(Uuid::nil());

/// The same for everybody, so that of two processes starting on a new store only one leaves its check.
const COMMAND: CommandId = CommandId(Uuid::from_u128(0xAE50_0000_0000_8000_8000_0000_0000_0001));

/// Compares the master key of `keyring` with the store's; on a new store, it becomes the store's.
///
/// # Errors
/// `WrongMasterKey`, or `Store`.
pub async fn check_master_key(
    store: &(impl EventLog + PersonKeys + ?Sized),
    keyring: &Keyring,
    now: Timestamp,
) -> Result<(), KeyError> {
    if let Some(stored) = stored_check(store).await? {
        return compare(keyring, &stored);
    }
    let (_, wrapped) = keyring.new_person_key(NOBODY)?;
    store.append(first_start(wrapped, now)).await?;
    match stored_check(store).await? {
        Some(stored) => compare(keyring, &stored),
        None => Err(StoreError::Corrupt("the master key's check was not kept".to_owned()).into()),
    }
}

/// Compares the master key of `keyring` with the store's, if that has one; changes nothing.
///
/// # Errors
/// `WrongMasterKey`, or `Store`.
pub async fn compare_master_key(
    store: &(impl PersonKeys + ?Sized),
    keyring: &Keyring,
) -> Result<(), KeyError> {
    match stored_check(store).await? {
        Some(stored) => compare(keyring, &stored),
        None => Ok(()),
    }
}

async fn stored_check(store: &(impl PersonKeys + ?Sized)) -> Result<Option<WrappedKey>, StoreError> {
    let found = store.person_keys(&[NOBODY]).await?;
    Ok(found.into_iter().next().map(|(_, wrapped)| wrapped))
}

fn compare(keyring: &Keyring, stored: &WrappedKey) -> Result<(), KeyError> {
    keyring.unwrap(NOBODY, stored).map(drop).map_err(|_| KeyError::WrongMasterKey)
}

fn first_start(wrapped: WrappedKey, now: Timestamp) -> Append {
    Append {
        command: COMMAND,
        request_hash: [0; 32],
        location: None,
        metadata: "{}".to_owned(),
        at: now,
        streams: vec![],
        answer: NewAnswer { status: 200, body: "{}".to_owned() },
        person_keys: vec![PersonKeyChange::Create(NOBODY, wrapped)],
    }
}
