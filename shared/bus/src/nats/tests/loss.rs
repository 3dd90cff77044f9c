//! The stream lost in part or whole, purged, ahead, or not ours.

use std::sync::Arc;

use async_nats::jetstream::stream::Config;
use domain::log::Position;

use crate::{
    Alarm, Bus as _, Follower,
    nats::{NatsBus, NatsConfig},
    testing::FakeLog,
};

use super::harness::{STREAM, audit, bus, eventually, follow_to, on_each_server, published, quick, raw};

async fn alarm(bus: &NatsBus, expected: &Alarm) {
    eventually(&format!("{expected}"), || async { bus.status().alarm.as_ref() == Some(expected) }).await;
}

/// Waits until the raw stream ends at `last` with `messages` messages.
async fn stream_holds(context: &async_nats::jetstream::Context, messages: u64) {
    eventually(&format!("the stream holds {messages} messages"), || async {
        match context.get_stream(STREAM).await {
            Ok(stream) => stream.cached_info().state.messages == messages,
            Err(_) => false,
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_lost_tail_is_published_again() {
    on_each_server(|mut server| async move {
        let log = FakeLog::new();
        let bus = bus(quick(&server), &log).await;
        let mut follower = Follower::new(log.clone(), bus.clone(), Position(0));
        log.commit(50);
        published(&bus, Position(50)).await;
        server.stop();
        let copy = server.copy_store();
        server.resume();
        log.commit(50);
        published(&bus, Position(100)).await;
        server.stop();
        server.restore_store(&copy);
        server.resume();
        stream_holds(&raw(&server).await, 100).await;
        log.commit(20);
        published(&bus, Position(120)).await;
        audit(&server, &log, 1, 120).await;
        follow_to(&mut follower, &log, 1, Position(120)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_deleted_stream_is_filled_with_the_latest_events() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let bus = bus(NatsConfig { refill_max: 30, ..quick(&server) }, &log).await;
        log.commit(100);
        published(&bus, Position(100)).await;
        let mut follower = Follower::new(log.clone(), bus.clone(), Position(0));
        let context = raw(&server).await;
        context.delete_stream(STREAM).await.unwrap();
        stream_holds(&context, 30).await;
        audit(&server, &log, 71, 100).await;
        let last = log.commit(10);
        published(&bus, last).await;
        audit(&server, &log, 71, 110).await;
        follow_to(&mut follower, &log, 1, last).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_wiped_server_is_filled_again_while_publishers_race() {
    on_each_server(|mut server| async move {
        let log = FakeLog::new();
        let buses = [bus(quick(&server), &log).await, bus(quick(&server), &log).await];
        let mut follower = Follower::new(log.clone(), buses[0].clone(), Position(0));
        log.commit(800);
        published(&buses[0], Position(800)).await;
        server.stop();
        server.wipe_store();
        log.commit(400);
        server.resume();
        stream_holds(&raw(&server).await, 1_200).await;
        audit(&server, &log, 1, 1_200).await;
        follow_to(&mut follower, &log, 1, Position(1_200)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_purged_stream_goes_on_where_it_was() {
    on_each_server(|mut server| async move {
        let log = FakeLog::new();
        let first = bus(quick(&server), &log).await;
        log.commit(40);
        published(&first, Position(40)).await;
        first.close().await;
        drop(first);
        let context = raw(&server).await;
        context.get_stream(STREAM).await.unwrap().purge().await.unwrap();
        // A publisher that knows nothing but the stream.
        let second = bus(quick(&server), &log).await;
        log.commit(10);
        published(&second, Position(50)).await;
        audit(&server, &log, 41, 50).await;
        // And once more with the server restarted in between.
        context.get_stream(STREAM).await.unwrap().purge().await.unwrap();
        server.stop();
        server.resume();
        log.commit(10);
        published(&second, Position(60)).await;
        let state = context.get_stream(STREAM).await.unwrap().cached_info().state.clone();
        let messages = state.messages;
        assert!((10..=60).contains(&messages), "{state:?}");
        audit(&server, &log, 61 - messages, 60).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_message_deleted_by_an_operator_does_no_harm() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let bus = bus(quick(&server), &log).await;
        log.commit(10);
        published(&bus, Position(10)).await;
        let stream = raw(&server).await.get_stream(STREAM).await.unwrap();
        stream.delete_message(10).await.unwrap();
        log.commit(5);
        published(&bus, Position(15)).await;
        let mut follower = Follower::new(log.clone(), bus.clone(), Position(0));
        follow_to(&mut follower, &log, 1, Position(15)).await;
        assert_eq!(bus.status().alarm, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_stream_ahead_of_a_restored_store_stops_publishing_until_a_new_timeline() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let bus = bus(quick(&server), &log).await;
        log.commit(30);
        published(&bus, Position(30)).await;
        log.restore_to(Position(20));
        alarm(&bus, &Alarm::Ahead { stream: Position(30), head: Position(20) }).await;
        // The store grows past the stream with other events: the last message still gives it away.
        log.commit(15);
        alarm(&bus, &Alarm::Diverged { position: Position(30) }).await;
        assert_eq!(raw(&server).await.get_stream(STREAM).await.unwrap().cached_info().state.messages, 30);
        // Meanwhile followers hear the truth from the store.
        let mut follower = Follower::new(log.clone(), bus.clone(), Position(0));
        follow_to(&mut follower, &log, 1, Position(35)).await;
        log.start_timeline();
        eventually("the alarm is over", || async { bus.status().alarm.is_none() }).await;
        published(&bus, Position(35)).await;
        stream_holds(&raw(&server).await, 35).await;
        audit(&server, &log, 1, 35).await;
        log.commit(5);
        follow_to(&mut follower, &log, 36, Position(40)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_stream_of_a_later_timeline_stops_an_older_store() {
    on_each_server(|server| async move {
        let newer = FakeLog::new();
        newer.start_timeline();
        newer.commit(3);
        let publisher = bus(quick(&server), &newer).await;
        published(&publisher, Position(3)).await;
        let older: Arc<FakeLog> = FakeLog::new();
        older.commit(9);
        let stopped = bus(quick(&server), &older).await;
        alarm(&stopped, &Alarm::OlderStore { stream: 2, store: 1 }).await;
        audit(&server, &newer, 1, 3).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_foreign_stream_is_left_alone() {
    on_each_server(|server| async move {
        let context = raw(&server).await;
        let config =
            Config { name: STREAM.to_owned(), subjects: vec!["other.>".to_owned()], ..Config::default() };
        context.create_stream(config).await.unwrap();
        let log = FakeLog::new();
        log.commit(3);
        let bus = bus(quick(&server), &log).await;
        alarm(&bus, &Alarm::Foreign { name: STREAM.to_owned() }).await;
        context.delete_stream(STREAM).await.unwrap();
        published(&bus, Position(3)).await;
        audit(&server, &log, 1, 3).await;
    })
    .await;
}
