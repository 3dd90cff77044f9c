//! What must be so for a trigger to switch something on.

use domain::{
    automation::{Gates, PlayersActive},
    ids::RoomId,
    location::OpeningSpan,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

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
    let zone = zone(location);
    let time = zone.to_datetime(now).time();
    if let Some(span) = gates.quiet_hours.iter().find(|span| span.contains(time)) {
        return Some(format!("quiet hours, until {}", span.to.strftime("%H:%M")));
    }
    let hours = &location.opening_hours;
    if gates.opening_hours && !hours.is_empty() && !hours.iter().any(|span| is_open(span, &zone, now)) {
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

/// Whether `now` is in `span`, which began today or yesterday. Its ends are instants: what closes in the hour that a
/// clock goes through twice is closed the second time.
fn is_open(span: &OpeningSpan, zone: &TimeZone, now: Timestamp) -> bool {
    let today = zone.to_datetime(now).date();
    [Some(today), today.yesterday().ok()].into_iter().flatten().any(|day| {
        let begins = i8::try_from(span.weekday) == Ok(day.weekday().to_monday_one_offset());
        let last = if span.opens < span.closes { Some(day) } else { day.tomorrow().ok() };
        let at = |day: Date, time| zone.to_timestamp(day.to_datetime(time)).ok();
        let ends = last.and_then(|day| at(day, span.closes));
        begins && at(day, span.opens).is_some_and(|opens| opens <= now) && ends.is_some_and(|ends| now < ends)
    })
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

#[cfg(test)]
mod tests {
    use jiff::civil::{Time, time};

    use super::*;

    const SUNDAY: u8 = 7;

    fn open_at(opens: Time, closes: Time, now: &str) -> bool {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        is_open(&OpeningSpan { weekday: SUNDAY, opens, closes }, &zone, now.parse().unwrap())
    }

    fn hour(hour: i8, minute: i8) -> Time {
        time(hour, minute, 0, 0)
    }

    /// On 25 October 2026 clocks in Berlin go back from 03:00 to 02:00, which is 01:00 in UTC.
    #[test]
    fn what_closes_in_the_repeated_hour_closes_once() {
        let until_half_past_two = |now| open_at(hour(0, 0), hour(2, 30), now);
        assert!(until_half_past_two("2026-10-25T00:29:00Z"), "02:29, the first time");
        assert!(!until_half_past_two("2026-10-25T00:30:00Z"), "02:30, the first time");
        assert!(!until_half_past_two("2026-10-25T01:10:00Z"), "02:10, the second time");
        let from_half_past_two = |now| open_at(hour(2, 30), hour(5, 0), now);
        assert!(from_half_past_two("2026-10-25T00:40:00Z"), "02:40, the first time");
        assert!(from_half_past_two("2026-10-25T01:10:00Z"), "02:10, the second time");
    }

    #[test]
    fn a_span_may_end_the_next_morning_at_midnight_or_be_a_whole_day() {
        let night = |now| open_at(hour(22, 0), hour(1, 0), now);
        assert!(
            night("2026-11-29T23:59:00Z") && !night("2026-11-30T00:00:00Z") && !night("2026-11-28T23:30:00Z")
        );
        let evening = |now| open_at(hour(10, 0), hour(0, 0), now);
        assert!(evening("2026-11-29T22:59:00Z") && !evening("2026-11-29T23:00:00Z"));
        let all_day = |now| open_at(hour(0, 0), hour(0, 0), now);
        assert!(all_day("2026-11-28T23:00:00Z") && all_day("2026-11-29T22:59:59Z"));
        assert!(!all_day("2026-11-28T22:59:59Z") && !all_day("2026-11-29T23:00:00Z"));
    }
}
