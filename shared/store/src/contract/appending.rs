//! Positions, versions, atomicity and verdicts.

use domain::{
    ids::StreamName,
    log::{Position, Version},
};
use events::{NewEvent, RecordedEvent};
use futures::future::join_all;

use super::{
    Backend,
    fixtures::{
        at, command, commit, commit_one, event, fresh_stream, guards, head, positions, stream_length, writes,
    },
};
use crate::{StoreError, Verdict};

pub async fn positions_and_versions_are_dense(backend: &impl Backend) {
    let store = backend.open().await;
    let (a, b) = (fresh_stream(), fresh_stream());
    assert_eq!(head(&store).await, Position(0));
    let first = commit(&store, command(vec![writes(&a, 0, 2)])).await;
    let second = commit(&store, command(vec![writes(&b, 0, 1), writes(&a, 2, 3)])).await;
    assert_eq!((first.position, second.position), (Position(2), Position(6)));
    assert_eq!(first.timeline, 1);
    assert_eq!(head(&store).await, Position(6));
    assert_eq!(stream_length(&store, &a).await, 5);
    assert_eq!(stream_length(&store, &b).await, 1);
    let log = store.read_log(Position(1), 100).await.expect("readable");
    assert_eq!(positions(log.iter().map(|event| &**event)), [1, 2, 3, 4, 5, 6]);
}

pub async fn an_append_over_several_streams_is_atomic(backend: &impl Backend) {
    let store = backend.open().await;
    let (a, b) = (fresh_stream(), fresh_stream());
    commit(&store, command(vec![writes(&b, 0, 1)])).await;
    let verdict = store.append(command(vec![writes(&a, 0, 2), writes(&b, 0, 2)])).await.expect("works");
    assert_eq!(verdict, Verdict::Conflict { stream: b.clone(), expected: Version(0), actual: Version(1) });
    assert_eq!(stream_length(&store, &a).await, 0);
    assert_eq!(stream_length(&store, &b).await, 1);
    assert_eq!(head(&store).await, Position(1));
}

pub async fn a_conflict_names_the_stream_and_hurts_no_other_command(backend: &impl Backend) {
    let store = backend.open().await;
    let busy = fresh_stream();
    commit(&store, command(vec![writes(&busy, 0, 3)])).await;
    let appends = (0..90).map(|n| {
        let wrong = n % 3 == 0;
        let stream = if wrong { busy.clone() } else { fresh_stream() };
        let append = command(vec![writes(&stream, if wrong { 9 } else { 0 }, 1)]);
        let store = &store;
        async move { (wrong, store.append(append).await.expect("works")) }
    });
    let refused = Verdict::Conflict { stream: busy.clone(), expected: Version(9), actual: Version(3) };
    for (wrong, verdict) in join_all(appends).await {
        assert_eq!(verdict == refused, wrong, "{verdict:?}");
    }
    assert_eq!(head(&store).await, Position(63));
    assert_eq!(stream_length(&store, &busy).await, 3);
}

pub async fn a_guard_is_checked_and_adds_nothing(backend: &impl Backend) {
    let store = backend.open().await;
    let (read, written) = (fresh_stream(), fresh_stream());
    commit(&store, command(vec![writes(&read, 0, 2)])).await;
    commit(&store, command(vec![guards(&read, 2), writes(&written, 0, 1)])).await;
    let stale = command(vec![writes(&written, 1, 1), guards(&read, 1)]);
    let verdict = store.append(stale).await.expect("works");
    assert_eq!(verdict, Verdict::Conflict { stream: read.clone(), expected: Version(1), actual: Version(2) });
    let absent = fresh_stream();
    commit(&store, command(vec![guards(&absent, 0), writes(&written, 1, 1)])).await;
    assert_eq!(stream_length(&store, &read).await, 2);
    assert_eq!(stream_length(&store, &written).await, 2);
    assert_eq!(stream_length(&store, &absent).await, 0);
}

pub async fn a_stream_named_twice_is_misuse(backend: &impl Backend) {
    let store = backend.open().await;
    let stream = fresh_stream();
    let append = command(vec![writes(&stream, 0, 1), writes(&stream, 1, 1)]);
    assert!(matches!(store.append(append).await, Err(StoreError::Misuse(_))));
    assert_eq!(stream_length(&store, &stream).await, 0);
}

pub async fn a_used_event_id_is_refused_and_hurts_no_other_command(backend: &impl Backend) {
    let store = backend.open().await;
    let mut first = command(vec![writes(&fresh_stream(), 0, 1)]);
    let used = event("{}");
    first.streams[0].events = vec![used.clone()];
    commit(&store, first).await;
    let appends = (0..40).map(|n| {
        let mut append = command(vec![writes(&fresh_stream(), 0, 1)]);
        if n == 20 {
            append.streams[0].events.push(NewEvent { data: "[]".into(), ..used.clone() });
        }
        let store = &store;
        async move { (n, store.append(append).await) }
    });
    for (n, result) in join_all(appends).await {
        match result {
            Ok(Verdict::Committed(_)) => assert_ne!(n, 20),
            Err(StoreError::Misuse(_)) => assert_eq!(n, 20),
            other => panic!("unexpected: {other:?}"),
        }
    }
    assert_eq!(head(&store).await, Position(40));
    assert_eq!(store.read_log(Position(1), 100).await.expect("no hole").len(), 40);
}

pub async fn more_commands_than_a_batch_all_commit(backend: &impl Backend) {
    let store = backend.open().await;
    let appends: Vec<_> =
        (0..1_000).map(|_| store.append(command(vec![writes(&fresh_stream(), 0, 2)]))).collect();
    let mut seen = Vec::new();
    for verdict in join_all(appends).await {
        match verdict.expect("works") {
            Verdict::Committed(token) => seen.push(token.position.0),
            other => panic!("nothing stands in the way: {other:?}"),
        }
    }
    seen.sort_unstable();
    let places: Vec<u64> = (1..=1_000).map(|n| n * 2).collect();
    assert_eq!(seen, places, "each command has its own place");
    assert_eq!(head(&store).await, Position(2_000));
}

pub async fn a_command_with_very_many_events_commits(backend: &impl Backend) {
    let store = backend.open().await;
    let stream = fresh_stream();
    let mut append = command(vec![writes(&stream, 0, 1_500)]);
    append.streams[0].events[7].data = format!(r#"{{"long":"{}"}}"#, "x".repeat(2 << 20));
    assert_eq!(commit(&store, append).await.position, Position(1_500));
    assert_eq!(stream_length(&store, &stream).await, 1_500);
}

pub async fn any_text_comes_back_as_it_was(backend: &impl Backend) {
    let texts = [
        "{\"a\":\"Łódź 🎉 \u{202E} '; DROP TABLE events; -- \\u0000\"}",
        "\u{1F469}\u{200D}\u{1F680}",
        "",
        "a\u{1}b\u{FFFF}",
    ];
    comes_back(backend, "wristband-01:ab;'\"%_[]".parse().expect("a legal name"), &texts).await;
}

pub async fn a_long_text_comes_back_as_it_was(backend: &impl Backend) {
    let long = format!(r#"{{"a":"\"{}\\ ","b":""}}"#, "ü 🎉".repeat(5_000));
    comes_back(backend, fresh_stream(), &[&long, r#"{"short":"\"\\ "}"#, &"x".repeat(4_001), ""]).await;
}

/// As the data of an event each, the first also as the answer.
async fn comes_back(backend: &impl Backend, stream: StreamName, texts: &[&str]) {
    let store = backend.open().await;
    let mut append = command(vec![writes(&stream, 0, 0)]);
    append.streams[0].events = texts.iter().map(|text| event(text)).collect();
    append.answer.body = texts[0].to_owned();
    append.location = None;
    let (id, sent) = (append.command, append.clone());
    commit(&store, append).await;
    let other = backend.open().await;
    for handle in [&store, &other] {
        let log = handle.read_log(Position(1), 10).await.expect("readable");
        let tail = handle.read_stream(&stream, Version(1), 10).await.expect("readable");
        let tails = handle.read_streams(vec![(stream.clone(), Version(1))]).await.expect("readable");
        assert_eq!(tail, tails[0]);
        assert!(log.iter().map(|event| &**event).eq(&tail));
        assert_eq!(tail.len(), texts.len());
        for (event, new) in tail.iter().zip(&sent.streams[0].events) {
            assert_same(event, new);
            assert_eq!((&*event.metadata, event.recorded_at), (&*sent.metadata, at()));
            assert_eq!((event.location, &event.stream), (None, &stream));
        }
        let answer = handle.answer(id).await.expect("readable").expect("stored");
        assert_eq!((answer.body.as_str(), answer.status), (texts[0], 201));
    }
}

pub async fn the_null_character_is_misuse(backend: &impl Backend) {
    let store = backend.open().await;
    let stream = fresh_stream();
    let mut append = command(vec![writes(&stream, 0, 1)]);
    append.streams[0].events[0].data = "a\0b".into();
    assert!(matches!(store.append(append.clone()).await, Err(StoreError::Misuse(_))));
    append.streams[0].events[0].data = r"a\u0000b".into();
    commit(&store, append).await;
    assert_eq!(stream_length(&store, &stream).await, 1);
}

fn assert_same(event: &RecordedEvent, new: &NewEvent) {
    assert_eq!((&*event.data, &*event.event_type, event.id), (new.data.as_str(), new.event_type, new.id));
}

pub async fn the_head_can_be_watched(backend: &impl Backend) {
    let store = backend.open().await;
    let mut watch = store.watch_head();
    let token = commit_one(&store).await;
    watch.wait_for(|head| head.token() == token).await.expect("the store lives");
    drop(store);
    let reopened = backend.open().await;
    assert_eq!(reopened.watch_head().borrow().token(), token, "a new handle starts at the head");
}
