//! Whose stream an event is of, for projections that key their rows by it.

use domain::{
    Aggregate as _,
    automation::Automation,
    game::Game,
    ids::{AutomationId, GameId, LocationId, PlayId, PlayerId, PlugId, RoomId, WristbandUid},
    play::Play,
    player::Player,
    plug::Plug,
    room::Room,
    wristband::Wristband,
};

use crate::{ApplyError, Event};

/// A stream whose name does not say what its category promises.
#[derive(Debug, thiserror::Error)]
#[error("the stream's name holds no {0}")]
struct Misnamed(&'static str);

/// The play of `event`; none when it is of something else.
pub(super) fn play_id(event: &Event) -> Result<Option<PlayId>, ApplyError> {
    if event.stream.category() != Play::CATEGORY {
        return Ok(None);
    }
    let id = event.stream.id().parse();
    id.map(Some).map_err(|_| ApplyError::event(event, Misnamed("play id")))
}

/// The play of each of `events`, as [`play_id`].
pub(super) fn play_ids(events: &[Event]) -> Result<Vec<Option<PlayId>>, ApplyError> {
    events.iter().map(play_id).collect()
}

/// The room of `event`; none when it is of something else.
pub(super) fn room_id(event: &Event) -> Result<Option<RoomId>, ApplyError> {
    if event.stream.category() != Room::CATEGORY {
        return Ok(None);
    }
    let id = event.stream.id().parse();
    id.map(Some).map_err(|_| ApplyError::event(event, Misnamed("room id")))
}

/// The wristband of `event`; none when it is of something else.
pub(super) fn band(event: &Event) -> Result<Option<(LocationId, WristbandUid)>, ApplyError> {
    if event.stream.category() != Wristband::CATEGORY {
        return Ok(None);
    }
    let parts = event.stream.id().split_once(':');
    let band = parts.and_then(|(location, uid)| Some((location.parse().ok()?, uid.parse().ok()?)));
    band.map(Some).ok_or_else(|| ApplyError::event(event, Misnamed("location and uid")))
}

/// The game of `event`; none when it is of something else.
pub(super) fn game_id(event: &Event) -> Result<Option<GameId>, ApplyError> {
    if event.stream.category() != Game::CATEGORY {
        return Ok(None);
    }
    let id = event.stream.id().parse();
    id.map(Some).map_err(|_| ApplyError::event(event, Misnamed("game id")))
}

/// The person of `event`; none when it is of something else.
pub(super) fn player_id(event: &Event) -> Result<Option<PlayerId>, ApplyError> {
    if event.stream.category() != Player::CATEGORY {
        return Ok(None);
    }
    let id = event.stream.id().parse();
    id.map(Some).map_err(|_| ApplyError::event(event, Misnamed("player id")))
}

/// The plug of `event`; none when it is of something else.
pub(super) fn plug_id(event: &Event) -> Result<Option<PlugId>, ApplyError> {
    if event.stream.category() != Plug::CATEGORY {
        return Ok(None);
    }
    let id = event.stream.id().parse();
    id.map(Some).map_err(|_| ApplyError::event(event, Misnamed("plug id")))
}

/// The automation of `event`; none when it is of something else.
pub(super) fn automation_id(event: &Event) -> Result<Option<AutomationId>, ApplyError> {
    if event.stream.category() != Automation::CATEGORY {
        return Ok(None);
    }
    let id = event.stream.id().parse();
    id.map(Some).map_err(|_| ApplyError::event(event, Misnamed("automation id")))
}

/// Who caused `event`; none where its metadata does not say.
pub(super) fn actor(event: &Event) -> Option<std::sync::Arc<str>> {
    event.metadata().ok().map(|metadata| metadata.actor.into())
}

/// When a reported fact was, at most when the report was recorded: a time that a worker's fast clock put into the
/// future would hide its later reports.
pub(super) fn reported_at(event: &Event, at: jiff::Timestamp) -> jiff::Timestamp {
    at.min(event.recorded_at)
}
