//! What must be so for a trigger to switch something on.

use domain::{
    automation::{Gates, PlayersActive},
    ids::RoomId,
    location::OpeningSpan,
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::state::LocationState;

/// Why these gates are closed now; none when they are open. `room` is the trigger's, if it names one.
pub(super) fn closed(
    gates: &Gates,
    location: &LocationState,
    room: Option<RoomId>,
    now: Timestamp,
) -> Option<String> {
    if location.disabled {
        return Some("the location is disabled".to_owned());
    }
    let local = now.to_zoned(zone(location)).datetime();
    if let Some(span) = gates.quiet_hours.iter().find(|span| span.contains(local.time())) {
        return Some(format!("quiet hours, until {}", span.to.strftime("%H:%M")));
    }
    let hours = &location.opening_hours;
    if gates.opening_hours && !hours.is_empty() && !hours.iter().any(|span| is_open(span, local)) {
        return Some("outside the opening hours".to_owned());
    }
    let players = gates.players_active?;
    if players_are_active(players, location, room, now) {
        return None;
    }
    Some("no players are active".to_owned())
}

pub(super) fn zone(location: &LocationState) -> TimeZone {
    location.time_zone.zone()
}

fn is_open(span: &OpeningSpan, local: DateTime) -> bool {
    let time = local.time();
    let today = local.date().weekday().to_monday_one_offset();
    let yesterday = if today == 1 { 7 } else { today - 1 };
    let weekday = i8::try_from(span.weekday).unwrap_or_default();
    if span.opens < span.closes {
        weekday == today && span.opens <= time && time < span.closes
    } else {
        (weekday == today && span.opens <= time) || (weekday == yesterday && time < span.closes)
    }
}

fn players_are_active(
    players: PlayersActive,
    location: &LocationState,
    room: Option<RoomId>,
    now: Timestamp,
) -> bool {
    let here = |other: RoomId| room.is_none_or(|room| room == other);
    // A play whose end was never recorded is over at its latest end.
    let running = location.plays.values().any(|play| here(play.room) && now <= play.ends_by);
    running
        || location.ended.iter().any(|(ended_in, at)| {
            let ago = now.duration_since(*at).as_secs();
            here(*ended_in) && (0..=i64::from(players.grace_seconds)).contains(&ago)
        })
}
