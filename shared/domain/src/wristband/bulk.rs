//! Initialising and assigning for a group: each guest succeeds or is refused alone, and the next one is
//! decided on what the ones before made of things.

use std::collections::BTreeMap;

use super::{
    Wristband, WristbandState,
    cross_stream::{self, Band, Period, Wearer},
};
use crate::{
    Aggregate, Change, Refusal,
    ids::{LocationId, PlayerId, StreamName, WristbandUid},
    location::LocationState,
    player::{Player, PlayerState},
};

/// What a group is decided on.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The venue.
    pub location: LocationId,
    /// The venue's state.
    pub location_state: &'a LocationState,
    /// The guests' bands, and those their players wear.
    pub bands: BTreeMap<StreamName, WristbandState>,
    /// The guests' players, and who wears or wore the guests' bands.
    pub players: BTreeMap<StreamName, PlayerState>,
}

/// One of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// The band.
    pub uid: WristbandUid,
    /// The time on it.
    pub period: Period,
    /// Who wears it; nobody yet, when absent.
    pub player: Option<PlayerId>,
}

impl Group<'_> {
    /// Initialises the guest's band and puts it on the player: both, or neither.
    ///
    /// # Errors
    /// As [`cross_stream::initialize`] and [`cross_stream::assign`].
    pub fn admit(&mut self, guest: &Guest) -> Result<Vec<Change>, Refusal> {
        let mut changes = self.initialize(guest)?;
        if let Some(player) = guest.player {
            changes.extend(self.assign(guest, player, &changes)?);
        }
        self.apply(&changes);
        Ok(changes)
    }

    fn initialize(&self, guest: &Guest) -> Result<Vec<Change>, Refusal> {
        let state = self.band(&guest.uid);
        let previous = state.player().and_then(|id| Some((id, self.players.get(&id.stream())?)));
        let previous = previous.map(|(id, state)| Wearer { id, state });
        let band = Band { uid: &guest.uid, state: &state };
        cross_stream::initialize((self.location, self.location_state), band, previous, guest.period)
    }

    /// After `so_far`, which may have taken the band off this very player.
    fn assign(&self, guest: &Guest, id: PlayerId, so_far: &[Change]) -> Result<Vec<Change>, Refusal> {
        let stream = id.stream();
        let player = self.players.get(&stream).cloned().unwrap_or_default();
        let player = after::<Player>(player, &stream, so_far);
        let worn = player.existing_at(self.location)?.band.as_ref();
        let other = worn.filter(|worn| **worn != guest.uid).map(|worn| (worn, self.band(worn)));
        let other = other.as_ref().map(|(uid, state)| Band { uid, state });
        let state = after::<Wristband>(self.band(&guest.uid), &guest.uid.stream(self.location), so_far);
        let band = Band { uid: &guest.uid, state: &state };
        cross_stream::assign(self.location, band, Wearer { id, state: &player }, other, guest.period.at)
    }

    fn band(&self, uid: &WristbandUid) -> WristbandState {
        self.bands.get(&uid.stream(self.location)).cloned().unwrap_or_default()
    }

    /// Goes on from `changes`.
    pub(crate) fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            if let Some(event) = Wristband::event_of(&change.event) {
                let state = self.bands.entry(change.stream.clone()).or_default();
                *state = Wristband::evolve(std::mem::take(state), event);
            } else if let Some(event) = Player::event_of(&change.event) {
                let state = self.players.entry(change.stream.clone()).or_default();
                *state = Player::evolve(std::mem::take(state), event);
            }
        }
    }
}

/// `state` of `stream` after those of `changes` that are its own.
fn after<A: Aggregate>(state: A::State, stream: &StreamName, changes: &[Change]) -> A::State {
    let own = changes.iter().filter(|change| change.stream == *stream);
    own.filter_map(|change| A::event_of(&change.event)).fold(state, A::evolve)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        location::Location,
        play::world::{SIGNED, World, code, location_id, player, uid},
        values::Minutes,
        wristband::ClockStart,
    };

    /// Bands A to C and all players of `world`.
    fn group<'a>(world: &World, state: &'a LocationState) -> Group<'a> {
        let bands = ["A", "B", "C"].map(|band| (uid(band).stream(location_id()), world.band(band)));
        let players = (1..=SIGNED + 1).map(|number| player(number).stream());
        let players = players.map(|stream| (stream.clone(), world.load::<Player>(&stream)));
        Group {
            location: location_id(),
            location_state: state,
            bands: bands.into(),
            players: players.collect(),
        }
    }

    fn guest(world: &World, band: &str, number: Option<u128>) -> Guest {
        let minutes = Minutes::new(60).unwrap();
        let period = Period { minutes, starts: ClockStart::Now, at: world.now };
        Guest { uid: uid(band), period, player: number.map(player) }
    }

    #[test]
    fn each_guest_succeeds_or_is_refused_alone() {
        let world = World::new();
        let state = world.load::<Location>(&location_id().stream());
        let mut group = group(&world, &state);
        assert_eq!(group.admit(&guest(&world, "A", Some(1))).unwrap().len(), 3);
        let unsigned = group.admit(&guest(&world, "B", Some(SIGNED + 1)));
        assert_eq!(code(unsigned), "player_without_waiver");
        assert_eq!(code(group.admit(&guest(&world, "B", Some(99)))), "player_not_found");
        // The refused items left band B as it was.
        assert_eq!(group.admit(&guest(&world, "B", None)).unwrap().len(), 1);
    }

    #[test]
    fn a_guest_is_decided_on_what_the_ones_before_did() {
        let world = World::new();
        let state = world.load::<Location>(&location_id().stream());
        let mut group = group(&world, &state);
        group.admit(&guest(&world, "A", Some(1))).unwrap();
        assert_eq!(code(group.admit(&guest(&world, "A", Some(2)))), "wristband_still_has_time");
        assert_eq!(code(group.admit(&guest(&world, "B", Some(1)))), "player_has_band");
    }

    #[test]
    fn an_expired_band_goes_to_its_own_player_again_or_to_another() {
        let mut world = World::new();
        world.initialize("A", 60, ClockStart::Now).unwrap();
        world.assign("A", 1).unwrap();
        world.pass(60);
        let state = world.load::<Location>(&location_id().stream());
        assert_eq!(group(&world, &state).admit(&guest(&world, "A", Some(1))).unwrap().len(), 4);
        let mut group = group(&world, &state);
        group.admit(&guest(&world, "A", Some(2))).unwrap();
        assert_eq!(group.admit(&guest(&world, "B", Some(1))).unwrap().len(), 3);
    }
}
