//! The bus is not believed: what somebody else puts into the stream makes no event and hides none.

use async_nats::jetstream::{message::PublishMessage, stream::Config};
use domain::log::Position;

use crate::{
    Alarm, Bus as _, Follower,
    nats::{
        MessageKey, NatsConfig,
        message::{self, Outgoing},
        remake,
        signature::Signatures,
        testing::NatsServer,
    },
    testing::{self, FakeLog},
};

use super::harness::{
    NEVER, STREAM, audit, bus, eventually, follow_to, on_each_server, published, quick, raw,
};

/// Puts an event that the store never had at `position` into the stream, signed with `key` if there is one.
async fn forge(server: &NatsServer, position: u64, key: Option<MessageKey>) {
    let event = testing::event(Position(position), r#"{"minutes":777}"#);
    let Outgoing { subject, mut headers, body } =
        message::encode(&event, "aero.events", position - 1, 1 << 20);
    Signatures::new(key, "aero.events".into()).sign(1, &mut headers, &body);
    let message = PublishMessage::build().headers(headers).payload(body);
    raw(server).await.send_publish(subject, message).await.unwrap().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_forged_event_is_never_followed_and_hides_no_real_one() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let publisher = bus(quick(&server), &log).await;
        let other = bus(NatsConfig { publish: false, ..quick(&server) }, &log).await;
        let mut follower = Follower::new(log.clone(), other.clone(), Position(0));
        log.commit_unseen(5);
        published(&publisher, Position(5)).await;
        follow_to(&mut follower, &log, 1, Position(5)).await;
        forge(&server, 6, None).await;
        forge(&server, 7, Some(MessageKey::new(&[8; 32]))).await;
        eventually("the alarm", || async { publisher.status().alarm == Some(Alarm::Stray { sequence: 7 }) })
            .await;
        log.commit_unseen(5);
        follow_to(&mut follower, &log, 6, Position(10)).await;
        remake(&quick(&server), log.clone()).await.unwrap();
        published(&publisher, Position(10)).await;
        assert_eq!(publisher.status().alarm, None);
        audit(&server, &log, 1, 10).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_messages_that_cannot_be_checked_are_hints_to_read_the_store() {
    let key = || Some(MessageKey::new(&[7; 32]));
    // An older publisher signs nothing; a process without the key can check nothing.
    for (publishing, listening) in [(None, key()), (key(), None), (None, None)] {
        let (publishing, listening) = (&publishing, &listening);
        on_each_server(|server| async move {
            let log = FakeLog::new();
            let publisher = bus(NatsConfig { key: publishing.clone(), ..quick(&server) }, &log).await;
            let deaf = NatsConfig { publish: false, poll: NEVER, key: listening.clone(), ..quick(&server) };
            let other = bus(deaf, &log).await;
            let mut follower = Follower::new(log.clone(), other.clone(), Position(0));
            for round in 0..20 {
                log.commit_unseen(10);
                follow_to(&mut follower, &log, round * 10 + 1, Position(round * 10 + 10)).await;
            }
            published(&publisher, Position(200)).await;
            audit(&server, &log, 1, 200).await;
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_foreign_stream_is_replaced_when_an_operator_says_so() {
    on_each_server(|server| async move {
        let config =
            Config { name: STREAM.to_owned(), subjects: vec!["other.>".to_owned()], ..Config::default() };
        raw(&server).await.create_stream(config).await.unwrap();
        let log = FakeLog::new();
        log.commit(3);
        let bus = bus(quick(&server), &log).await;
        let alarm = Alarm::Foreign { name: STREAM.to_owned() };
        eventually("the alarm", || async { bus.status().alarm.as_ref() == Some(&alarm) }).await;
        assert!(alarm.to_string().contains("aerosports bus remake") && !alarm.concerns_the_log());
        remake(&quick(&server), log.clone()).await.unwrap();
        published(&bus, Position(3)).await;
        audit(&server, &log, 1, 3).await;
    })
    .await;
}
