//! Invariant 5: in position order, each position once, whoever publishes and whatever crashes.

use std::time::Duration;

use domain::log::Position;

use crate::{Bus as _, nats::NatsConfig, testing::FakeLog};

use super::harness::{NEVER, audit, bus, on_each_server, published, quick};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_racing_publishers_publish_each_position_once_and_in_order() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let buses = [
            bus(quick(&server), &log).await,
            bus(quick(&server), &log).await,
            bus(NatsConfig { in_flight: 7, ..quick(&server) }, &log).await,
        ];
        for burst in 0..60 {
            log.commit(1 + burst * 37 % 150);
            tokio::time::sleep(Duration::from_millis(burst % 4)).await;
        }
        let last = log.commit(1_000);
        for bus in &buses {
            published(bus, last).await;
        }
        audit(&server, &log, 1, last.0).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_sweep_publishes_what_a_crash_left_unpublished() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        log.commit_unseen(5);
        let bus = bus(quick(&server), &log).await;
        published(&bus, Position(5)).await;
        // Committed by a process that died before it could tell anybody.
        log.commit_unseen(700);
        published(&bus, Position(705)).await;
        audit(&server, &log, 1, 705).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_publishes_own_appends_without_waiting_for_the_schedule() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let config = NatsConfig { sweep: NEVER, ..quick(&server) };
        let bus = bus(config, &log).await;
        published(&bus, Position(0)).await;
        let last = log.commit(3_000);
        published(&bus, last).await;
        bus.close().await;
        audit(&server, &log, 1, 3_000).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_close_publishes_what_is_committed() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let bus = bus(quick(&server), &log).await;
        published(&bus, Position(0)).await;
        log.commit(500);
        bus.close().await;
        audit(&server, &log, 1, 500).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_process_that_does_not_publish_leaves_the_stream_alone() {
    on_each_server(|server| async move {
        let log = FakeLog::new();
        let silent = bus(NatsConfig { publish: false, ..quick(&server) }, &log).await;
        let last = log.commit(10);
        let loud = bus(quick(&server), &log).await;
        published(&loud, last).await;
        assert_eq!(silent.status().published, None);
        audit(&server, &log, 1, 10).await;
    })
    .await;
}

#[tokio::test]
async fn nats_settings_that_cannot_work_fail_at_once_with_their_name() {
    let cases = [
        ("shard", NatsConfig { shard: "a.b".to_owned(), ..NatsConfig::new("nats://127.0.0.1:1") }),
        ("replicas", NatsConfig { replicas: 0, ..NatsConfig::new("nats://127.0.0.1:1") }),
        ("in_flight", NatsConfig { in_flight: 0, ..NatsConfig::new("nats://127.0.0.1:1") }),
        ("sweep", NatsConfig { sweep: Duration::ZERO, ..NatsConfig::new("nats://127.0.0.1:1") }),
        ("url", NatsConfig::new("gopher://127.0.0.1:1")),
    ];
    for (setting, config) in cases {
        let error = crate::nats::NatsBus::start(config, FakeLog::new()).await.err();
        let text = error.expect(setting).to_string();
        assert!(text.contains(setting), "{text}");
    }
}
