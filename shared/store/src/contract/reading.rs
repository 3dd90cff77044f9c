//! Streams, the log, and what a damaged log must do.

use domain::{
    ids::{EventId, StreamName},
    log::{Position, Version},
};
use futures::future::join_all;

use super::{
    Backend,
    fixtures::{command, commit, commit_one, fresh, fresh_stream, writes},
};
use crate::{SharedStore, StoreError};

fn versions(events: &[events::RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.version.0).collect()
}

pub async fn a_stream_is_read_from_a_version_up_to_a_limit(backend: &impl Backend) {
    let store = backend.open().await;
    let (stream, other) = (fresh_stream(), fresh_stream());
    commit(&store, command(vec![writes(&stream, 0, 7), writes(&other, 0, 7)])).await;
    for (from, limit, expected) in [
        (1, 100, vec![1, 2, 3, 4, 5, 6, 7]),
        (0, 2, vec![1, 2]),
        (6, 100, vec![6, 7]),
        (8, 100, vec![]),
        (1, 0, vec![]),
    ] {
        let events = store.read_stream(&stream, Version(from), limit).await.expect("readable");
        assert_eq!(versions(&events), expected, "from {from}, limit {limit}");
        assert!(events.iter().all(|event| event.stream == stream));
    }
    let nothing = store.read_stream(&fresh_stream(), Version(1), 10).await.expect("readable");
    assert!(nothing.is_empty());
}

pub async fn many_streams_are_read_at_once(backend: &impl Backend) {
    let store = backend.open().await;
    let streams: Vec<StreamName> = (0..20).map(|_| fresh_stream()).collect();
    for (length, stream) in streams.iter().enumerate().skip(1) {
        commit(&store, command(vec![writes(stream, 0, length)])).await;
    }
    assert!(store.read_streams(Vec::new()).await.expect("readable").is_empty());
    // Callers that wait together may ask for the same stream from different versions.
    let reads = (0..60).map(|n| {
        let (a, b) = (n % 20, (n * 7) % 20);
        let wanted = vec![(streams[a].clone(), Version(1)), (streams[b].clone(), Version(n as u64 / 4))];
        let store = &store;
        async move { (a, b, n as u64 / 4, store.read_streams(wanted).await.expect("readable")) }
    });
    for (a, b, from, tails) in join_all(reads).await {
        assert_eq!(tails.len(), 2);
        assert_eq!(versions(&tails[0]), (1..=a as u64).collect::<Vec<_>>());
        assert_eq!(versions(&tails[1]), (from.max(1)..=b as u64).collect::<Vec<_>>());
        assert!(tails[0].iter().all(|event| event.stream == streams[a]));
    }
}

pub async fn the_log_is_read_from_a_position_up_to_a_limit(backend: &impl Backend) {
    let store = backend.open().await;
    assert!(store.read_log(Position(1), 10).await.expect("readable").is_empty());
    for _ in 0..10 {
        commit(&store, command(vec![writes(&fresh_stream(), 0, 2)])).await;
    }
    let other = backend.open().await;
    for handle in [&store, &other] {
        for (from, limit, first, count) in
            [(1, 100, 1, 20), (0, 3, 1, 3), (18, 100, 18, 3), (21, 100, 0, 0), (5, 0, 0, 0)]
        {
            let events = handle.read_log(Position(from), limit).await.expect("readable");
            assert_eq!(events.len(), count, "from {from}, limit {limit}");
            assert_eq!(events.first().map_or(0, |event| event.position.0), first);
        }
    }
}

pub async fn the_log_reads_the_same_from_another_handle(backend: &impl Backend) {
    let store = backend.open().await;
    for _ in 0..5 {
        commit(&store, command(vec![writes(&fresh_stream(), 0, 3), writes(&fresh_stream(), 0, 1)])).await;
    }
    let own = store.read_log(Position(1), 100).await.expect("readable");
    let other = backend.open().await.read_log(Position(1), 100).await.expect("readable");
    assert_eq!(own, other);
    assert!(own.iter().all(|event| event.metadata().is_ok()));
}

pub async fn an_event_is_found_by_its_id(backend: &impl Backend) {
    let store = backend.open().await;
    let append = command(vec![writes(&fresh_stream(), 0, 2)]);
    let id = append.streams[0].events[1].id;
    commit(&store, append).await;
    let found = store.read_event(id).await.expect("readable").expect("stored");
    assert_eq!((found.id, found.version, found.position), (id, Version(2), Position(2)));
    assert_eq!(store.read_event(EventId(fresh())).await.expect("readable"), None);
}

/// A handle that holds nothing in memory, on a log of nine events of which one was removed.
async fn damaged(backend: &impl Backend, removed: u64) -> SharedStore {
    let store = backend.open().await;
    for _ in 0..9 {
        commit_one(&store).await;
    }
    drop(store);
    backend.remove_event(Position(removed)).await;
    backend.open().await
}

pub async fn a_hole_in_the_log_is_corruption(backend: &impl Backend) {
    let store = damaged(backend, 5).await;
    for from in [1, 5] {
        let error = store.read_log(Position(from), 100).await.expect_err("a hole");
        assert!(matches!(&error, StoreError::Corrupt(what) if what.contains('5')), "{error}");
    }
    assert_eq!(store.read_log(Position(6), 100).await.expect("whole from there").len(), 4);
    assert_eq!(store.read_log(Position(1), 4).await.expect("whole up to there").len(), 4);
}

pub async fn a_log_that_lost_its_end_is_corrupt(backend: &impl Backend) {
    let store = damaged(backend, 9).await;
    for from in [1, 9] {
        let error = store.read_log(Position(from), 100).await.expect_err("a hole");
        assert!(matches!(&error, StoreError::Corrupt(what) if what.contains('9')), "{error}");
    }
}

pub async fn an_edited_event_is_corruption_wherever_it_is_read(backend: &impl Backend) {
    let store = backend.open().await;
    let stream = fresh_stream();
    commit(&store, command(vec![writes(&stream, 0, 3)])).await;
    // Longer texts than one request holds go another way into the log.
    let mut long = command(vec![writes(&stream, 3, 1)]);
    long.streams[0].events[0].data = format!(r#"{{"minutes":500,"long":"{}"}}"#, "x".repeat(5_000));
    let ids = [store.read_log(Position(2), 1).await.expect("readable")[0].id, long.streams[0].events[0].id];
    commit(&store, long).await;
    drop(store);
    for (position, id) in [2, 4].into_iter().zip(ids) {
        let data = backend.open().await.read_event(id).await.expect("whole").expect("stored").data;
        backend.edit_event(Position(position), r#"{"minutes":999}"#).await;
        let store = backend.open().await;
        let errors = [
            store.read_log(Position(1), 100).await.map(drop).expect_err("edited"),
            store.read_stream(&stream, Version(1), 100).await.map(drop).expect_err("edited"),
            store.read_streams(vec![(stream.clone(), Version(1))]).await.map(drop).expect_err("edited"),
            store.read_event(id).await.map(drop).expect_err("edited"),
        ];
        for error in errors {
            let StoreError::Corrupt(what) = &error else { panic!("{error}") };
            for part in [&format!("position {position}"), stream.as_str(), "restore a backup"] {
                assert!(what.contains(part), "{part} is missing: {what}");
            }
        }
        assert_eq!(store.read_log(Position(1), 1).await.expect("whole up to there").len(), 1);
        backend.edit_event(Position(position), &data).await;
        assert_eq!(store.read_log(Position(1), 100).await.expect("as it was").len(), 4);
    }
}

pub async fn an_event_from_before_checksums_is_read(backend: &impl Backend) {
    let store = backend.open().await;
    commit(&store, command(vec![writes(&fresh_stream(), 0, 3)])).await;
    drop(store);
    backend.forget_checksum(Position(2)).await;
    assert_eq!(backend.open().await.read_log(Position(1), 100).await.expect("readable").len(), 3);
}
