//! Keys of persons live and die with the append that says so.

use domain::ids::PlayerId;

use super::{
    Backend,
    fixtures::{command, commit, fresh, fresh_stream, stream_length, writes},
};
use crate::{PersonKeyChange, StoreError, Verdict, WrappedKey};

fn key(byte: u8) -> WrappedKey {
    WrappedKey(vec![byte; 60])
}

pub async fn a_person_key_is_made_and_destroyed_with_the_append(backend: &impl Backend) {
    let store = backend.open().await;
    let (kept, erased, unknown) = (PlayerId(fresh()), PlayerId(fresh()), PlayerId(fresh()));
    let mut register = command(vec![writes(&fresh_stream(), 0, 1)]);
    register.person_keys =
        vec![PersonKeyChange::Create(kept, key(1)), PersonKeyChange::Create(erased, key(2))];
    commit(&store, register).await;
    let mut found = store.person_keys(&[kept, erased, unknown]).await.expect("readable");
    found.sort_by_key(|(_, key)| key.0.clone());
    assert_eq!(found, [(kept, key(1)), (erased, key(2))]);

    let mut erase = command(vec![writes(&fresh_stream(), 0, 1)]);
    erase.person_keys = vec![PersonKeyChange::Destroy(erased)];
    commit(&store, erase).await;
    let other = backend.open().await;
    for handle in [&store, &other] {
        let found = handle.person_keys(&[erased, kept]).await.expect("readable");
        assert_eq!(found, [(kept, key(1))]);
    }
    assert!(store.person_keys(&[]).await.expect("readable").is_empty());
}

pub async fn a_refused_append_leaves_no_person_key(backend: &impl Backend) {
    let store = backend.open().await;
    let person = PlayerId(fresh());
    let mut append = command(vec![writes(&fresh_stream(), 4, 1)]);
    append.person_keys = vec![PersonKeyChange::Create(person, key(1))];
    let verdict = store.append(append).await.expect("works");
    assert!(matches!(verdict, Verdict::Conflict { .. }));
    assert!(store.person_keys(&[person]).await.expect("readable").is_empty());
}

pub async fn an_erased_person_gets_no_key_again(backend: &impl Backend) {
    let store = backend.open().await;
    let person = PlayerId(fresh());
    for change in [PersonKeyChange::Create(person, key(1)), PersonKeyChange::Destroy(person)] {
        let mut append = command(vec![writes(&fresh_stream(), 0, 1)]);
        append.person_keys = vec![change];
        commit(&store, append).await;
    }
    let stream = fresh_stream();
    let mut again = command(vec![writes(&stream, 0, 1)]);
    again.person_keys = vec![PersonKeyChange::Create(person, key(2))];
    assert!(matches!(store.append(again).await, Err(StoreError::Misuse(_))));
    assert!(store.person_keys(&[person]).await.expect("readable").is_empty());
    assert_eq!(stream_length(&store, &stream).await, 0);
}
