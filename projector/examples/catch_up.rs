//! How fast a leaderboard catches up: `cargo run --release -p projector --example catch_up [plays]`.
//!
//! A log in memory holds, a play, its start, its end with four results, and as many other events as a
//! play brings along; the projection keeps every player's best a variant. Prints events a second for
//! the whole log, and for a log of starts and ends alone.

use std::{collections::HashSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use projector::{
    ApplyError, Config, Context, Event, Projection, Projector, StoredEvents,
    testing::{MemoryLog, read_db},
};
use shared::{
    clock::SystemClock,
    domain::{
        DomainEvent,
        game::Mode,
        ids::{EventId, GameId, LocationId, PlayId, PlayerId, RoomId, VariantId, WristbandUid},
        play::{Participant, PlayEvent, PlayerResult},
        values::Points,
    },
    events::{self, RecordedEvent, sealing::NoKeys},
    sql::{Record as _, Table, Tx, board::Board},
    store::{Position, Version},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

shared::record! {
    /// What an end needs to know of its start.
    struct PlayRow in "bench_plays" {
        key {
            /// The play.
            play_id: PlayId,
        }
        /// Where.
        location_id: LocationId,
        /// What.
        variant_id: VariantId,
        /// Last event applied.
        stream_version: Version,
    }
}

shared::record! {
    /// A player's best in a variant.
    struct BestRow in "bench_bests" {
        key {
            /// Where.
            location_id: LocationId,
            /// What.
            variant_id: VariantId,
            /// Who.
            player_id: PlayerId,
        }
        /// How many.
        points: i64,
        /// In which play.
        play_id: PlayId,
        /// When.
        achieved_at: Timestamp,
    }
    index "top" (location_id, variant_id, points);
}

struct Bests;

#[async_trait]
impl Projection for Bests {
    fn name(&self) -> &'static str {
        "bench_bests"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static Table] {
        const { &[PlayRow::TABLE, BestRow::TABLE] }
    }

    fn handles(&self, event_type: &str) -> bool {
        matches!(event_type, "play.started.v1" | "play.finished.v1")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let mut plays = context.rows::<PlayRow>();
        let mut bests = context.rows::<BestRow>();
        plays.load(tx, play_keys(events)?).await?;
        for event in events {
            if let DomainEvent::Play(PlayEvent::Started { id, location, variant, .. }) = event.fact()?
                && plays.get(&(*id,))?.is_none()
            {
                plays.put(PlayRow {
                    play_id: *id,
                    location_id: *location,
                    variant_id: *variant,
                    stream_version: event.version,
                });
            }
        }
        let mut ends = Vec::with_capacity(events.len());
        for event in events {
            let DomainEvent::Play(PlayEvent::Finished { results, at }) = event.fact()? else { continue };
            let Ok(id) = event.stream.id().parse::<PlayId>() else { continue };
            let Some(play) = plays.get(&(id,))? else { continue };
            ends.push((play.location_id, play.variant_id, id, results, *at));
        }
        let keys = ends.iter().flat_map(|(location, variant, _, results, _)| {
            results.iter().map(|result| (*location, *variant, result.player))
        });
        bests.load(tx, keys).await?;
        for (location_id, variant_id, play_id, results, achieved_at) in ends {
            for result in results {
                let points = i64::from(result.points.get());
                let key = (location_id, variant_id, result.player);
                if bests.get(&key)?.is_none_or(|best| best.points < points) {
                    let player_id = result.player;
                    bests.put(BestRow { location_id, variant_id, player_id, points, play_id, achieved_at });
                }
            }
        }
        plays.flush(tx, context).await?;
        Ok(bests.flush(tx, context).await?)
    }
}

fn play_keys(events: &[Event]) -> Result<HashSet<(PlayId,)>, ApplyError> {
    events
        .iter()
        .map(|event| event.stream.id().parse().map(|id| (id,)).map_err(|why| ApplyError::event(event, why)))
        .collect()
}

/// A cheap, repeatable sequence.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn id(kind: u128, number: u64) -> Uuid {
    Uuid::from_u128((0x0190_0000_0000_7000_8000_0000_0000_0000 + (kind << 64)) ^ (u128::from(number) << 8))
}

struct Script {
    dice: Dice,
    events: Vec<Arc<RecordedEvent>>,
    others: u64,
}

impl Script {
    fn play(&mut self, number: u64) -> anyhow::Result<()> {
        let play = PlayId(id(1, number));
        let location = LocationId(id(2, self.dice.roll(3)));
        let (variant, at) = (VariantId(id(3, self.dice.roll(30))), Timestamp::from_second(1_767_225_600)?);
        let players: Vec<_> = (0..4).map(|_| PlayerId(id(4, self.dice.roll(5_000)))).collect();
        let uid = |player: &PlayerId| format!("B{}", player.0.as_u128() as u32).parse::<WristbandUid>();
        let participants =
            players.iter().map(|player| Ok(Participant { uid: uid(player)?, player: *player }));
        let started = PlayEvent::Started {
            id: play,
            location,
            room: RoomId(id(5, 1)),
            game: GameId(id(6, 1)),
            variant,
            mode: Mode::Pvp,
            participants: participants.collect::<anyhow::Result<_>>()?,
            at,
            ends_by: at,
        };
        let mut results = Vec::new();
        for player in &players {
            let points = Points::new(self.dice.roll(100_000).try_into()?)?;
            results.push(PlayerResult { uid: uid(player)?, player: *player, points, level: 3, lives: None });
        }
        self.say(play, 1, location, &started.into())?;
        for _ in 0..self.others {
            self.push(
                play,
                9,
                location,
                "wristband.scanned.v1",
                "{\"at\":\"2026-01-01T00:00:00Z\"}".to_owned(),
            );
        }
        self.say(play, 2, location, &PlayEvent::Finished { results, at }.into())
    }

    fn say(
        &mut self,
        play: PlayId,
        version: u64,
        location: LocationId,
        event: &DomainEvent,
    ) -> anyhow::Result<()> {
        let (event_type, data) = events::encode(event, &NoKeys, "")?;
        self.push(play, version, location, event_type, data);
        Ok(())
    }

    fn push(&mut self, play: PlayId, version: u64, location: LocationId, event_type: &str, data: String) {
        let position = Position(self.events.len() as u64 + 1);
        self.events.push(Arc::new(RecordedEvent {
            position,
            id: EventId(id(7, position.0)),
            stream: play.stream(),
            version: Version(version),
            event_type: event_type.into(),
            location: Some(location),
            data: data.into(),
            metadata: "{}".into(),
            recorded_at: Timestamp::UNIX_EPOCH,
        }));
    }
}

fn log(plays: u64, others: u64) -> anyhow::Result<Vec<Arc<RecordedEvent>>> {
    let mut script = Script { dice: Dice(7), events: Vec::new(), others };
    (0..plays).try_for_each(|number| script.play(number))?;
    Ok(script.events)
}

async fn catch_up(what: &str, events: Vec<Arc<RecordedEvent>>, batch: usize) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let db = read_db(dir.path()).await;
    let (count, head) = (events.len(), Position(events.len() as u64));
    let (board, stop) = (Board::default(), CancellationToken::new());
    let projector = Projector::new(
        db.clone(),
        Arc::new(MemoryLog::of(events)),
        Arc::new(StoredEvents::new(Arc::new(NoKeys))),
        board.clone(),
        Arc::new(SystemClock),
        Config { catch_up_batch: batch, ..Config::new("bench") },
        vec![Arc::new(Bests)],
    );
    projector.prepare().await?;
    let start = Instant::now();
    let running = tokio::spawn(projector.run(stop.clone()));
    while board.mark("bench_bests").is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    board.wait_for("bench_bests", head, start + Duration::from_secs(600)).await;
    let seconds = start.elapsed().as_secs_f64();
    stop.cancel();
    running.await?;
    let rows = db.query("SELECT COUNT(*) FROM {bench_bests}", &[]).await?;
    let rows = rows.first().map_or(Ok(0), |row| row.integer(0))?;
    println!(
        "{what}, batches of {batch}: {:.0} events/s ({count} events, {rows} rows)",
        count as f64 / seconds
    );
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let plays = std::env::args().nth(1).map_or(Ok(200_000), |plays| plays.parse())?;
    for batch in [2_000, 8_000, 16_000] {
        catch_up("starts and ends alone", log(plays, 0)?, batch).await?;
    }
    catch_up("with ten other events a play", log(plays / 4, 10)?, 8_000).await
}
