//! What a follower makes of a bus that tells the truth late, twice, in part or not at all.

use bytes::Bytes;
use domain::ids::{LocationId, RoomId};
use tokio::sync::{Mutex, mpsc};

use super::*;
use crate::{BusError, BusStatus, EmbeddedBus, LiveFeed, testing::FakeLog};

/// A bus that says what the test says.
struct Scripted(std::sync::Mutex<Option<mpsc::UnboundedReceiver<News>>>);

struct ScriptedFeed(Mutex<mpsc::UnboundedReceiver<News>>);

#[async_trait::async_trait]
impl Feed for ScriptedFeed {
    async fn next(&mut self) -> News {
        match self.0.get_mut().recv().await {
            Some(news) => news,
            None => std::future::pending().await,
        }
    }
}

#[async_trait::async_trait]
impl Bus for Scripted {
    fn feed(&self) -> Box<dyn Feed> {
        Box::new(ScriptedFeed(Mutex::new(self.0.lock().unwrap().take().unwrap())))
    }
    async fn publish_live(&self, _: LocationId, _: RoomId, _: Bytes) -> Result<(), BusError> {
        Ok(())
    }
    async fn subscribe_live(&self, _: LocationId, _: Option<RoomId>) -> Result<LiveFeed, BusError> {
        Ok(Box::pin(futures::stream::pending()))
    }
    fn status(&self) -> BusStatus {
        BusStatus { kind: "scripted", connected: true, published: None, alarm: None }
    }
    async fn close(&self) {}
}

fn follow(log: &Arc<FakeLog>, from: u64) -> (Follower, mpsc::UnboundedSender<News>) {
    let (say, script) = mpsc::unbounded_channel();
    let bus = Arc::new(Scripted(std::sync::Mutex::new(Some(script))));
    (Follower::new(log.clone(), bus, Position(from)), say)
}

fn positions(events: &[Arc<RecordedEvent>]) -> Vec<u64> {
    events.iter().map(|event| event.position.0).collect()
}

fn news(log: &FakeLog, from: u64, to: u64) -> News {
    let events = log.events(Position(from));
    News::Events(events.into_iter().take_while(|event| event.position.0 <= to).collect())
}

async fn next(follower: &mut Follower, max: usize) -> Vec<u64> {
    positions(&follower.next_batch(max, Duration::ZERO).await.unwrap())
}

#[tokio::test]
async fn catches_up_from_the_checkpoint_in_batches_of_the_size_asked_for() {
    let log = FakeLog::new();
    log.commit(2_500);
    let (mut follower, _say) = follow(&log, 10);
    let mut seen = Vec::new();
    while seen.len() < 2_490 {
        let batch = next(&mut follower, 700).await;
        assert!(batch.len() <= 700);
        seen.extend(batch);
    }
    assert_eq!(seen, (11..=2_500).collect::<Vec<_>>());
    assert!(follower.caught_up());
}

#[tokio::test]
async fn follows_the_bus_without_reading_the_store_and_drops_what_is_repeated() {
    let log = FakeLog::new();
    log.commit(3);
    let (mut follower, say) = follow(&log, 0);
    assert_eq!(next(&mut follower, 10).await, [1, 2, 3]);
    log.commit(5);
    let reads = log.reads();
    say.send(news(&log, 2, 5)).unwrap();
    say.send(news(&log, 4, 6)).unwrap();
    say.send(News::Head(Position(6))).unwrap();
    say.send(news(&log, 6, 8)).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 5 {
        seen.extend(next(&mut follower, 10).await);
    }
    assert_eq!(seen, [4, 5, 6, 7, 8]);
    assert_eq!(log.reads(), reads);
}

#[tokio::test]
async fn fills_a_jump_from_the_store() {
    let log = FakeLog::new();
    log.commit(1);
    let (mut follower, say) = follow(&log, 0);
    assert_eq!(next(&mut follower, 10).await, [1]);
    log.commit(6);
    say.send(news(&log, 2, 2)).unwrap();
    say.send(news(&log, 5, 6)).unwrap();
    let mut seen = next(&mut follower, 10).await;
    seen.extend(next(&mut follower, 10).await);
    assert_eq!(seen, [2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn reads_the_store_when_told_that_something_was_missed() {
    let log = FakeLog::new();
    let (mut follower, say) = follow(&log, 0);
    say.send(News::Missed).unwrap();
    log.commit_unseen(2);
    assert_eq!(next(&mut follower, 10).await, [1, 2]);
}

#[tokio::test]
async fn what_lies_behind_a_short_answer_is_read_too() {
    let log = FakeLog::new();
    log.commit(1);
    let (mut follower, say) = follow(&log, 0);
    assert_eq!(next(&mut follower, 10).await, [1]);
    log.commit(2);
    log.have_at_hand();
    log.commit_unseen(1);
    say.send(News::Head(Position(4))).unwrap();
    assert_eq!(next(&mut follower, 10).await, [2, 3]);
    let rest = tokio::time::timeout(Duration::from_secs(5), next(&mut follower, 10)).await;
    assert_eq!(rest.expect("nobody will speak of position 4 again"), [4]);
}

#[tokio::test]
async fn a_hole_is_an_error_and_what_is_before_it_is_delivered_first() {
    let log = FakeLog::new();
    log.commit(5);
    log.lose(Position(4));
    let (mut follower, _say) = follow(&log, 0);
    let first = follower.next_batch(10, Duration::ZERO).await;
    assert!(matches!(first, Err(FollowError::Hole { missing: Position(4), .. })), "{first:?}");
    assert_eq!(next(&mut follower, 10).await, [1, 2, 3]);
    let again = follower.next_batch(10, Duration::ZERO).await;
    assert!(matches!(again, Err(FollowError::Hole { missing: Position(4), .. })), "{again:?}");
}

#[tokio::test]
async fn a_hole_at_the_end_of_the_log_is_an_error_too() {
    let log = FakeLog::new();
    log.commit(2);
    log.lose(Position(2));
    let (mut follower, say) = follow(&log, 0);
    assert_eq!(next(&mut follower, 10).await, [1]);
    say.send(News::Head(Position(2))).unwrap();
    let hole = follower.next_batch(10, Duration::ZERO).await;
    assert!(matches!(hole, Err(FollowError::Hole { missing: Position(2), head: Position(2) })), "{hole:?}");
}

#[tokio::test]
async fn a_checkpoint_past_the_end_of_a_restored_log_is_an_error() {
    let log = FakeLog::new();
    log.commit(3);
    let (mut follower, _say) = follow(&log, 5);
    let error = follower.next_batch(10, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, FollowError::Ahead { checkpoint: Position(5), head: Position(3) }), "{error:?}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_failed_read_is_transient_and_the_next_call_goes_on() {
    let log = FakeLog::new();
    log.commit(2);
    let (mut follower, _say) = follow(&log, 0);
    log.fail(true);
    assert!(follower.next_batch(10, Duration::ZERO).await.unwrap_err().is_transient());
    log.fail(false);
    assert_eq!(next(&mut follower, 10).await, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn lingers_for_more_up_to_the_size_asked_for() {
    let log = FakeLog::new();
    log.commit(1);
    let (mut follower, say) = follow(&log, 0);
    log.commit(3);
    let writer = tokio::spawn({
        let log = log.clone();
        async move {
            for position in 2..=4 {
                tokio::time::sleep(Duration::from_millis(5)).await;
                say.send(news(&log, position, position)).unwrap();
            }
            say
        }
    });
    let batch = follower.next_batch(4, Duration::from_hours(1)).await.unwrap();
    assert_eq!(positions(&batch), [1, 2, 3, 4]);
    writer.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_loses_nothing() {
    let log = FakeLog::new();
    let (mut follower, say) = follow(&log, 0);
    let mut seen = Vec::new();
    for position in 1..=20 {
        log.commit(1);
        say.send(news(&log, position, position)).unwrap();
        // Lingering is what gets cancelled here, with events already in hand.
        let lingering = follower.next_batch(1_000, Duration::from_mins(1));
        let _ = tokio::time::timeout(Duration::from_millis(1), lingering).await;
        if position % 5 == 0 {
            seen.extend(next(&mut follower, 1_000).await);
        }
    }
    assert_eq!(seen, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn embedded_delivers_own_appends_at_once_and_those_of_others_by_polling() {
    let log = FakeLog::new();
    let bus = EmbeddedBus::start(log.clone(), Duration::from_millis(20));
    let mut follower = Follower::new(log.clone(), bus.clone(), Position(0));
    log.commit(2);
    assert_eq!(next(&mut follower, 10).await, [1, 2]);
    log.commit_unseen(2);
    assert_eq!(next(&mut follower, 10).await, [3, 4]);
    log.fail(true);
    log.commit_unseen(1);
    tokio::time::sleep(Duration::from_millis(60)).await;
    log.fail(false);
    assert_eq!(next(&mut follower, 10).await, [5]);
    bus.close().await;
}

#[tokio::test]
async fn embedded_delivers_live_messages_of_the_room_or_the_location_asked_for() {
    use futures::StreamExt as _;
    use runtime::clock::{Clock as _, SystemClock};

    let bus = EmbeddedBus::start(FakeLog::new(), Duration::from_mins(1));
    let location = || LocationId(SystemClock.new_uuid());
    let room = || RoomId(SystemClock.new_uuid());
    let (here, there, first, second) = (location(), location(), room(), room());
    let mut one = bus.subscribe_live(here, Some(first)).await.unwrap();
    let mut all = bus.subscribe_live(here, None).await.unwrap();
    for (location, room, body) in [(there, first, "x"), (here, second, "a"), (here, first, "b")] {
        bus.publish_live(location, room, Bytes::from(body)).await.unwrap();
    }
    assert_eq!(one.next().await.unwrap().body, "b");
    assert_eq!(all.next().await.unwrap().body, "a");
    assert_eq!(all.next().await.unwrap().room, first);
}

#[tokio::test]
async fn a_new_timeline_is_followed_on_only_where_nothing_of_the_past_was_lost() {
    let log = FakeLog::new();
    log.commit(3);
    let (mut kept, say) = follow(&log, 0);
    assert_eq!(next(&mut kept, 5).await, [1, 2, 3]);
    log.commit(2);
    let (mut lost, _say) = follow(&log, 0);
    assert_eq!(next(&mut lost, 5).await, [1, 2, 3, 4, 5]);
    // It was given nothing, and does not know which event stands where it was told to begin.
    let (mut unknown, _say) = follow(&log, 3);
    log.restore_to(Position(3));
    log.start_timeline();
    log.commit(4);
    for follower in [&mut lost, &mut unknown] {
        let error = follower.next_batch(5, Duration::ZERO).await.unwrap_err();
        assert!(matches!(error, FollowError::Restored { followed: 1, timeline: 2 }), "{error}");
        assert!(!error.is_transient());
    }
    say.send(News::Head(Position(7))).unwrap();
    assert_eq!(next(&mut kept, 5).await, [4, 5, 6, 7]);
}
