//! What the tests share: a bus with short schedules, waiting, and an audit of the raw stream.

use std::{future::Future, sync::Arc, time::Duration};

use async_nats::jetstream::{self, consumer::pull};
use domain::log::Position;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::{
    Bus as _, Follower,
    nats::{
        MessageKey, NatsBus, NatsConfig, message,
        testing::{NatsServer, nats_servers},
    },
    testing::FakeLog,
};

pub(super) const STREAM: &str = "AERO_EVENTS_1";
/// No test waits longer for anything; only a broken one gets here.
const PATIENCE: Duration = Duration::from_mins(1);
/// A schedule that never comes up during a test.
pub(super) const NEVER: Duration = Duration::from_hours(24);

/// Runs `test` on a fresh server of every kind found.
pub(super) async fn on_each_server<F>(test: impl Fn(NatsServer) -> F)
where
    F: Future<Output = ()>,
{
    for binary in nats_servers() {
        println!("on {}", binary.display());
        test(NatsServer::start(&binary)).await;
    }
}

/// Sweeps and polls often.
pub(super) fn quick(server: &NatsServer) -> NatsConfig {
    let often = Duration::from_millis(100);
    let key = Some(MessageKey::new(&[7; 32]));
    NatsConfig { sweep: often, poll: often, key, ..NatsConfig::new(server.url()) }
}

pub(super) async fn bus(config: NatsConfig, log: &Arc<FakeLog>) -> Arc<NatsBus> {
    NatsBus::start(config, log.clone()).await.expect("the bus starts")
}

/// Waits until `condition` holds.
pub(super) async fn eventually<F>(what: &str, condition: impl Fn() -> F)
where
    F: Future<Output = bool>,
{
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "never came true: {what}");
}

pub(super) async fn published(bus: &NatsBus, position: Position) {
    let mut progress = bus.progress.clone();
    let done = progress.wait_for(|progress| progress.published >= Some(position));
    let in_time = tokio::time::timeout(PATIENCE, done).await.is_ok();
    assert!(in_time, "not published up to {position}: {:?}", bus.status());
}

/// Takes events until `last`, and checks that they are exactly the log's.
pub(super) async fn follow_to(follower: &mut Follower, log: &FakeLog, from: u64, last: Position) {
    let mut seen = Vec::new();
    while seen.last().is_none_or(|event: &Arc<events::RecordedEvent>| event.position < last) {
        let batch = tokio::time::timeout(PATIENCE, follower.next_batch(500, Duration::ZERO)).await;
        let batch = batch.unwrap_or_else(|_| panic!("stuck after {:?}", seen.last().map(|e| e.position)));
        seen.extend(batch.expect("the log can be followed"));
    }
    let expected: Vec<_> =
        log.events(Position(from)).into_iter().take_while(|event| event.position <= last).collect();
    assert_eq!(seen, expected);
}

pub(super) async fn raw(server: &NatsServer) -> jetstream::Context {
    jetstream::new(async_nats::connect(server.url()).await.expect("a connection"))
}

/// Reads the whole stream and checks it against the log: positions `first` to `last`, each once, in
/// order, numbered with one constant, the same events.
pub(super) async fn audit(server: &NatsServer, log: &FakeLog, first: u64, last: u64) {
    let context = raw(server).await;
    let stream = context.get_stream(STREAM).await.expect("the stream");
    let state = stream.cached_info().state.clone();
    assert_eq!(state.messages, last + 1 - first, "messages in the stream: {state:?}");
    let offset = last - state.last_sequence;
    let consumer = stream
        .create_consumer(pull::Config {
            ack_policy: jetstream::consumer::AckPolicy::None,
            ..pull::Config::default()
        })
        .await
        .expect("a consumer");
    let count = usize::try_from(state.messages).expect("a small stream");
    let messages = consumer.messages().await.expect("messages").take(count).try_collect();
    let messages: Vec<_> = tokio::time::timeout(PATIENCE, messages)
        .await
        .expect("the stream gives what it says it holds")
        .expect("every message");
    for (message, event) in messages.iter().zip(log.events(Position(first))) {
        let sequence = message.info().expect("its numbers").stream_sequence;
        assert_eq!(sequence + offset, event.position.0);
        let headers = message.headers.as_ref().expect("headers");
        let read = message::decode(headers, &message.payload).expect("an event");
        assert_eq!(read, *event);
    }
}
