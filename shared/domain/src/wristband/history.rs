//! Who wore a band at some moment of the past, out of all that happened to it.

use jiff::Timestamp;

use super::WristbandEvent as Event;
use crate::ids::{PlayerId, WristbandUid};

/// A band as it was worn at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worn {
    /// By whom.
    pub player: PlayerId,
    /// What became of the period of that moment.
    pub period: PeriodSince,
}

/// What became of a period of bought time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeriodSince {
    /// The band has it still, used up or not.
    Kept,
    /// It went to another band.
    Moved {
        /// Which.
        to: WristbandUid,
        /// When.
        at: Timestamp,
    },
    /// Another period began, or the band was voided.
    Over,
}

/// Who wore the band at `moment`; none when nobody did. `history` is all that happened to it, in order.
#[must_use]
pub fn worn_at(history: &[Event], moment: Timestamp) -> Option<Worn> {
    let later = history.iter().position(|event| event.at() > moment).unwrap_or(history.len());
    let (before, since) = history.split_at(later);
    let player = before.iter().fold(None, wearer)?;
    Some(Worn { player, period: since.iter().find_map(period_end).unwrap_or(PeriodSince::Kept) })
}

fn wearer(player: Option<PlayerId>, event: &Event) -> Option<PlayerId> {
    match event {
        Event::Assigned { player, .. } => Some(*player),
        Event::TransferredIn { player, .. } => *player,
        Event::Initialized { .. }
        | Event::PassIssued { .. }
        | Event::Unassigned { .. }
        | Event::TransferredOut { .. }
        | Event::Voided { .. } => None,
        Event::ClockStarted { .. }
        | Event::Scanned { .. }
        | Event::TimeAdded { .. }
        | Event::EndSet { .. }
        | Event::Renewed { .. }
        | Event::PlayJoined { .. }
        | Event::PlayLeft { .. }
        | Event::PlayRecorded { .. } => player,
    }
}

fn period_end(event: &Event) -> Option<PeriodSince> {
    match event {
        Event::TransferredOut { to, at } => Some(PeriodSince::Moved { to: to.clone(), at: *at }),
        Event::Initialized { .. }
        | Event::PassIssued { .. }
        | Event::Renewed { .. }
        | Event::TransferredIn { .. }
        | Event::Voided { .. } => Some(PeriodSince::Over),
        Event::Assigned { .. }
        | Event::ClockStarted { .. }
        | Event::Scanned { .. }
        | Event::TimeAdded { .. }
        | Event::Unassigned { .. }
        | Event::EndSet { .. }
        | Event::PlayJoined { .. }
        | Event::PlayLeft { .. }
        | Event::PlayRecorded { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        ids::LocationId,
        values::{Minutes, Reason},
        wristband::ClockStart,
    };

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_767_268_800 + minute * 60).unwrap()
    }

    fn player(number: u128) -> PlayerId {
        PlayerId(Uuid::from_u128(number))
    }

    fn uid(text: &str) -> WristbandUid {
        text.parse().unwrap()
    }

    fn loaded(minute: i64) -> Event {
        Event::Initialized {
            location: LocationId(Uuid::from_u128(9)),
            uid: uid("A"),
            minutes: Minutes::new(60).unwrap(),
            starts: ClockStart::Now,
            at: at(minute),
        }
    }

    fn assigned(number: u128, minute: i64) -> Event {
        Event::Assigned { player: player(number), at: at(minute) }
    }

    fn worn(number: u128, period: PeriodSince) -> Worn {
        Worn { player: player(number), period }
    }

    #[test]
    fn a_band_is_worn_from_its_assignment_to_its_next_period() {
        let history = [loaded(0), assigned(1, 1), loaded(70), assigned(2, 71)];
        assert_eq!(worn_at(&history, at(0)), None);
        assert_eq!(worn_at(&history, at(1)), Some(worn(1, PeriodSince::Over)));
        assert_eq!(worn_at(&history, at(69)), Some(worn(1, PeriodSince::Over)));
        assert_eq!(worn_at(&history, at(70)), None);
        assert_eq!(worn_at(&history, at(80)), Some(worn(2, PeriodSince::Kept)));
    }

    #[test]
    fn a_renewal_ends_the_period_and_keeps_the_wearer() {
        let renewed =
            Event::Renewed { minutes: Minutes::new(60).unwrap(), starts: ClockStart::Now, at: at(90) };
        let history = [loaded(0), assigned(1, 1), renewed];
        assert_eq!(worn_at(&history, at(30)), Some(worn(1, PeriodSince::Over)));
        assert_eq!(worn_at(&history, at(95)), Some(worn(1, PeriodSince::Kept)));
    }

    #[test]
    fn a_period_moves_with_a_transfer_and_nobody_wears_what_was_left() {
        let out = Event::TransferredOut { to: uid("B"), at: at(20) };
        let history = [loaded(0), assigned(1, 1), out];
        let moved = PeriodSince::Moved { to: uid("B"), at: at(20) };
        assert_eq!(worn_at(&history, at(10)), Some(worn(1, moved)));
        assert_eq!(worn_at(&history, at(20)), None);
        let taken_in = Event::TransferredIn {
            location: LocationId(Uuid::from_u128(9)),
            uid: uid("B"),
            from: uid("A"),
            player: Some(player(1)),
            waiting: None,
            ends_at: Some(at(60)),
            minutes_loaded: 60,
            at: at(20),
        };
        assert_eq!(worn_at(&[taken_in], at(20)), Some(worn(1, PeriodSince::Kept)));
    }

    #[test]
    fn nobody_wears_a_voided_band() {
        let voided = Event::Voided { reason: Reason::stored("torn"), at: at(5) };
        let history = [loaded(0), assigned(1, 1), voided];
        assert_eq!(worn_at(&history, at(6)), None);
        assert_eq!(worn_at(&history, at(4)), Some(worn(1, PeriodSince::Over)));
    }
}
