//! An API key for a process that does not stay: a demo, a measurement.

use anyhow::{Context as _, Result};
use auth::{KeyKind, NewKey, issue};
use runtime::clock::Clock;
use store::Credentials;

/// A fresh key of kind `admin` for a store that is thrown away afterwards.
///
/// # Errors
/// When it cannot be stored.
pub async fn temporary_admin(store: &dyn Credentials, clock: &dyn Clock) -> Result<String> {
    let new = NewKey { kind: KeyKind::Admin, name: "temporary", location: None, expires_at: None };
    let (key, _) = issue(store, clock, new).await.context("issuing a key")?;
    Ok(key.expose().to_owned())
}
