//! Holds what the clients were told against the event log and against the views. Every difference is
//! a sentence; an empty list means that every play is accounted for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context as _, Result};
use domain::{
    Aggregate as _, DomainEvent,
    ids::LocationId,
    log::{CommandId, Position},
    play::{Play, PlayEvent},
    plug::{Plug, PlugEvent, PlugReport, RelayState},
};
use events::{decode, sealing::NoKeys};
use jiff::Timestamp;
use serde_json::Value;
use store::EventLog;
use uuid::Uuid;

use super::{
    api::Api,
    ledger::{Ledger, PlayOutcome},
    plugs::Switches,
};

/// Events read from the log at once.
const PAGE: usize = 5_000;

/// What the log holds of one location.
#[derive(Debug, Default)]
pub struct LogSide {
    /// Plays and how they ended.
    pub plays: HashMap<Uuid, PlayOutcome>,
    /// Last version of every stream.
    pub versions: HashMap<String, u64>,
    /// Events in the whole log.
    pub events: u64,
    /// When each command was committed.
    pub commands: HashMap<CommandId, Timestamp>,
    /// How often each plug was switched.
    pub switched: HashMap<Uuid, Switches>,
    /// Commands that were committed more than once.
    pub doubled: BTreeSet<Uuid>,
}

impl LogSide {
    /// Notes what happened to the play or plug `id`.
    fn note(&mut self, id: &str, event: &DomainEvent) -> Result<()> {
        let id = id.parse().context("a stream's id")?;
        match event {
            DomainEvent::Play(event) => note(&mut self.plays, id, event),
            DomainEvent::Plug(PlugEvent::Reported { report: PlugReport::Switched { state, .. }, .. }) => {
                let times = self.switched.entry(id).or_default();
                match state {
                    RelayState::On => times.on += 1,
                    RelayState::Off => times.off += 1,
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes an event's command: all events of one are committed at the same instant.
    fn note_command(&mut self, command: CommandId, committed_at: Timestamp) {
        if *self.commands.entry(command).or_insert(committed_at) != committed_at {
            self.doubled.insert(command.0);
        }
    }
}

/// Reads the whole log; a hole is an error of the store.
///
/// # Errors
/// When the log cannot be read.
pub async fn read_log(log: &dyn EventLog, location: Uuid) -> Result<LogSide> {
    let mut side = LogSide::default();
    loop {
        let page = log.read_log(Position(side.events + 1), PAGE).await.context("reading the log")?;
        if page.is_empty() {
            return Ok(side);
        }
        for stored in page {
            side.events += 1;
            anyhow::ensure!(stored.position == Position(side.events), "position {} is missing", side.events);
            let last = side.versions.entry(stored.stream.as_str().to_owned()).or_default();
            *last += 1;
            anyhow::ensure!(
                stored.version.0 == *last,
                "{} has a hole before {}",
                stored.stream,
                stored.version
            );
            side.note_command(
                stored.metadata().context("an event's metadata")?.command_id,
                stored.recorded_at,
            );
            if stored.location != Some(LocationId(location)) {
                continue;
            }
            match stored.stream.category() {
                Play::CATEGORY | Plug::CATEGORY => {
                    side.note(stored.stream.id(), &decode(&stored, &NoKeys)?)?;
                }
                _ => {}
            }
        }
    }
}

fn note(plays: &mut HashMap<Uuid, PlayOutcome>, play: Uuid, event: &PlayEvent) {
    match event {
        PlayEvent::Started { .. } => {
            plays.insert(play, PlayOutcome::Running);
        }
        PlayEvent::Finished { results, .. } | PlayEvent::Recorded { results, .. } => {
            let points = results.iter().map(|result| (result.player.0, result.points.get())).collect();
            plays.insert(play, PlayOutcome::Finished(points));
        }
        PlayEvent::Aborted { .. } => {
            plays.insert(play, PlayOutcome::Aborted);
        }
        PlayEvent::ScoreCorrected { .. } | PlayEvent::ScoreVoided { .. } => {}
    }
}

/// Differences between the clients and the log.
#[must_use]
pub fn compare_log(ledger: &Ledger, log: &LogSide) -> Vec<String> {
    let mut differences = compare_plays("log", &ledger.plays, &log.plays);
    differences.extend(log.doubled.iter().map(|command| format!("command {command} took effect twice")));
    for (stream, told) in &ledger.versions {
        match log.versions.get(stream) {
            Some(stored) if stored >= told => {}
            stored => differences.push(format!("{stream}: told version {told}, the log has {stored:?}")),
        }
    }
    for (plug, switched) in ledger.plugs.iter().flat_map(|seen| &seen.switched) {
        // The worker also tells of a switch to what the relay was already.
        let told = log.switched.get(plug).copied().unwrap_or_default();
        if told.on < switched.on || told.off < switched.off {
            differences.push(format!("plug {plug} was switched {switched:?}, the log tells of {told:?}"));
        }
    }
    if ledger.position > log.events {
        differences.push(format!("told position {}, the log ends at {}", ledger.position, log.events));
    }
    differences
}

/// Differences between the clients and the views.
///
/// # Errors
/// When a view cannot be read.
pub async fn compare_views(api: &mut Api, location: Uuid, ledger: &Ledger) -> Result<Vec<String>> {
    let base = format!("/v1/locations/{location}");
    let listed = api.pages(&format!("{base}/plays")).await.context("plays")?;
    let plays = listed.iter().map(outcome).collect::<Result<HashMap<_, _>>>()?;
    let mut differences = compare_plays("view", &ledger.plays, &plays);
    let people = api.pages(&format!("{base}/players")).await.context("players")?;
    if people.len() != ledger.players.len() {
        differences.push(format!("{} people registered, {} listed", ledger.players.len(), people.len()));
    }
    differences.extend(compare_board(api, &base, &totals(&listed)?).await.context("leaderboard")?);
    differences.extend(compare_occupancy(api, &base, ledger).await.context("occupancy")?);
    Ok(differences)
}

fn compare_plays(
    side: &str,
    told: &HashMap<Uuid, PlayOutcome>,
    found: &HashMap<Uuid, PlayOutcome>,
) -> Vec<String> {
    let missing = told.iter().filter(|(id, told)| found.get(*id) != Some(told));
    let missing =
        missing.map(|(id, told)| format!("play {id}: told {told:?}, {side} has {:?}", found.get(id)));
    let extra = found.keys().filter(|id| !told.contains_key(id));
    missing.chain(extra.map(|id| format!("play {id}: in the {side}, but nobody was told"))).collect()
}

fn outcome(play: &Value) -> Result<(Uuid, PlayOutcome)> {
    let id = play["id"].as_str().context("a play has an id")?.parse()?;
    let outcome = match play["status"].as_str() {
        Some("running") => PlayOutcome::Running,
        Some("aborted") => PlayOutcome::Aborted,
        Some("finished") => PlayOutcome::Finished(points(play)?),
        other => anyhow::bail!("play {id} has the status {other:?}"),
    };
    Ok((id, outcome))
}

fn points(play: &Value) -> Result<Vec<(Uuid, u32)>> {
    let results = play["results"].as_array().context("a finished play has results")?;
    let points = results.iter().map(|result| {
        let player = result["player_id"].as_str().context("a result has a player")?.parse()?;
        let points = result["points"].as_u64().context("a result has points")?;
        Ok((player, u32::try_from(points)?))
    });
    points.collect()
}

/// The sum of each player's best a variant: what the leaderboard must say.
fn totals(plays: &[Value]) -> Result<BTreeMap<Uuid, u64>> {
    let mut best: BTreeMap<(Uuid, String), u64> = BTreeMap::new();
    for play in plays.iter().filter(|play| play["status"] == "finished") {
        let variant = play["variant_id"].as_str().context("a play has a variant")?;
        for (player, points) in points(play)? {
            let known = best.entry((player, variant.to_owned())).or_default();
            *known = (*known).max(u64::from(points));
        }
    }
    let mut totals = BTreeMap::new();
    for ((player, _), points) in best {
        *totals.entry(player).or_default() += points;
    }
    Ok(totals)
}

async fn compare_board(api: &mut Api, base: &str, totals: &BTreeMap<Uuid, u64>) -> Result<Vec<String>> {
    let board = api.query(&format!("{base}/leaderboards?window=all&limit=200")).await?;
    let items = board["items"].as_array().context("a leaderboard has items")?;
    let mut expected: Vec<u64> = totals.values().copied().collect();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    expected.truncate(200);
    let mut differences = Vec::new();
    let shown: Vec<u64> = items.iter().filter_map(|item| item["points"].as_u64()).collect();
    if shown != expected {
        differences.push(format!("leaderboard shows {shown:?}, the plays give {expected:?}"));
    }
    for item in items {
        let player: Uuid = item["player_id"].as_str().context("a row has a player")?.parse()?;
        if totals.get(&player).copied() != item["points"].as_u64() {
            differences.push(format!(
                "leaderboard: {player} has {}, the plays give {:?}",
                item["points"],
                totals.get(&player)
            ));
        }
    }
    Ok(differences)
}

async fn compare_occupancy(api: &mut Api, base: &str, ledger: &Ledger) -> Result<Vec<String>> {
    let running = ledger.plays.values().filter(|told| **told == PlayOutcome::Running).count();
    let occupancy = api.query(&format!("{base}/occupancy")).await?;
    let rooms = occupancy["rooms"].as_array().context("occupancy has rooms")?;
    let playing = rooms.iter().filter(|room| room["play_id"].is_string()).count();
    Ok((playing != running)
        .then(|| format!("{running} plays still run, {playing} rooms are shown busy"))
        .into_iter()
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::plugs::Seen;

    #[test]
    fn a_switch_that_the_log_does_not_tell_of_is_a_difference() {
        let plug = Uuid::from_u128(1);
        let times = |on, off| [(plug, Switches { on, off })];
        let seen = Seen { switched: times(2, 2).into(), ..Seen::default() };
        let ledger = Ledger { plugs: Some(seen), ..Ledger::default() };
        let side = |on, off| LogSide { switched: times(on, off).into(), ..LogSide::default() };
        assert_eq!(compare_log(&ledger, &side(2, 3)), Vec::<String>::new());
        assert_eq!(compare_log(&ledger, &side(1, 3)).len(), 1);
        assert_eq!(compare_log(&ledger, &LogSide::default()).len(), 1);
    }

    #[test]
    fn a_command_committed_twice_is_a_difference() {
        let (mut log, at) = (LogSide::default(), |second| Timestamp::constant(second, 0));
        let (one, other) = (CommandId(Uuid::from_u128(1)), CommandId(Uuid::from_u128(2)));
        for (command, second) in [(one, 5), (one, 5), (other, 5), (other, 6)] {
            log.note_command(command, at(second));
        }
        let differences = compare_log(&Ledger::default(), &log);
        assert!(matches!(&differences[..], [only] if only.contains(&other.0.to_string())), "{differences:?}");
    }
}
