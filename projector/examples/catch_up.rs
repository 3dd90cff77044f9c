<<<<<<< HEAD
//! How fast views catch up: `cargo run --release -p projector --example catch_up [plays] [view…]`.
//!
//! A log in memory holds, a play, its start, its end with four results, and as many other events as a
//! play brings along. Prints events a second for the whole log, and for a log of starts and ends alone.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use projector::{
    Config, Projection, Projector, StoredEvents, projections,
=======
//! How fast the leaderboards catch up from a log in memory, without what reading a store costs:
//! `cargo run --release -p projector --example catch_up [plays] [batch]`.
//!
//! The mix is a Saturday's: a family of four comes, and families play; each play brings its start, its
//! end with four results, and eighteen events of other things.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, ToSpan as _};
use projector::{
    Config, Projector, StoredEvents,
    projections::Leaderboards,
>>>>>>> main
    testing::{MemoryLog, read_db},
};
use shared::{
    clock::SystemClock,
    domain::{
        DomainEvent,
        game::Mode,
        ids::{EventId, GameId, LocationId, PlayId, PlayerId, RoomId, StreamName, VariantId, WristbandUid},
        location::LocationEvent,
        play::{Participant, PlayEvent, PlayerResult},
        values::{Code, Name, Points, TimeZoneName},
    },
    events::{self, RecordedEvent, sealing::NoKeys},
    sql::board::Board,
    store::{Position, Version},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

<<<<<<< HEAD
/// A cheap, repeatable sequence.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
=======
const OTHERS: usize = 18;
const PLAYS_A_FAMILY: u64 = 4;

/// Writes the log.
struct Script {
    dice: u64,
    now: Timestamp,
    families: u64,
    events: Vec<Arc<RecordedEvent>>,
>>>>>>> main
}

/// How many venues share the log.
const VENUES: u64 = 3;

fn id(kind: u128, number: u64) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + (kind << 56) + u128::from(number))
}

impl Script {
<<<<<<< HEAD
    fn open(&mut self, number: u64) -> anyhow::Result<()> {
        let location = LocationId(id(2, number));
        let opened = LocationEvent::Opened {
            id: location,
            code: Code::stored("venue"),
            name: Name::stored("Venue"),
=======
    fn roll(&mut self, sides: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % sides
    }

    fn open(&mut self, location: LocationId) -> anyhow::Result<()> {
        let opened = LocationEvent::Opened {
            id: location,
            code: Code::stored("bench"),
            name: Name::stored("Bench"),
>>>>>>> main
            time_zone: TimeZoneName::stored("Europe/Berlin"),
        };
        self.say(&location.stream(), 1, location, &opened.into())
    }

<<<<<<< HEAD
    /// Play `number`: a play every twenty seconds, players who stay for about a dozen plays.
    fn play(&mut self, number: u64) -> anyhow::Result<()> {
        let play = PlayId(id(1, number));
        let location = LocationId(id(2, number % VENUES));
        let variant = VariantId(id(3, self.dice.roll(30)));
        let at =
            Timestamp::from_second(1_767_225_600)? + SignedDuration::from_secs(20 * number.cast_signed());
        let mut players: Vec<u64> = (0..4).map(|_| number / 3 + self.dice.roll(200)).collect();
        players.sort_unstable();
        players.dedup();
        let players: Vec<_> =
            players.into_iter().map(|who| PlayerId(id(4, who * VENUES + number % VENUES))).collect();
        let uid = |player: &PlayerId| format!("B{:x}", player.0.as_u128()).parse::<WristbandUid>();
        let participants =
            players.iter().map(|player| Ok(Participant { uid: uid(player)?, player: *player }));
=======
    fn play(&mut self, number: u64, location: LocationId) -> anyhow::Result<()> {
        if number.is_multiple_of(PLAYS_A_FAMILY) {
            self.families += 1;
        }
        self.now += 7.seconds();
        let at = self.now;
        let play = PlayId(id(1, number));
        let variant = VariantId(id(3, self.roll(30)));
        let family = self.roll(self.families) * 4;
        let people = (family..family + 4)
            .map(|person| Ok((format!("L{person:012x}").parse()?, PlayerId(id(4, person)))))
            .collect::<anyhow::Result<Vec<(WristbandUid, PlayerId)>>>()?;
        let participant =
            |(uid, player): &(WristbandUid, PlayerId)| Participant { uid: uid.clone(), player: *player };
>>>>>>> main
        let started = PlayEvent::Started {
            id: play,
            location,
            room: RoomId(id(5, 1)),
            game: GameId(id(6, 1)),
            variant,
            mode: Mode::Pvp,
            participants: people.iter().map(participant).collect(),
            at,
            ends_by: at,
        };
        let mut results = Vec::new();
        for (uid, player) in people {
            let points = Points::new(self.roll(10_000).try_into()?)?;
            results.push(PlayerResult { uid, player, points, level: 3, lives: None });
        }
        self.say(&play.stream(), 1, location, &started.into())?;
<<<<<<< HEAD
        let scanned =
            "{\"room_id\":\"00000000-0000-0000-0000-000000000001\",\"at\":\"2026-01-01T00:00:00Z\"}";
        for _ in 0..self.others {
            self.push(&play.stream(), 9, location, "wristband.scanned.v1", scanned.to_owned());
=======
        for _ in 0..OTHERS {
            self.push(
                &play.stream(),
                9,
                location,
                "wristband.scanned.v1",
                "{\"at\":\"2026-01-01T00:00:00Z\"}",
            );
>>>>>>> main
        }
        self.say(&play.stream(), 2, location, &PlayEvent::Finished { results, at }.into())
    }

    fn say(
        &mut self,
        stream: &StreamName,
        version: u64,
        location: LocationId,
        event: &DomainEvent,
    ) -> anyhow::Result<()> {
        let (event_type, data) = events::encode(event, &NoKeys, "")?;
<<<<<<< HEAD
        self.push(stream, version, location, event_type, data);
=======
        self.push(stream, version, location, event_type, &data);
>>>>>>> main
        Ok(())
    }

    fn push(
        &mut self,
        stream: &StreamName,
        version: u64,
        location: LocationId,
        event_type: &str,
<<<<<<< HEAD
        data: String,
=======
        data: &str,
>>>>>>> main
    ) {
        let position = Position(self.events.len() as u64 + 1);
        self.events.push(Arc::new(RecordedEvent {
            position,
            id: EventId(id(7, position.0)),
            stream: stream.clone(),
            version: Version(version),
            event_type: event_type.into(),
            location: Some(location),
            data: data.into(),
            metadata: "{}".into(),
            recorded_at: self.now,
        }));
    }
}

<<<<<<< HEAD
fn log(plays: u64, others: u64) -> anyhow::Result<Vec<Arc<RecordedEvent>>> {
    let mut script = Script { dice: Dice(7), events: Vec::new(), others };
    (0..VENUES).try_for_each(|number| script.open(number))?;
    (0..plays).try_for_each(|number| script.play(number))?;
    Ok(script.events)
}

async fn catch_up(
    view: &Arc<dyn Projection>,
    what: &str,
    events: Vec<Arc<RecordedEvent>>,
    batch: usize,
) -> anyhow::Result<()> {
=======
fn log(plays: u64) -> anyhow::Result<Vec<Arc<RecordedEvent>>> {
    let now = Timestamp::from_second(1_767_225_600)?;
    let mut script = Script { dice: 7, now, families: 0, events: Vec::new() };
    let location = LocationId(id(2, 1));
    script.open(location)?;
    (0..plays).try_for_each(|number| script.play(number, location))?;
    Ok(script.events)
}

async fn catch_up(events: Vec<Arc<RecordedEvent>>, config: Config) -> anyhow::Result<Duration> {
>>>>>>> main
    let dir = tempfile::tempdir()?;
    let db = read_db(dir.path()).await;
    let head = Position(events.len() as u64);
    let (board, stop) = (Board::default(), CancellationToken::new());
    let projector = Projector::new(
        db.clone(),
        Arc::new(MemoryLog::of(events)),
        Arc::new(StoredEvents::new(Arc::new(NoKeys))),
        board.clone(),
        Arc::new(SystemClock),
<<<<<<< HEAD
        Config { catch_up_batch: batch, ..Config::new("bench") },
        vec![view.clone()],
=======
        config,
        vec![Arc::new(Leaderboards)],
>>>>>>> main
    );
    projector.prepare().await?;
    let start = Instant::now();
    let running = tokio::spawn(projector.run(stop.clone()));
<<<<<<< HEAD
    while board.mark(view.name()).is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    board.wait_for(view.name(), head, start + Duration::from_secs(600)).await;
    let seconds = start.elapsed().as_secs_f64();
    stop.cancel();
    running.await?;
    let mut rows = 0;
    for table in view.tables() {
        let found = db.query(&format!("SELECT COUNT(*) FROM {{{}}}", table.name), &[]).await?;
        rows += found.first().map_or(Ok(0), |row| row.integer(0))?;
    }
    println!(
        "{}, {what}, batches of {batch}: {:.0} events/s ({count} events, {rows} rows)",
        view.name(),
        count as f64 / seconds
    );
    Ok(())
=======
    while board.mark("leaderboards").is_none_or(|mark| mark.position < head) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = start.elapsed();
    stop.cancel();
    running.await?;
    Ok(took)
>>>>>>> main
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
<<<<<<< HEAD
    let plays = std::env::args().nth(1).map_or(Ok(200_000), |plays| plays.parse())?;
    let mut views: Vec<_> = std::env::args().skip(2).collect();
    if views.is_empty() {
        views.push("leaderboards".to_owned());
    }
    for view in projections::all().iter().filter(|view| views.iter().any(|wanted| wanted == view.name())) {
        for batch in [8_000, 32_000] {
            catch_up(view, "starts and ends alone", log(plays, 0)?, batch).await?;
            catch_up(view, "with twenty other events a play", log(plays / 4, 20)?, batch).await?;
        }
    }
=======
    let mut args = std::env::args().skip(1);
    let plays = args.next().map_or(Ok(25_000), |plays| plays.parse())?;
    let mut config = Config::new("bench");
    if let Some(batch) = args.next() {
        config.catch_up_batch = batch.parse()?;
    }
    let (events, batch) = (log(plays)?, config.catch_up_batch);
    let count = u32::try_from(events.len())?;
    let took = catch_up(events, config).await?;
    let rate = f64::from(count) / took.as_secs_f64();
    println!("{count} events in batches of {batch}: {rate:.0} events/s");
>>>>>>> main
    Ok(())
}
