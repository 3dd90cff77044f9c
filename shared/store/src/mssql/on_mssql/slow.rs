//! Somebody holds a transaction open in the middle of the log while others read and append.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use ::mssql::rows_of;
use domain::log::Position;

use super::MssqlDatabase;
use crate::{
    EventLog as _, Verdict,
    contract::fixtures::{command, commit_one, fresh, fresh_stream, writes},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_skip_nothing_that_a_slow_transaction_commits_late() {
    let database = MssqlDatabase::new().await;
    let (store, tailing) = (database.store().await, database.store().await);
    commit_one(&(store.clone() as _)).await;

    // As another process would: the head is locked, position 2 is written, and the commit takes its time.
    let raw = database.raw();
    let mut slow = raw.acquire().await.unwrap();
    slow.begin_transaction().await.unwrap();
    rows_of(
        &mut slow,
        "UPDATE store.log_head SET position = 2 WHERE shard = 0; \
         INSERT INTO store.events (position, id, stream, version, type, data, metadata, recorded_at) \
         VALUES (2, @P1, N'room-slow', 1, N'room.installed.v1', N'{}', N'{}', 0)",
        &[&fresh()],
    )
    .await
    .unwrap();

    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (tailing, done) = (Arc::clone(&tailing), Arc::clone(&done));
        async move {
            let mut next = Position(1);
            loop {
                let finished = done.load(Ordering::SeqCst);
                let events = tailing.read_log(next, 10).await.expect("no hole");
                for event in &events {
                    assert_eq!(event.position, next, "nothing is skipped");
                    next = next.next();
                }
                if finished && events.is_empty() {
                    return next.0 - 1;
                }
            }
        }
    });
    let appends: Vec<_> = (0..20)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.append(command(vec![writes(&fresh_stream(), 0, 1)])).await })
        })
        .collect();
    // Everybody meets the open transaction: the appends wait for it, the reader sees what was there before.
    for _ in 0..10 {
        assert_eq!(tailing.read_log(Position(2), 10).await.unwrap().len(), 0);
        assert_eq!(tailing.head().await.unwrap().position, Position(1));
    }
    assert!(appends.iter().all(|append| !append.is_finished()), "an append passed the slow one");
    slow.commit_transaction().await.unwrap();
    slow.release();
    for append in appends {
        let verdict = append.await.unwrap().unwrap();
        assert!(matches!(verdict, Verdict::Committed(token) if token.position > Position(2)), "{verdict:?}");
    }
    done.store(true, Ordering::SeqCst);
    assert_eq!(reader.await.unwrap(), 22);
}
