//! `aerosports at`: a view as it was: the log up to then is folded into a scratch store, and the answer is read from that.
//! A person who was erased since has no name there either.

use anyhow::{Context as _, Result, bail};
use domain::{
    ids::LocationId,
    log::{Position, Token},
};
use jiff::Timestamp;
use projector::{Fold, fold, projections::all};
use query_api::{
    Tables,
    views::{
        leaderboards::{Leaderboard, board},
        names::Reader,
        window::Window,
    },
};
use read_model::{leaderboards::LEADERBOARDS, players::PLAYERS, settings::SETTINGS};
use read_store::{ReadModel, ReadStore};
use runtime::{clock::SharedClock, config::Settings};
use store::EventLog;

use super::opened::log;
use crate::{
    cli::{At, AtView},
    composition::event_store::EventStore,
    settings::database::Database,
};

/// What a leaderboard follows from.
static BOARD: [&ReadModel; 3] = [&LEADERBOARDS, &PLAYERS, &SETTINGS];

/// Carries out `options`.
///
/// # Errors
/// When the log cannot be read, there was no such place, or nothing is known of the location then.
pub async fn run(options: &At, settings: &Settings, clock: SharedClock) -> Result<()> {
    let database = Database::of(settings)?;
    let store = database.open(clock.clone()).await?;
    let shown = show(options, settings, (&database, &store), &clock).await;
    store.close().await;
    shown
}

async fn show(
    options: &At,
    settings: &Settings,
    (database, store): (&Database, &EventStore),
    clock: &SharedClock,
) -> Result<()> {
    let (until, then) = place(&**store, &options.when).await?;
    let scratch = tempfile::tempdir().context("a folder for the views")?;
    let db = ReadStore::open(&scratch.path().join("read.db"), 1).await?;
    let wanted = all().into_iter().filter(|one| BOARD.iter().any(|model| model.name == one.name()));
    let folds = wanted.map(|projection| Fold { projection, until, skipped: [].into() }).collect();
    fold(&log(store, database, settings, clock)?, &db, folds).await.context("folding the log")?;
    match &options.view {
        AtView::Leaderboards { location, window, limit, json } => {
            let window = Window::parse(window.as_deref()).map_err(|error| anyhow::anyhow!("{error}"))?;
            let tables = Tables::new(db.clone(), &BOARD);
            let to = (Reader::Persons, then);
            let board = board(tables, LocationId(*location), window, *limit, to).await;
            let board = board.with_context(|| format!("location {location} at position {until}"))?;
            print(&board, until, then, *json)?;
        }
    }
    db.close().await;
    Ok(())
}

fn print(board: &Leaderboard, until: Position, then: Timestamp, json: bool) -> Result<()> {
    if json {
        let mut shown = serde_json::to_value(board)?;
        shown["position"] = until.0.into();
        shown["at"] = then.to_string().into();
        println!("{shown}");
        return Ok(());
    }
    println!("as of position {until}, {then}");
    for standing in &board.items {
        let name = standing.display_name.as_deref().unwrap_or("(erased)");
        println!("{:>4}  {:>9}  {name}  {}", standing.rank, standing.points, standing.player_id);
    }
    Ok(())
}

/// The last position that counts, and its time: `when` is a time, a token or a position.
async fn place(log: &dyn EventLog, when: &str) -> Result<(Position, Timestamp)> {
    let head = log.head().await?;
    if let Ok(time) = when.parse::<Timestamp>() {
        return Ok((last_until(log, head.position, time).await?, time));
    }
    let position = match when.parse::<Token>() {
        Ok(token) if token.timeline != head.timeline => {
            bail!("{when} is a token of timeline {}, and the log is on {}", token.timeline, head.timeline)
        }
        Ok(token) => token.position,
        Err(_) => Position(when.parse().with_context(|| {
            format!("{when} is no time such as 2026-12-01T18:00:00Z, no token and no position")
        })?),
    };
    if position > head.position {
        bail!("the log ends at position {}", head.position);
    }
    let time = recorded_at(log, position).await?.context("there is nothing before the first event")?;
    Ok((position, time))
}

async fn recorded_at(log: &dyn EventLog, position: Position) -> Result<Option<Timestamp>> {
    if position == Position(0) {
        return Ok(None);
    }
    Ok(log.read_log(position, 1).await?.first().map(|event| event.recorded_at))
}

/// The last position recorded until `time`: times never fall along the log.
async fn last_until(log: &dyn EventLog, head: Position, time: Timestamp) -> Result<Position> {
    let (mut low, mut high) = (0, head.0);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        match recorded_at(log, Position(middle)).await? {
            Some(recorded) if recorded <= time => low = middle,
            _ => high = middle - 1,
        }
    }
    Ok(Position(low))
}
