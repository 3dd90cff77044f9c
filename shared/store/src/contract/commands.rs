//! A command id takes effect once.

use domain::log::{Position, Version};
use futures::future::join_all;

use super::{
    Backend,
    fixtures::{command, commit, commit_one, fresh_stream, head, stream_length, writes},
};
use crate::{StoredAnswer, Verdict};

pub async fn a_command_takes_effect_once(backend: &impl Backend) {
    let store = backend.open().await;
    let stream = fresh_stream();
    let append = command(vec![writes(&stream, 0, 2)]);
    let token = commit(&store, append.clone()).await;
    commit_one(&store).await;
    let expected = StoredAnswer {
        request_hash: append.request_hash,
        status: append.answer.status,
        body: append.answer.body.clone(),
        token,
    };
    assert_eq!(store.answer(append.command).await.expect("readable"), Some(expected.clone()));
    // Neither the expected version nor the events of a known command count any more.
    let again = store.append(append).await.expect("works");
    assert_eq!(again, Verdict::AlreadyDone(expected));
    assert_eq!(stream_length(&store, &stream).await, 2);
    assert_eq!(head(&store).await, Position(3));
}

pub async fn a_command_without_events_keeps_its_answer(backend: &impl Backend) {
    let store = backend.open().await;
    commit_one(&store).await;
    let append = command(Vec::new());
    let token = commit(&store, append.clone()).await;
    assert_eq!(token.position, Position(1), "the head at its time");
    commit_one(&store).await;
    match store.append(append).await.expect("works") {
        Verdict::AlreadyDone(answer) => assert_eq!(answer.token, token),
        other => panic!("expected the stored answer, got {other:?}"),
    }
    assert_eq!(head(&store).await, Position(2));
}

pub async fn the_same_command_at_once_takes_effect_once(backend: &impl Backend) {
    let store = backend.open().await;
    once(&[store.clone(), store]).await;
}

pub async fn the_same_command_on_two_handles_takes_effect_once(backend: &impl Backend) {
    once(&[backend.open().await, backend.open().await]).await;
}

async fn once(stores: &[crate::SharedStore; 2]) {
    for _ in 0..20 {
        let stream = fresh_stream();
        let append = command(vec![writes(&stream, 0, 1)]);
        let tries = stores.iter().cycle().take(8).map(|store| {
            let (store, append) = (store.clone(), append.clone());
            tokio::spawn(async move { store.append(append).await.expect("works") })
        });
        let verdicts = join_all(tries.collect::<Vec<_>>()).await;
        let (mut committed, mut answered) = (Vec::new(), Vec::new());
        for verdict in verdicts {
            match verdict.expect("no panic") {
                Verdict::Committed(token) => committed.push(token),
                Verdict::AlreadyDone(answer) => answered.push(answer.token),
                other @ Verdict::Conflict { .. } => panic!("a retry is no conflict: {other:?}"),
            }
        }
        assert_eq!((committed.len(), answered.len()), (1, 7));
        assert!(answered.iter().all(|token| *token == committed[0]));
        assert_eq!(stream_length(&stores[0], &stream).await, 1);
    }
}

pub async fn an_answer_survives_a_reopening(backend: &impl Backend) {
    let store = backend.open().await;
    let append = command(vec![writes(&fresh_stream(), 0, 1)]);
    let token = commit(&store, append.clone()).await;
    drop(store);
    let store = backend.open().await;
    match store.append(append).await.expect("works") {
        Verdict::AlreadyDone(answer) => assert_eq!(answer.token, token),
        other => panic!("expected the stored answer, got {other:?}"),
    }
}

pub async fn another_request_hash_is_shown_to_the_caller(backend: &impl Backend) {
    let store = backend.open().await;
    let append = command(vec![writes(&fresh_stream(), 0, 1)]);
    let mut other = append.clone();
    other.request_hash = [9; 32];
    let (first, second) = tokio::join!(store.append(append.clone()), store.append(other.clone()));
    let hashes = [(first, append.request_hash), (second, other.request_hash)].map(|(verdict, own)| {
        match verdict.expect("works") {
            Verdict::Committed(_) => own,
            Verdict::AlreadyDone(answer) => answer.request_hash,
            conflict @ Verdict::Conflict { .. } => panic!("a known command is no conflict: {conflict:?}"),
        }
    });
    assert_eq!(hashes[0], hashes[1], "both are told whose request took effect");
    let stored = store.answer(append.command).await.expect("readable").expect("stored");
    assert_eq!(stored.request_hash, hashes[0]);
}

pub async fn a_conflicting_command_can_be_decided_again(backend: &impl Backend) {
    let store = backend.open().await;
    let stream = fresh_stream();
    commit(&store, command(vec![writes(&stream, 0, 1)])).await;
    let mut append = command(vec![writes(&stream, 0, 1)]);
    let verdict = store.append(append.clone()).await.expect("works");
    assert!(matches!(verdict, Verdict::Conflict { .. }));
    assert_eq!(store.answer(append.command).await.expect("readable"), None);
    append.streams[0].expected = Version(1);
    commit(&store, append).await;
    assert_eq!(stream_length(&store, &stream).await, 2);
}

/// Also where it comes in one batch with the command that followed it, which moved its stream on.
pub async fn an_answered_command_is_known_beside_the_one_that_followed_it(backend: &impl Backend) {
    let store = backend.open().await;
    let streams: Vec<_> = (0..40).map(|_| fresh_stream()).collect();
    let first: Vec<_> = streams.iter().map(|stream| command(vec![writes(stream, 0, 1)])).collect();
    let tokens = join_all(first.iter().map(|append| commit(&store, append.clone()))).await;

    // The rest waits for this one, and so becomes a batch.
    let before = command(vec![writes(&fresh_stream(), 0, 1)]);
    let second = streams.iter().map(|stream| command(vec![writes(stream, 1, 1)]));
    let both = second.zip(first).flat_map(|(second, first)| [second, first]);
    let verdicts = join_all(std::iter::once(before).chain(both).map(|append| store.append(append))).await;
    for (pair, token) in verdicts[1..].chunks(2).zip(tokens) {
        match pair {
            [Ok(Verdict::Committed(_)), Ok(Verdict::AlreadyDone(answer))] => assert_eq!(answer.token, token),
            other => panic!("expected a commit and the stored answer, got {other:?}"),
        }
    }
}
