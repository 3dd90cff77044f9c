//! `aerosports keys`: API keys, straight in the credential table, also while the services run.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use auth::{KeyKind, NewKey, issue};
use domain::{ids::LocationId, log::Version};
use jiff::Timestamp;
use runtime::{clock::SharedClock, config::Settings};
use serde_json::json;
use store::ApiKeyRow;

use crate::{cli::Keys, settings::database::Database};

/// Carries out `command`. A new key goes to standard output alone, so that scripts can keep it.
///
/// # Errors
/// When the store cannot be reached or a key cannot be made or found.
pub async fn run(command: Keys, settings: &Settings, clock: SharedClock) -> Result<()> {
    let database = Database::of(settings)?;
    match command {
        Keys::Issue { kind, location, name, days } => {
            let kind: KeyKind = kind.parse().with_context(|| format!("--kind {kind}"))?;
            let location = location.map(LocationId);
            let expires_at = days.map(|days| clock.now() + Duration::from_secs(u64::from(days) * 86_400));
            issue_one(&database, clock, kind, location, name.as_deref(), expires_at).await
        }
        Keys::List { json } => list(&database, clock, json).await,
        Keys::Revoke { id } => {
            let store = database.open(clock.clone()).await?;
            let revoked = store.revoke_api_key(id, clock.now()).await?;
            store.close().await;
            if revoked {
                Ok(())
            } else {
                bail!("there is no live key {id}; `aerosports keys list` shows them")
            }
        }
    }
}

async fn issue_one(
    database: &Database,
    clock: SharedClock,
    kind: KeyKind,
    location: Option<LocationId>,
    name: Option<&str>,
    expires_at: Option<Timestamp>,
) -> Result<()> {
    let store = database.open(clock.clone()).await?;
    if let Some(location) = location {
        let known = store.read_stream(&location.stream(), Version(1), 1).await?;
        anyhow::ensure!(!known.is_empty(), "there is no location {location}; GET /v1/locations lists them");
    }
    let new = NewKey { kind, name: name.unwrap_or(kind.as_str()), location, expires_at };
    let outcome = issue(&*store, &*clock, new).await;
    store.close().await;
    let (key, row) = outcome.context("issuing the key")?;
    println!("{}", key.expose());
    eprintln!("key {} for {kind}: shown once, keep it. Send it as X-API-Key.", row.id);
    Ok(())
}

async fn list(database: &Database, clock: SharedClock, json: bool) -> Result<()> {
    let store = database.open(clock.clone()).await?;
    let (keys, now) = (store.list_api_keys().await, clock.now());
    store.close().await;
    for key in keys? {
        if json {
            println!("{}", as_json(&key));
        } else {
            let location = key.location.map_or_else(|| "every location".to_owned(), |id| id.to_string());
            println!("{}  {:<13} {:<36}  {}  {}", key.id, key.kind, location, state(&key, now), key.name);
        }
    }
    Ok(())
}

fn state(key: &ApiKeyRow, now: Timestamp) -> String {
    match (key.revoked_at, key.expires_at, key.last_used_at) {
        (Some(at), _, _) => format!("revoked {at}"),
        (None, Some(at), _) if at <= now => format!("expired {at}"),
        (None, _, Some(at)) => format!("last used {at}"),
        (None, _, None) => "never used".to_owned(),
    }
}

fn as_json(key: &ApiKeyRow) -> serde_json::Value {
    json!({
        "id": key.id,
        "kind": key.kind,
        "name": key.name,
        "location_id": key.location,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    })
}
