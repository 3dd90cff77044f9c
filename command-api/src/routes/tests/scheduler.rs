//! Plays past their maximum length are aborted: by one process, each once, whatever else is wrong.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use domain::{
    ids::{EventId, LocationId, PlayId},
    log::{CommandId, Version},
};
use events::NewEvent;
use jiff::Timestamp;
use runtime::clock::Clock as _;
use serde_json::json;
use store::{Append, NewAnswer, StreamAppend, Verdict};
use tokio_util::sync::CancellationToken;

use super::{
    service::problem,
    world::{Stage, World},
};
use crate::scheduler::{self, OverduePlays};

/// Longer than the play of a [`World`] may last.
const TOO_LONG: i64 = 11;

/// Says the same plays each time, and stops the scheduler at the second.
struct Listed {
    plays: Vec<(LocationId, PlayId)>,
    rounds: AtomicUsize,
    stop: CancellationToken,
}

#[async_trait]
impl OverduePlays for Listed {
    async fn overdue(&self, _: Timestamp, _: u32) -> anyhow::Result<Vec<(LocationId, PlayId)>> {
        if self.rounds.fetch_add(1, Ordering::SeqCst) > 0 {
            self.stop.cancel();
        }
        Ok(self.plays.clone())
    }
}

/// Two rounds of a scheduler on `plays`.
async fn schedule(world: &World, plays: Vec<(LocationId, PlayId)>) {
    let executor = world.service.installation.executor(world.service.store.clone());
    let stop = CancellationToken::new();
    let listed = Listed { plays, rounds: AtomicUsize::new(0), stop: stop.clone() };
    scheduler::run(executor, Arc::new(listed), "this process".into(), stop).await;
}

fn play(world: &World) -> (LocationId, PlayId) {
    (world.location("location"), world.id("play").parse().unwrap())
}

const FINISH: &str = "/v1/locations/{location}/plays/{play}/finish";

fn one_point(world: &World) -> serde_json::Value {
    json!({"results": [{"uid": world.id("uid"), "points": 1, "level": 1}]})
}

async fn finish(world: &World) -> (u16, String) {
    world.post(FINISH, one_point(world)).await.problem()
}

#[tokio::test]
async fn an_overdue_play_is_aborted_once_and_its_room_and_bands_are_free() {
    let world = World::at(Stage::Playing).await;
    world.wait_minutes(TOO_LONG);
    let before = world.service.head().await;
    schedule(&world, vec![play(&world)]).await;
    assert_eq!(world.service.head().await, before + 3, "play, room and band");
    world.done("/v1/locations/{location}/plays", again(&world)).await;
}

fn again(world: &World) -> serde_json::Value {
    json!({"room_id": world.id("room"), "variant_id": world.id("variant"), "wristbands": [world.id("uid")]})
}

#[tokio::test]
async fn an_overdue_play_takes_its_results_later_and_the_next_one_is_not_disturbed() {
    let world = World::at(Stage::Playing).await;
    world.wait_minutes(TOO_LONG);
    schedule(&world, vec![play(&world)]).await;
    let next = world.done("/v1/locations/{location}/plays", again(&world)).await;
    world.wait_minutes(50);
    let before = world.service.head().await;
    world.done(FINISH, one_point(&world)).await;
    assert_eq!(world.service.head().await, before + 1, "only the play");
    world.done(FINISH, one_point(&world)).await;
    assert_eq!(world.service.head().await, before + 1, "once");
    let next = FINISH.replace("{play}", next["id"].as_str().unwrap());
    world.done(&next, one_point(&world)).await;
    assert_eq!(world.service.head().await, before + 4, "play, room and band");
}

#[tokio::test]
async fn a_play_that_was_aborted_by_hand_takes_no_results() {
    let world = World::at(Stage::Playing).await;
    world.done("/v1/locations/{location}/plays/{play}/abort", json!({"reason": "fire drill"})).await;
    assert_eq!(finish(&world).await, problem(409, "play_already_over"));
}

#[tokio::test]
async fn a_play_that_is_not_overdue_goes_on() {
    let world = World::at(Stage::Playing).await;
    let before = world.service.head().await;
    schedule(&world, vec![play(&world)]).await;
    assert_eq!(world.service.head().await, before);
}

#[tokio::test]
async fn one_play_that_cannot_be_read_does_not_keep_the_others_running() {
    let world = World::at(Stage::Playing).await;
    let unreadable = PlayId(world.service.clock.new_uuid());
    append_nonsense(&world, unreadable).await;
    world.wait_minutes(TOO_LONG);
    schedule(&world, vec![(world.location("location"), unreadable), play(&world)]).await;
    world.done("/v1/locations/{location}/plays", again(&world)).await;
}

#[tokio::test]
async fn a_scheduler_without_the_lease_aborts_nothing() {
    let world = World::at(Stage::Playing).await;
    world.wait_minutes(TOO_LONG);
    let (store, now) = (&world.service.store, world.service.clock.now());
    let hour = std::time::Duration::from_hours(1);
    let other = store.acquire_lease("play-scheduler", "another process", now, hour).await.unwrap();
    assert!(other.is_some());
    let executor = world.service.installation.executor(store.clone());
    let stop = CancellationToken::new();
    let listed =
        Listed { plays: vec![play(&world)], rounds: AtomicUsize::new(0), stop: CancellationToken::new() };
    let listed = Arc::new(listed);
    let running = tokio::spawn(scheduler::run(executor, listed.clone(), "this process".into(), stop.clone()));
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    stop.cancel();
    running.await.unwrap();
    assert_eq!(listed.rounds.load(Ordering::SeqCst), 0);
}

/// Gives `play` a history that no build can read.
async fn append_nonsense(world: &World, play: PlayId) {
    let clock = &world.service.clock;
    let event = NewEvent { id: EventId(clock.new_uuid()), event_type: "play.started.v1", data: "{}".into() };
    let append = Append {
        command: CommandId(clock.new_uuid()),
        request_hash: [0; 32],
        location: None,
        metadata: "{}".into(),
        at: clock.now(),
        streams: vec![StreamAppend { stream: play.stream(), expected: Version(0), events: vec![event] }],
        answer: NewAnswer { status: 200, body: "{}".into() },
        person_keys: vec![],
    };
    assert!(matches!(world.service.store.append(append).await, Ok(Verdict::Committed(_))));
}
