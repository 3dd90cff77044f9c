//! Many writers, two processes, and one who reads behind them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{
    ids::StreamName,
    log::{Position, Version},
};
use futures::future::join_all;

use super::{
    Backend,
    fixtures::{command, commit, commit_one, fresh_stream, head, stream_length, writes},
};
use crate::{SharedStore, Verdict};

const WRITERS: usize = 8;
const APPENDS: usize = 300;
const STREAMS: usize = 5;

pub async fn no_update_is_lost_and_no_reader_sees_a_hole(backend: &impl Backend) {
    let handles = [backend.open().await, backend.open().await];
    let streams: Arc<[StreamName]> = (0..STREAMS).map(|_| fresh_stream()).collect();
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> =
        handles.iter().map(|store| tokio::spawn(follow(store.clone(), Arc::clone(&done)))).collect();
    let writers = (0..WRITERS)
        .map(|n| tokio::spawn(write_many(handles[n % handles.len()].clone(), Arc::clone(&streams), n)));
    let written: u64 =
        join_all(writers.collect::<Vec<_>>()).await.into_iter().map(|sum| sum.expect("no panic")).sum();
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        assert_eq!(reader.await.expect("no panic"), written, "a reader saw every event once");
    }
    let mut stored = 0;
    for stream in streams.iter() {
        stored += stream_length(&handles[0], stream).await;
    }
    assert_eq!(stored, written, "every event that was answered is there, and no other");
    assert_eq!(head(&handles[1]).await, Position(written));
}

/// Adds one or two events a turn to one or two streams, deciding again after each conflict.
async fn write_many(store: SharedStore, streams: Arc<[StreamName]>, writer: usize) -> u64 {
    let mut written = 0;
    let mut seen = HashMap::new();
    for turn in 0..APPENDS {
        let one = &streams[(writer + turn) % STREAMS];
        let two = (turn % 3 == 0).then(|| &streams[(writer + turn + 1) % STREAMS]);
        let wanted: Vec<_> = std::iter::once(one).chain(two).cloned().collect();
        written += write_until_committed(&store, &wanted, 1 + turn % 2, &mut seen).await;
    }
    written
}

/// What a writer believes the versions are, as a cache would.
type Seen = HashMap<StreamName, u64>;

async fn write_until_committed(
    store: &SharedStore,
    streams: &[StreamName],
    events: usize,
    seen: &mut Seen,
) -> u64 {
    loop {
        for stream in streams {
            let version = seen.entry(stream.clone()).or_default();
            let wanted = vec![(stream.clone(), Version(*version + 1))];
            let tails = store.read_streams(wanted).await.expect("readable");
            *version = tails[0].last().map_or(*version, |event| event.version.0);
        }
        let appends = streams.iter().map(|stream| writes(stream, seen[stream], events)).collect();
        match store.append(command(appends)).await.expect("works") {
            Verdict::Committed(_) => return (streams.len() * events) as u64,
            Verdict::Conflict { expected, actual, .. } => assert_ne!(expected, actual),
            other @ Verdict::AlreadyDone(_) => panic!("every try has its own id: {other:?}"),
        }
    }
}

/// Reads the log to its end, again and again, until the writers are done; returns the last position.
async fn follow(store: SharedStore, done: Arc<AtomicBool>) -> u64 {
    let mut next = Position(1);
    loop {
        let finished = done.load(Ordering::SeqCst);
        let events = store.read_log(next, 64).await.expect("no hole");
        for event in &events {
            assert_eq!(event.position, next, "positions come in order, without a hole");
            next = next.next();
        }
        if finished && events.is_empty() {
            return next.0 - 1;
        }
    }
}

pub async fn positions_stay_dense_when_two_handles_take_turns(backend: &impl Backend) {
    let handles = [backend.open().await, backend.open().await];
    for turn in 1..=40 {
        let writer = &handles[usize::from(turn % 2 == 0)];
        assert_eq!(commit_one(writer).await.position, Position(turn));
        // Both see at once what either appended, whatever they hold in memory.
        for reader in &handles {
            assert_eq!(read_to_end(reader, turn.saturating_sub(3).max(1)).await, turn);
        }
    }
}

async fn read_to_end(store: &SharedStore, from: u64) -> u64 {
    let mut next = Position(from);
    loop {
        let events = store.read_log(next, 100).await.expect("no hole");
        let Some(last) = events.last() else { return next.0 - 1 };
        next = last.position.next();
    }
}

pub async fn a_store_dropped_without_closing_keeps_what_it_answered(backend: &impl Backend) {
    let stream = fresh_stream();
    for round in 0..3 {
        let store = backend.open().await;
        let under_way: Vec<_> = (0..50)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { commit_one(&store).await })
            })
            .collect();
        commit(&store, command(vec![writes(&stream, round, 1)])).await;
        for task in under_way {
            task.abort();
        }
    }
    let store = backend.open().await;
    assert_eq!(stream_length(&store, &stream).await, 3);
    let end = head(&store).await;
    let log = store.read_log(Position(1), usize::MAX).await.expect("no hole");
    assert!(log.len() as u64 >= end.0, "the log reaches its head");
}

const MANY: u64 = 20_000;
const APPENDERS: u64 = 8;
/// Commands that one appender has under way at once.
const AT_ONCE: u64 = 50;
const OVERLAPPING: u64 = 120;

pub async fn twenty_thousand_appends_lose_and_reorder_nothing(backend: &impl Backend) {
    let handles = [backend.open().await, backend.open().await];
    let streams: Arc<[StreamName]> = (0..OVERLAPPING).map(|_| fresh_stream()).collect();
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> =
        handles.iter().map(|store| tokio::spawn(follow(store.clone(), Arc::clone(&done)))).collect();
    let appenders = (0..APPENDERS)
        .zip(handles.iter().cycle())
        .map(|(n, store)| tokio::spawn(append_many(store.clone(), Arc::clone(&streams), n)));
    let mut committed = vec![0; streams.len()];
    let mut verdicts = 0;
    for appender in join_all(appenders.collect::<Vec<_>>()).await {
        let (counts, seen) = appender.expect("no panic");
        verdicts += seen;
        committed.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    done.store(true, Ordering::SeqCst);
    assert_eq!(verdicts, MANY, "every append got a verdict");
    let written: u64 = committed.iter().sum();
    for reader in readers {
        assert_eq!(reader.await.expect("no panic"), written, "a reader saw every event once");
    }
    assert_eq!(head(&handles[0]).await, Position(written));
    for (stream, count) in streams.iter().zip(committed) {
        let events = handles[1].read_stream(stream, Version(1), usize::MAX).await.expect("readable");
        assert_eq!(events.len() as u64, count, "what was answered is there, and nothing else");
        for (version, event) in (1..).zip(&events) {
            assert_eq!(event.version, Version(version));
            let decided_on = format!(r#"{{"decided_on":{}}}"#, version - 1);
            assert_eq!(*event.data, *decided_on, "nobody wrote over what they had not seen");
        }
    }
}

/// Appends to the streams in turn and learns their versions from verdicts alone; returns how many events
/// each got, and how many verdicts there were.
async fn append_many(store: SharedStore, streams: Arc<[StreamName]>, appender: u64) -> (Vec<u64>, u64) {
    let mut versions = vec![0; streams.len()];
    let mut committed = vec![0; streams.len()];
    let mut verdicts = 0;
    for round in 0..MANY / APPENDERS / AT_ONCE {
        let appends = (0..AT_ONCE).map(|n| {
            let place = usize::try_from((appender * 17 + round * AT_ONCE + n) % OVERLAPPING).expect("small");
            let version = versions[place];
            let mut append = command(vec![writes(&streams[place], version, 1)]);
            append.streams[0].events[0].data = format!(r#"{{"decided_on":{version}}}"#);
            let store = &store;
            async move { (place, store.append(append).await.expect("works")) }
        });
        for (place, verdict) in join_all(appends).await {
            verdicts += 1;
            match verdict {
                Verdict::Committed(_) => {
                    committed[place] += 1;
                    versions[place] += 1;
                }
                Verdict::Conflict { expected, actual, .. } => {
                    assert_ne!(expected, actual);
                    versions[place] = actual.0;
                }
                other @ Verdict::AlreadyDone(_) => panic!("every command has its own id: {other:?}"),
            }
        }
    }
    (committed, verdicts)
}
