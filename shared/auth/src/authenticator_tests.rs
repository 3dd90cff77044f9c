//! The authenticator against a store in memory that counts how often it is asked.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use ::http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use async_trait::async_trait;
use domain::ids::LocationId;
use jiff::{SignedDuration, Timestamp};
use runtime::clock::{Clock as _, SystemClock};
use store::{ApiKeyRow, Credentials, StoreError};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{API_KEY_HEADER, ApiKey, AuthError, Authenticator, IssueError, KeyKind, NewKey, issue};

#[derive(Default)]
struct Keys {
    rows: Mutex<Vec<ApiKeyRow>>,
    asked: AtomicUsize,
    listed: AtomicUsize,
    broken: AtomicBool,
}

#[async_trait]
impl Credentials for Keys {
    async fn insert_api_key(&self, key: &ApiKeyRow) -> Result<(), StoreError> {
        self.rows.lock().unwrap().push(key.clone());
        Ok(())
    }

    async fn find_api_key(&self, hash: &[u8; 32]) -> Result<Option<ApiKeyRow>, StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        if self.broken.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable(anyhow::anyhow!("gone")));
        }
        Ok(self.rows.lock().unwrap().iter().find(|row| row.secret_hash == *hash).cloned())
    }

    async fn list_api_keys(&self) -> Result<Vec<ApiKeyRow>, StoreError> {
        self.listed.fetch_add(1, Ordering::Relaxed);
        Ok(self.rows.lock().unwrap().clone())
    }

    async fn revoke_api_key(&self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let mut rows = self.rows.lock().unwrap();
        let row = rows.iter_mut().find(|row| row.id == id && row.revoked_at.is_none());
        Ok(row.map(|row| row.revoked_at = Some(now)).is_some())
    }

    async fn touch_api_keys(&self, used: &[(Uuid, Timestamp)]) -> Result<(), StoreError> {
        for row in self.rows.lock().unwrap().iter_mut() {
            if let Some((_, at)) = used.iter().find(|(id, _)| *id == row.id) {
                row.last_used_at = Some(*at);
            }
        }
        Ok(())
    }
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn new_key(kind: KeyKind) -> NewKey<'static> {
    let location = kind.is_bound().then_some(LocationId(Uuid::from_u128(1)));
    NewKey { kind, name: "desk", location, expires_at: None }
}

fn with_key(key: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(API_KEY_HEADER, key.parse().unwrap());
    headers
}

async fn fixture() -> (Arc<Keys>, Authenticator, ApiKey, ApiKeyRow) {
    let keys = Arc::new(Keys::default());
    let (key, row) = issue(&*keys, &SystemClock, new_key(KeyKind::Pos)).await.unwrap();
    let authenticator = Authenticator::new(keys.clone(), Arc::new(SystemClock));
    (keys, authenticator, key, row)
}

#[tokio::test]
async fn either_header_names_the_caller() {
    let (_, authenticator, key, row) = fixture().await;
    let mut bearer = HeaderMap::new();
    bearer.insert(AUTHORIZATION, format!("bEaReR {}", key.expose()).parse().unwrap());
    for headers in [with_key(key.expose()), bearer] {
        let principal = authenticator.authenticate(&headers, Some(HERE)).await.unwrap();
        assert_eq!((principal.id, principal.kind), (row.id, KeyKind::Pos));
        assert_eq!(principal.location, row.location);
    }
}

#[tokio::test]
async fn what_is_not_one_valid_key_is_refused() {
    let (keys, authenticator, key, _) = fixture().await;
    let refused =
        async |headers: HeaderMap| authenticator.authenticate(&headers, Some(HERE)).await.unwrap_err();
    assert!(matches!(refused(HeaderMap::new()).await, AuthError::Missing));
    assert!(matches!(refused(with_key("letmein")).await, AuthError::Invalid));
    let mut basic = HeaderMap::new();
    basic.insert(AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
    assert!(matches!(refused(basic).await, AuthError::Invalid));
    let mut two = with_key(key.expose());
    let other = ApiKey::generate(KeyKind::Pos).unwrap();
    two.insert(AUTHORIZATION, format!("Bearer {}", other.expose()).parse().unwrap());
    assert!(matches!(refused(two).await, AuthError::Ambiguous));
    assert_eq!(keys.asked.load(Ordering::Relaxed), 0, "the store was asked about nonsense");
}

#[tokio::test(start_paused = true)]
async fn the_store_is_asked_once_for_many_requests_and_again_within_a_second() {
    let (keys, authenticator, key, _) = fixture().await;
    let headers = with_key(key.expose());
    authenticator.authenticate(&headers, Some(HERE)).await.unwrap();
    tokio::time::advance(Duration::from_secs(1)).await;
    let many = (0..50).map(|_| authenticator.authenticate(&headers, Some(HERE)));
    assert!(futures::future::join_all(many).await.iter().all(Result::is_ok));
    assert_eq!(keys.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_stops_within_a_second() {
    let (keys, authenticator, key, row) = fixture().await;
    let headers = with_key(key.expose());
    authenticator.authenticate(&headers, Some(HERE)).await.unwrap();
    assert!(keys.revoke_api_key(row.id, SystemClock.now()).await.unwrap());
    tokio::time::advance(Duration::from_secs(1)).await;
    let refused = authenticator.authenticate(&headers, Some(HERE)).await;
    assert!(matches!(refused, Err(AuthError::Invalid)));
}

#[tokio::test]
async fn a_key_issued_while_running_works_at_once() {
    let (keys, authenticator, _, _) = fixture().await;
    let stranger = ApiKey::generate(KeyKind::Kiosk).unwrap();
    authenticator.authenticate(&with_key(stranger.expose()), Some(HERE)).await.unwrap_err();
    let (key, _) = issue(&*keys, &SystemClock, new_key(KeyKind::Kiosk)).await.unwrap();
    authenticator.authenticate(&with_key(key.expose()), Some(HERE)).await.unwrap();
}

#[tokio::test]
async fn an_expired_key_is_refused_although_it_is_remembered() {
    let keys = Arc::new(Keys::default());
    let past = SystemClock.now() - SignedDuration::from_secs(1);
    let expired = NewKey { expires_at: Some(past), ..new_key(KeyKind::Pos) };
    let (key, _) = issue(&*keys, &SystemClock, expired).await.unwrap();
    let authenticator = Authenticator::new(keys, Arc::new(SystemClock));
    for _ in 0..2 {
        let refused = authenticator.authenticate(&with_key(key.expose()), Some(HERE)).await;
        assert!(matches!(refused, Err(AuthError::Invalid)));
    }
}

#[tokio::test(start_paused = true)]
async fn guessing_is_held_back_and_does_not_harm_known_keys() {
    let (keys, authenticator, key, _) = fixture().await;
    authenticator.authenticate(&with_key(key.expose()), Some(HERE)).await.unwrap();
    let mut held_back = 0;
    for _ in 0..200 {
        let guess = ApiKey::generate(KeyKind::Admin).unwrap();
        let refused = authenticator.authenticate(&with_key(guess.expose()), Some(HERE)).await.unwrap_err();
        held_back += usize::from(matches!(refused, AuthError::TooMany(_)));
    }
    assert_eq!(keys.asked.load(Ordering::Relaxed) + held_back, 201);
    assert!(held_back >= 180, "{held_back}");
    authenticator.authenticate(&with_key(key.expose()), Some(HERE)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_right_key_is_taken_after_any_number_of_wrong_ones() {
    let (keys, authenticator, key, _) = fixture().await;
    let guess = async || {
        let guess = ApiKey::generate(KeyKind::Admin).unwrap();
        authenticator.authenticate(&with_key(guess.expose()), Some(HERE)).await.unwrap_err()
    };
    let mut last = None;
    for _ in 0..100 {
        last = Some(guess().await);
    }
    assert!(matches!(last, Some(AuthError::TooMany(_))), "{last:?}");
    authenticator.authenticate(&with_key(key.expose()), Some(HERE)).await.unwrap();
    // Nor does it matter that the key is younger than the guesses.
    guess().await;
    let (young, row) = issue(&*keys, &SystemClock, new_key(KeyKind::Kiosk)).await.unwrap();
    authenticator.authenticate(&with_key(young.expose()), Some(HERE)).await.unwrap();
    keys.revoke_api_key(row.id, SystemClock.now()).await.unwrap();
    tokio::time::advance(Duration::from_secs(1)).await;
    let revoked = authenticator.authenticate(&with_key(young.expose()), Some(HERE)).await;
    assert!(matches!(revoked, Err(AuthError::Invalid)));
}

#[tokio::test(start_paused = true)]
async fn a_crowd_of_guesses_costs_a_few_readings_a_second() {
    let (keys, authenticator, key, _) = fixture().await;
    let guesses: Vec<_> =
        (0..500).map(|_| with_key(ApiKey::generate(KeyKind::Admin).unwrap().expose())).collect();
    let began = tokio::time::Instant::now();
    let all = guesses.iter().map(|guess| authenticator.authenticate(guess, Some(HERE)));
    let right = with_key(key.expose());
    let (refused, accepted) =
        tokio::join!(futures::future::join_all(all), authenticator.authenticate(&right, Some(HERE)));
    assert!(refused.iter().all(Result::is_err));
    accepted.unwrap();
    for guess in &guesses {
        authenticator.authenticate(guess, Some(HERE)).await.unwrap_err();
    }
    let seconds = began.elapsed().as_secs() + 1;
    let listed = keys.listed.load(Ordering::Relaxed) as u64;
    assert!(listed <= 5 * seconds, "{listed} in {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn a_venue_full_of_devices_starts_at_once_behind_one_address() {
    let (keys, authenticator, key, _) = fixture().await;
    let mut devices = vec![with_key(key.expose()); 100];
    for _ in 0..100 {
        let (key, _) = issue(&*keys, &SystemClock, new_key(KeyKind::Kiosk)).await.unwrap();
        devices.push(with_key(key.expose()));
    }
    let starting = devices.iter().map(|headers| authenticator.authenticate(headers, Some(HERE)));
    for answer in futures::future::join_all(starting).await {
        answer.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn one_wrong_key_sent_again_and_again_costs_one_look_up() {
    let (keys, authenticator, _, _) = fixture().await;
    let headers = with_key(ApiKey::generate(KeyKind::Pos).unwrap().expose());
    for _ in 0..100 {
        let refused = authenticator.authenticate(&headers, Some(HERE)).await;
        assert!(matches!(refused, Err(AuthError::Invalid)));
    }
    assert_eq!(keys.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_broken_store_is_not_a_wrong_key() {
    let (keys, authenticator, key, _) = fixture().await;
    keys.broken.store(true, Ordering::Relaxed);
    let broken = authenticator.authenticate(&with_key(key.expose()), Some(HERE)).await;
    assert!(matches!(broken, Err(AuthError::Store(_))));
    keys.broken.store(false, Ordering::Relaxed);
    authenticator.authenticate(&with_key(key.expose()), Some(HERE)).await.unwrap();
}

#[tokio::test]
async fn the_last_use_is_written_at_the_end_at_the_latest() {
    let (keys, authenticator, key, _) = fixture().await;
    authenticator.authenticate(&with_key(key.expose()), Some(HERE)).await.unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    authenticator.note_use(stop).await;
    assert!(keys.rows.lock().unwrap()[0].last_used_at.is_some());
}

#[tokio::test]
async fn keys_are_issued_with_a_location_where_they_need_one() {
    let keys = Keys::default();
    let lost = NewKey { location: None, ..new_key(KeyKind::Kiosk) };
    assert!(matches!(issue(&keys, &SystemClock, lost).await, Err(IssueError::NeedsLocation(KeyKind::Kiosk))));
    let bound = NewKey { location: Some(LocationId(Uuid::from_u128(1))), ..new_key(KeyKind::Admin) };
    assert!(matches!(issue(&keys, &SystemClock, bound).await, Err(IssueError::TakesNoLocation)));
    let nameless = NewKey { name: " ", ..new_key(KeyKind::Pos) };
    assert!(matches!(issue(&keys, &SystemClock, nameless).await, Err(IssueError::Name(_))));
    let (key, row) = issue(&keys, &SystemClock, new_key(KeyKind::Pos)).await.unwrap();
    assert_eq!(row.secret_hash, key.hash());
    assert!(!format!("{row:?}").contains(key.expose()));
}
