//! From request headers to a [`Principal`]: reads the key, looks its hash up, remembers what it found for less
//! than a second. So a revoked key stops within a second, in every process, and a key issued by another
//! process works at its first use.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use ::http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use jiff::Timestamp;
use quick_cache::sync::Cache;
use runtime::clock::SharedClock;
use store::{ApiKeyRow, Credentials, StoreError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Principal, failed_attempts::FailedAttempts, issued::IssuedKeys, key::hash_of_text};

/// The header that carries an API key.
pub const API_KEY_HEADER: &str = "x-api-key";
/// A found key is read again after this; with the read itself it stays below the promised second.
const FRESH: Duration = Duration::from_millis(800);
/// Keys remembered. More than a chain has.
const REMEMBERED: usize = 50_000;
/// Unknown keys remembered, so that a device with an old key costs one look-up a second.
const UNKNOWN_REMEMBERED: usize = 2_000;
/// How often the times of last use are written.
const TOUCH_EVERY: Duration = Duration::from_secs(10);

/// Why a request has no principal.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No key was sent.
    #[error("no API key was sent")]
    Missing,
    /// Two different keys were sent.
    #[error("two different API keys were sent")]
    Ambiguous,
    /// Not a key, unknown, revoked or expired; a caller is never told which.
    #[error("the API key is not valid")]
    Invalid,
    /// Not a key there is, after too many others from this address.
    #[error("too many unknown API keys from this address")]
    TooMany(Duration),
    /// The store could not be asked.
    #[error("API keys cannot be checked")]
    Store(#[source] StoreError),
}

/// A key found in the store.
struct Known {
    /// None: revoked, or of a kind this build does not know.
    principal: Option<Arc<Principal>>,
    expires_at: Option<Timestamp>,
    read_at: Instant,
    touched_minute: AtomicI64,
    /// Held by the one request that reads the row again.
    reading: tokio::sync::Mutex<()>,
}

/// Turns API keys into principals. One a process, shared.
pub struct Authenticator {
    store: Arc<dyn Credentials>,
    clock: SharedClock,
    known: Cache<[u8; 32], Arc<Known>>,
    unknown: Cache<[u8; 32], Instant>,
    failed_attempts: FailedAttempts,
    issued: IssuedKeys,
    used: Mutex<HashMap<Uuid, Timestamp>>,
}

impl Authenticator {
    /// Looks keys up in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Credentials>, clock: SharedClock) -> Self {
        Self {
            store,
            clock,
            known: Cache::new(REMEMBERED),
            unknown: Cache::new(UNKNOWN_REMEMBERED),
            failed_attempts: FailedAttempts::default(),
            issued: IssuedKeys::default(),
            used: Mutex::default(),
        }
    }

    /// The caller who sent `headers` from `address`. Only headers are looked at, never a query string.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn authenticate(
        &self,
        headers: &HeaderMap,
        address: Option<IpAddr>,
    ) -> Result<Arc<Principal>, AuthError> {
        let hash = hash_of_text(key_text(headers)?).map_err(|_| AuthError::Invalid)?;
        let known = match self.known.get(&hash) {
            Some(known) if known.read_at.elapsed() < FRESH => known,
            Some(stale) => self.read_again(&hash, &stale).await?,
            None => self.look_up(&hash, address).await?,
        };
        self.admit(&known)
    }

    fn admit(&self, known: &Known) -> Result<Arc<Principal>, AuthError> {
        let now = self.clock.now();
        let live = known.expires_at.is_none_or(|end| now < end);
        let principal = known.principal.as_ref().filter(|_| live).ok_or(AuthError::Invalid)?;
        let minute = now.as_second() / 60;
        if known.touched_minute.swap(minute, Ordering::Relaxed) != minute
            && let Ok(mut used) = self.used.lock()
        {
            used.insert(principal.id, now);
        }
        Ok(principal.clone())
    }

    async fn look_up(&self, hash: &[u8; 32], address: Option<IpAddr>) -> Result<Arc<Known>, AuthError> {
        if self.unknown.get(hash).is_some_and(|at| at.elapsed() < FRESH) {
            return Err(AuthError::Invalid);
        }
        if let Some(address) = address
            && let Err(wait) = self.failed_attempts.check(address)
            && !self.issued.contains(hash, &*self.store).await.map_err(AuthError::Store)?
        {
            self.failed_attempts.hold_back(address);
            return Err(AuthError::TooMany(wait));
        }
        let found = self.read(hash, i64::MIN).await;
        if let (Some(address), Err(AuthError::Invalid)) = (address, &found) {
            self.failed_attempts.count(address);
        }
        found
    }

    /// Reads a row that has become stale, once for all requests that wait for it.
    async fn read_again(&self, hash: &[u8; 32], stale: &Known) -> Result<Arc<Known>, AuthError> {
        let _reading = stale.reading.lock().await;
        match self.known.get(hash) {
            Some(fresh) if fresh.read_at.elapsed() < FRESH => Ok(fresh),
            _ => self.read(hash, stale.touched_minute.load(Ordering::Relaxed)).await,
        }
    }

    async fn read(&self, hash: &[u8; 32], touched_minute: i64) -> Result<Arc<Known>, AuthError> {
        let read_at = Instant::now();
        let Some(row) = self.store.find_api_key(hash).await.map_err(AuthError::Store)? else {
            self.known.remove(hash);
            self.unknown.insert(*hash, read_at);
            return Err(AuthError::Invalid);
        };
        let known = Arc::new(Known {
            expires_at: row.expires_at,
            principal: principal_of(row),
            read_at,
            touched_minute: AtomicI64::new(touched_minute),
            reading: tokio::sync::Mutex::default(),
        });
        self.known.insert(*hash, known.clone());
        Ok(known)
    }

    /// Writes times of last use until `stop`, and once more then.
    pub async fn note_use(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(TOUCH_EVERY)).await.is_some() {
            self.flush_used().await;
        }
        self.flush_used().await;
    }

    async fn flush_used(&self) {
        let used: Vec<_> = match self.used.lock() {
            Ok(mut used) => used.drain().collect(),
            Err(_) => return,
        };
        if !used.is_empty()
            && let Err(error) = self.store.touch_api_keys(&used).await
        {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                keys = used.len(),
                "times of last use were not written"
            );
        }
    }
}

fn principal_of(row: ApiKeyRow) -> Option<Arc<Principal>> {
    if row.revoked_at.is_some() {
        return None;
    }
    let usable =
        row.kind.parse().ok().filter(|kind: &super::KeyKind| kind.is_bound() == row.location.is_some());
    let Some(kind) = usable else {
        tracing::warn!(key = %row.id, kind = ?row.kind, "an API key of a kind or location this build does not know");
        return None;
    };
    Some(Arc::new(Principal {
        id: row.id,
        kind,
        location: row.location,
        name: row.name.into(),
        permissions: kind.permissions(),
    }))
}

/// The key's text from `X-API-Key` or `Authorization: Bearer`; both may be there if they agree.
fn key_text(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut sent = None;
    let keys = headers.get_all(API_KEY_HEADER).iter().map(|value| text(value, ""));
    let bearers = headers.get_all(AUTHORIZATION).iter().map(|value| text(value, "bearer "));
    for key in keys.chain(bearers) {
        let key = key?;
        if sent.replace(key).is_some_and(|other| other != key) {
            return Err(AuthError::Ambiguous);
        }
    }
    sent.ok_or(AuthError::Missing)
}

/// The value after `scheme` (in any case).
fn text<'a>(value: &'a HeaderValue, scheme: &str) -> Result<&'a str, AuthError> {
    let value = value.to_str().map_err(|_| AuthError::Invalid)?;
    match value.split_at_checked(scheme.len()) {
        Some((start, key)) if start.eq_ignore_ascii_case(scheme) => Ok(key.trim()),
        _ => Err(AuthError::Invalid),
    }
}
