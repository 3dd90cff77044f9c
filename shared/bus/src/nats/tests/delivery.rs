//! Invariant 2 at the follower's end: everything in order, whatever the server does.

use std::time::Duration;

use bytes::Bytes;
use domain::{
    ids::{LocationId, RoomId},
    log::Position,
};
use futures::StreamExt as _;
use runtime::clock::{Clock as _, SystemClock};

use crate::{
    Bus as _, Follower,
    nats::{
        NatsAuth, NatsConfig,
        testing::{NatsServer, nats_servers},
    },
    testing::FakeLog,
};

use super::harness::{NEVER, STREAM, bus, eventually, follow_to, on_each_server, published, quick, raw};

/// A process that neither publishes nor polls: what it hears, it hears from the server.
fn listener(server: &NatsServer) -> NatsConfig {
    NatsConfig { publish: false, poll: NEVER, ..quick(server) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_delivers_in_order_to_a_process_that_hears_of_nothing_else() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let publisher = bus(quick(&server), &log).await;
        let other = bus(listener(&server), &log).await;
        let mut follower = Follower::new(log.clone(), other.clone(), Position(0));
        let mut late = Follower::new(log.clone(), other.clone(), Position(7));
        log.commit_unseen(10);
        follow_to(&mut follower, &log, 1, Position(10)).await;
        for _ in 0..20 {
            log.commit_unseen(100);
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
        follow_to(&mut follower, &log, 11, Position(2_010)).await;
        follow_to(&mut late, &log, 8, Position(2_010)).await;
        published(&publisher, Position(2_010)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_events_reach_a_follower_without_a_read_of_the_store() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let publisher = bus(quick(&server), &log).await;
        log.commit(1);
        published(&publisher, Position(1)).await;
        // A copy of the log that never grows: whatever is new can only have come over the bus.
        let frozen = log.copy();
        let other = bus(listener(&server), &frozen).await;
        let mut follower = Follower::new(frozen.clone(), other.clone(), Position(0));
        follow_to(&mut follower, &log, 1, Position(1)).await;
        let context = raw(&server).await;
        eventually("the consumer stands", || async {
            context.get_stream(STREAM).await.unwrap().cached_info().state.consumer_count == 1
        })
        .await;
        log.commit(600);
        follow_to(&mut follower, &log, 2, Position(601)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_what_the_stream_no_longer_has_is_read_from_the_store() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let other = bus(listener(&server), &log).await;
        let mut follower = Follower::new(log.clone(), other.clone(), Position(0));
        let publisher = bus(NatsConfig { keep_messages: 5, ..quick(&server) }, &log).await;
        log.commit_unseen(300);
        follow_to(&mut follower, &log, 1, Position(300)).await;
        log.commit_unseen(300);
        follow_to(&mut follower, &log, 301, Position(600)).await;
        published(&publisher, Position(600)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_followers_go_on_while_the_server_is_away_and_hear_it_again_when_it_is_back() {
    on_each_server(|mut server| async move {
        let log = FakeLog::new();
        let publisher = bus(quick(&server), &log).await;
        let other = bus(NatsConfig { publish: false, ..quick(&server) }, &log).await;
        let deaf = bus(listener(&server), &log).await;
        let mut follower = Follower::new(log.clone(), other.clone(), Position(0));
        let mut patient = Follower::new(log.clone(), deaf.clone(), Position(0));
        log.commit_unseen(100);
        follow_to(&mut follower, &log, 1, Position(100)).await;
        follow_to(&mut patient, &log, 1, Position(100)).await;
        server.stop();
        eventually("the loss is noticed", || async { !publisher.status().connected }).await;
        log.commit_unseen(100);
        follow_to(&mut follower, &log, 101, Position(200)).await;
        server.resume();
        follow_to(&mut patient, &log, 101, Position(200)).await;
        log.commit_unseen(100);
        follow_to(&mut patient, &log, 201, Position(300)).await;
        published(&publisher, Position(300)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_server_that_is_away_at_start_does_not_prevent_it() {
    on_each_server(|mut server| async move {
        server.stop();
        let log = FakeLog::new();
        log.commit(10);
        let bus = bus(quick(&server), &log).await;
        assert!(!bus.status().connected);
        let mut follower = Follower::new(log.clone(), bus.clone(), Position(0));
        follow_to(&mut follower, &log, 1, Position(10)).await;
        log.commit_unseen(10);
        follow_to(&mut follower, &log, 11, Position(20)).await;
        server.resume();
        published(&bus, Position(20)).await;
        assert!(bus.status().connected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_event_too_large_for_a_message_comes_from_the_store() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let publisher = bus(quick(&server), &log).await;
        let other = bus(listener(&server), &log).await;
        let mut follower = Follower::new(log.clone(), other.clone(), Position(0));
        log.commit_unseen(1);
        log.commit_data(&format!(r#"{{"text":"{}"}}"#, "x".repeat(1_200_000)));
        log.commit_unseen(1);
        follow_to(&mut follower, &log, 1, Position(3)).await;
        published(&publisher, Position(3)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_live_messages_reach_other_processes() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let (one, other) = (bus(quick(&server), &log).await, bus(quick(&server), &log).await);
        let location = LocationId(SystemClock.new_uuid());
        let (first, second) = (RoomId(SystemClock.new_uuid()), RoomId(SystemClock.new_uuid()));
        let mut room = other.subscribe_live(location, Some(first)).await.unwrap();
        let mut all = other.subscribe_live(location, None).await.unwrap();
        // The subscriptions are at the server once it has answered something asked after them.
        other.link.client.flush().await.unwrap();
        published(&other, Position(0)).await;
        let elsewhere = LocationId(SystemClock.new_uuid());
        for (location, room, body) in
            [(elsewhere, first, "x"), (location, second, "a"), (location, first, "b")]
        {
            one.publish_live(location, room, Bytes::from(body)).await.unwrap();
        }
        assert_eq!(room.next().await.unwrap().body, "b");
        let heard = all.next().await.unwrap();
        assert_eq!((heard.location, heard.room, heard.body), (location, second, Bytes::from("a")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_password_is_used_and_never_shown() {
    for binary in nats_servers() {
        let secret = SystemClock.new_uuid().to_string();
        let server = NatsServer::start_with(&binary, &["--user", "aero", "--pass", &secret]);
        let log = FakeLog::new();
        log.commit(2);
        let user = |password: &str| NatsConfig {
            auth: NatsAuth::User { name: "aero".to_owned(), password: password.to_owned() },
            ..quick(&server)
        };
        assert!(!format!("{:?}", user(&secret)).contains(&secret));
        let refused = bus(user("wrong"), &log).await;
        let accepted = bus(user(&secret), &log).await;
        published(&accepted, Position(2)).await;
        assert!(!refused.status().connected);
        assert_eq!(refused.status().published, None);
    }
}
