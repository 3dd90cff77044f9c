//! Leases, snapshots and API keys.

use std::time::Duration;

use domain::{
    ids::LocationId,
    log::{Head, Position, Version},
};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    Backend,
    fixtures::{at, commit_one, fresh_stream},
};
use crate::{ApiKeyRow, Candidate, Snapshot, TimelineStart};

const TTL: Duration = Duration::from_secs(10);

fn after(seconds: i64) -> Timestamp {
    at() + SignedDuration::from_secs(seconds)
}

pub async fn a_lease_has_one_owner_and_its_epoch_grows(backend: &impl Backend) {
    let (store, other) = (backend.open().await, backend.open().await);
    let first = store.acquire_lease("scheduler", "a", at(), TTL).await.expect("works").expect("free");
    assert_eq!((first.epoch, first.until), (1, after(10)));
    assert_eq!(other.acquire_lease("scheduler", "b", after(5), TTL).await.expect("works"), None);
    let renewed = store.acquire_lease("scheduler", "a", after(5), TTL).await.expect("works").expect("ours");
    assert_eq!((renewed.epoch, renewed.until), (1, after(15)));
    assert_eq!(other.acquire_lease("scheduler", "b", after(14), TTL).await.expect("works"), None);
    store.release_lease(&renewed).await.expect("works");
    let next = other.acquire_lease("scheduler", "b", after(14), TTL).await.expect("works").expect("free");
    assert_eq!((next.owner.as_str(), next.epoch), ("b", 2));
    let elsewhere = store.acquire_lease("projector", "a", at(), TTL).await.expect("works").expect("free");
    assert_eq!(elsewhere.epoch, 1);
}

pub async fn a_lease_lapses_and_a_late_release_changes_nothing(backend: &impl Backend) {
    let store = backend.open().await;
    let lapsed = store.acquire_lease("scheduler", "a", at(), TTL).await.expect("works").expect("free");
    let taken = store.acquire_lease("scheduler", "b", after(10), TTL).await.expect("works").expect("lapsed");
    assert_eq!(taken.epoch, lapsed.epoch + 1);
    store.release_lease(&lapsed).await.expect("works");
    assert_eq!(store.acquire_lease("scheduler", "a", after(11), TTL).await.expect("works"), None);
    let back = store.acquire_lease("scheduler", "a", after(21), TTL).await.expect("works").expect("lapsed");
    assert_eq!(back.epoch, 3);
}

pub async fn racing_for_a_lease_has_one_winner(backend: &impl Backend) {
    let handles = [backend.open().await, backend.open().await];
    let tries = (0..10).map(|n| {
        let store = handles[n % 2].clone();
        tokio::spawn(async move {
            store.acquire_lease("scheduler", &format!("owner {n}"), at(), TTL).await.expect("works")
        })
    });
    let leases = join_all(tries.collect::<Vec<_>>()).await;
    assert_eq!(leases.into_iter().filter_map(|lease| lease.expect("no panic")).count(), 1);
}

pub async fn a_lease_is_taken_over_only_as_it_was_seen(backend: &impl Backend) {
    let (store, other) = (backend.open().await, backend.open().await);
    assert_eq!(other.read_lease("scheduler").await.expect("readable"), None);
    let first = store.acquire_lease("scheduler", "a", at(), TTL).await.expect("works").expect("free");
    let seen = other.read_lease("scheduler").await.expect("readable").expect("held");
    assert_eq!(seen, first);
    let renewed = store.acquire_lease("scheduler", "a", after(1), TTL).await.expect("works").expect("ours");
    assert_eq!(other.take_over_lease(&seen, "b", after(2), TTL).await.expect("works"), None, "renewed");
    let tries = ["b", "c", "d", "e"].map(|owner| {
        let (store, renewed) = (other.clone(), renewed.clone());
        tokio::spawn(
            async move { store.take_over_lease(&renewed, owner, after(2), TTL).await.expect("works") },
        )
    });
    let taken: Vec<_> =
        join_all(tries).await.into_iter().filter_map(|lease| lease.expect("no panic")).collect();
    let [taken] = &taken[..] else { panic!("{taken:?}") };
    assert_eq!((taken.epoch, taken.until), (2, after(12)));
    assert_eq!(store.read_lease("scheduler").await.expect("readable").as_ref(), Some(taken));
    assert_eq!(store.acquire_lease("scheduler", "a", after(3), TTL).await.expect("works"), None);
    other.release_lease(taken).await.expect("works");
    assert_eq!(store.read_lease("scheduler").await.expect("readable"), None);
    assert_eq!(store.take_over_lease(taken, "f", after(4), TTL).await.expect("works"), None, "given up");
}

pub async fn a_dead_holder_whose_clock_was_ahead_keeps_nobody_out(backend: &impl Backend) {
    const SHORT: Duration = Duration::from_millis(200);
    let (store, other) = (backend.open().await, backend.open().await);
    let mut stand_by = Candidate::new("scheduler", "b", SHORT);
    // As long as the holder renews it, it is its own, although the standby's ttl is over again and again.
    for round in 0..10 {
        let ahead = after(7_200 + round);
        store.acquire_lease("scheduler", "a", ahead, SHORT).await.expect("works").expect("ours");
        assert_eq!(stand_by.acquire(&*other, at()).await.expect("works"), None);
        tokio::time::sleep(SHORT / 4).await;
    }
    let taken = loop {
        if let Some(taken) = stand_by.acquire(&*other, at()).await.expect("works") {
            break taken;
        }
        tokio::time::sleep(SHORT / 4).await;
    };
    assert_eq!((taken.owner.as_str(), taken.epoch, taken.until), ("b", 2, at() + SHORT));
    assert!(stand_by.acquire(&*other, at()).await.expect("works").is_some(), "renewed");
    assert_eq!(
        store.read_lease("scheduler").await.expect("readable").map(|lease| lease.owner),
        Some("b".into())
    );
}

pub async fn the_latest_snapshot_of_a_schema_is_kept(backend: &impl Backend) {
    let store = backend.open().await;
    let stream = fresh_stream();
    let snapshot =
        |version, schema, byte| Snapshot { version: Version(version), schema, state: vec![byte; 1_000] };
    assert_eq!(store.load_snapshot(&stream, 1).await.expect("readable"), None);
    store.save_snapshot(&stream, snapshot(10, 1, 1)).await.expect("works");
    store.save_snapshot(&stream, snapshot(8, 1, 2)).await.expect("works");
    assert_eq!(store.load_snapshot(&stream, 1).await.expect("readable"), Some(snapshot(10, 1, 1)));
    store.save_snapshot(&stream, snapshot(12, 1, 3)).await.expect("works");
    assert_eq!(store.load_snapshot(&stream, 1).await.expect("readable"), Some(snapshot(12, 1, 3)));
    assert_eq!(store.load_snapshot(&stream, 2).await.expect("readable"), None);
    store.save_snapshot(&stream, snapshot(11, 2, 4)).await.expect("works");
    assert_eq!(store.load_snapshot(&stream, 2).await.expect("readable"), Some(snapshot(11, 2, 4)));
    assert_eq!(store.load_snapshot(&fresh_stream(), 1).await.expect("readable"), None);
}

fn api_key(n: u8) -> ApiKeyRow {
    ApiKeyRow {
        id: Uuid::from_u128(n.into()),
        secret_hash: [n; 32],
        name: format!("Kiosk №{n}"),
        kind: "kiosk".into(),
        location: (n > 1).then(|| LocationId(Uuid::from_u128(7))),
        created_at: after(i64::from(n)),
        expires_at: (n == 3).then(|| after(100)),
        revoked_at: None,
        last_used_at: None,
    }
}

pub async fn api_keys_are_found_listed_touched_and_revoked(backend: &impl Backend) {
    let (store, other) = (backend.open().await, backend.open().await);
    let keys = [api_key(1), api_key(2), api_key(3)];
    for key in keys.iter().rev() {
        store.insert_api_key(key).await.expect("works");
    }
    store.insert_api_key(&keys[0]).await.expect_err("an id is used once");
    assert_eq!(other.list_api_keys().await.expect("readable"), keys, "oldest first");
    assert_eq!(other.find_api_key(&[2; 32]).await.expect("readable").as_ref(), Some(&keys[1]));
    assert_eq!(other.find_api_key(&[9; 32]).await.expect("readable"), None);

    let used = [(keys[1].id, after(50)), (keys[1].id, after(40)), (Uuid::from_u128(99), after(1))];
    store.touch_api_keys(&used).await.expect("works");
    store.touch_api_keys(&[(keys[1].id, after(45))]).await.expect("works");
    let touched = store.find_api_key(&[2; 32]).await.expect("readable").expect("there");
    assert_eq!(touched.last_used_at, Some(after(50)), "the latest use counts");

    assert!(store.revoke_api_key(keys[1].id, after(60)).await.expect("works"));
    assert!(!store.revoke_api_key(keys[1].id, after(61)).await.expect("works"), "revoked before");
    assert!(!store.revoke_api_key(keys[2].id, after(100)).await.expect("works"), "expired");
    assert!(!store.revoke_api_key(Uuid::from_u128(99), after(60)).await.expect("works"), "unknown");
    let revoked = store.find_api_key(&[2; 32]).await.expect("readable").expect("still there");
    assert_eq!(revoked.revoked_at, Some(after(60)));
}

pub async fn a_timeline_starts_where_the_log_still_ends(backend: &impl Backend) {
    let (store, other) = (backend.open().await, backend.open().await);
    commit_one(&store).await;
    let before = Head { timeline: 1, position: Position(1) };
    assert_eq!(other.head().await.expect("works"), before);
    let start = |timeline| TimelineStart {
        timeline,
        after: Position(1),
        at: at(),
        by: "anna@server".into(),
        reason: "the disk broke".into(),
    };
    assert!(other.start_timeline(before, &start(1)).await.is_err(), "not after the log's own");
    assert_eq!(store.timelines().await.expect("works"), []);
    // Past one that only the bus knows of.
    assert!(other.start_timeline(before, &start(3)).await.expect("works"));
    assert!(!other.start_timeline(before, &start(4)).await.expect("works"), "somebody was faster");
    assert_eq!(store.timelines().await.expect("works"), [start(3)]);
    assert_eq!(store.head().await.expect("works"), Head { timeline: 3, ..before });
    let next = commit_one(&store).await;
    assert_eq!((next.timeline, next.position), (3, Position(2)), "appends go on in the new one");
    let log = store.read_log(Position(1), 10).await.expect("readable");
    assert_eq!(log.len(), 2);
}
