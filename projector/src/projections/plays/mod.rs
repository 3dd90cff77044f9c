//! The history of plays: one row a play, with its participants and results.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use domain::{
    DomainEvent,
    game::Mode,
    ids::{PlayId, PlayerId},
    play::PlayEvent,
};
use jiff::{Timestamp, civil::Date};
use read_model::plays::{PLAYS, PlayPlayer, PlayRow, PlayZone, ResultCell};
use read_store::{Json, ReadModel, Tx};

use super::{local_days::LocalDays, streams::play_ids};
use crate::{ApplyError, Context, Event, Projection, Rows};

/// See the module.
pub struct Plays;

#[async_trait]
impl Projection for Plays {
    fn model(&self) -> &'static ReadModel {
        &PLAYS
    }

    fn version(&self) -> u32 {
        3
    }

    fn handles(&self, event_type: &str) -> bool {
        event_type.starts_with("play.") || event_type.starts_with("location.")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let ids = play_ids(events)?;
        let mut days = LocalDays::<PlayZone>::load(tx, context, events).await?;
        let mut rows = context.rows::<PlayRow>();
        let mut players = Vec::new();
        rows.load(tx, ids.iter().flatten().map(|id| (*id,))).await?;
        for (event, id) in events.iter().zip(ids) {
            match (event.fact()?, id) {
                (DomainEvent::Location(fact), _) => days.fold(event, fact)?,
                (DomainEvent::Play(fact), Some(id)) => {
                    fold(&mut rows, &mut days, event, (id, fact), &mut players)?;
                }
                _ => {}
            }
        }
        days.flush(tx, context).await?;
        tx.put(&players).await?;
        Ok(rows.flush(tx, context).await?)
    }
}

fn fold(
    rows: &mut Rows<PlayRow>,
    days: &mut LocalDays<PlayZone>,
    event: &Event,
    (id, fact): (PlayId, &PlayEvent),
    players: &mut Vec<PlayPlayer>,
) -> Result<(), ApplyError> {
    let known = rows.get(&(id,))?;
    if known.is_some_and(|row| row.stream_version >= event.version) {
        return Ok(());
    }
    if let Some((first, last)) = fact.as_played() {
        begin(rows, days, event, (id, &first), players)?;
        if let Some(row) = rows.get_mut(&(id,))? {
            change(row, &last);
            row.recorded_at = Some(event.recorded_at);
            if let PlayEvent::Recorded { labelled, .. } = fact {
                row.labelled = Json(labelled.iter().map(Into::into).collect());
            }
        }
        return Ok(());
    }
    if let PlayEvent::Started { .. } = fact {
        return begin(rows, days, event, (id, fact), players);
    }
    // An operator who skipped the start gave up the play.
    if let Some(row) = rows.get_mut(&(id,))? {
        row.stream_version = event.version;
        change(row, fact);
    }
    Ok(())
}

fn begin(
    rows: &mut Rows<PlayRow>,
    days: &mut LocalDays<PlayZone>,
    event: &Event,
    (id, fact): (PlayId, &PlayEvent),
    players: &mut Vec<PlayPlayer>,
) -> Result<(), ApplyError> {
    let PlayEvent::Started { at, .. } = fact else { return Ok(()) };
    let day = days.day(event, *at)?;
    if let Some(row) = started(event, (id, fact), day) {
        players.extend(players_of(&row));
        rows.put(row);
    }
    Ok(())
}

fn started(event: &Event, (play_id, fact): (PlayId, &PlayEvent), local_day: Date) -> Option<PlayRow> {
    let PlayEvent::Started { id: _, location, room, game, variant, mode, participants, at, ends_by } = fact
    else {
        return None;
    };
    Some(PlayRow {
        play_id,
        location_id: *location,
        room_id: *room,
        game_id: *game,
        variant_id: *variant,
        mode: mode_name(*mode).into(),
        status: "running".into(),
        started_at: *at,
        ended_at: None,
        ends_by: *ends_by,
        local_day,
        recorded_at: None,
        reason: None,
        participants: Json(participants.iter().map(Into::into).collect()),
        results: Json(Vec::new()),
        labelled: Json(Vec::new()),
        stream_version: event.version,
    })
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Alliance => "alliance",
        Mode::Pvp => "pvp",
        Mode::Custom => "custom",
    }
}

fn players_of(row: &PlayRow) -> impl Iterator<Item = PlayPlayer> {
    row.participants.0.iter().map(|participant| PlayPlayer {
        location_id: row.location_id,
        player_id: participant.player_id,
        started_at: row.started_at,
        play_id: row.play_id,
    })
}

fn change(row: &mut PlayRow, fact: &PlayEvent) {
    match fact {
        PlayEvent::Started { .. } | PlayEvent::Recorded { .. } => {}
        PlayEvent::Finished { results, at } => {
            end(row, "finished", *at);
            row.reason = None;
            row.results = Json(results.iter().map(Into::into).collect());
        }
        PlayEvent::Aborted { reason, at } => {
            end(row, "aborted", *at);
            row.reason = Some(reason.clone());
        }
        PlayEvent::ScoreCorrected { player, points, level, lives, .. } => {
            for score in scores_of(row, *player) {
                (score.points, score.level, score.lives) = (points.get(), *level, *lives);
                score.corrected = true;
            }
        }
        PlayEvent::ScoreVoided { player, .. } => {
            scores_of(row, *player).for_each(|score| score.voided = true);
        }
    }
}

fn end(row: &mut PlayRow, status: &str, at: Timestamp) {
    row.status = status.into();
    row.ended_at = Some(at);
}

fn scores_of(row: &mut PlayRow, player: PlayerId) -> impl Iterator<Item = &mut ResultCell> {
    row.results.0.iter_mut().filter(move |result| result.player_id == player)
}
