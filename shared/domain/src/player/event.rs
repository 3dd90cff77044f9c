//! Facts about one person, and what decisions about players, bands and plays need to know: nothing
//! personal.

use jiff::Timestamp;

use super::{PersonalDetails, PlayerError, Signature};
use crate::{
    Aggregate, DomainEvent,
    ids::{LocationId, PlayerId, WristbandUid},
    values::Personal,
};

/// What happened to a player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayerEvent {
    /// An adult joined; the head of a family.
    GuardianRegistered {
        /// Its id.
        id: PlayerId,
        /// The venue.
        location: LocationId,
        /// Who it is; the e-mail is always there.
        details: Personal<PersonalDetails>,
        /// Keyed hash of the family's e-mail: names the claim to release on erasure.
        email_key: String,
    },
    /// Somebody joined a guardian's family.
    DependantRegistered {
        /// Its id.
        id: PlayerId,
        /// The venue.
        location: LocationId,
        /// The head of the family.
        guardian: PlayerId,
        /// Who it is.
        details: Personal<PersonalDetails>,
    },
    /// In the guardian's own stream: a dependant joined the family.
    DependantAdded {
        /// Who.
        dependant: PlayerId,
    },
    /// Belongs to another guardian's family from now on.
    Moved {
        /// Whose.
        guardian: PlayerId,
    },
    /// In the guardian's own stream: a dependant went to another family.
    DependantLeft {
        /// Who.
        dependant: PlayerId,
    },
    /// Who it is, after the correction.
    DetailsCorrected {
        /// Who it is.
        details: Personal<PersonalDetails>,
        /// The e-mail's keyed hash after the correction; none for a dependant.
        email_key: Option<String>,
    },
    /// A waiver was signed, by the person or by the guardian for a dependant.
    WaiverSigned {
        /// Which text.
        version: String,
        /// The signature.
        signature: Personal<Signature>,
        /// When.
        signed_at: Timestamp,
        /// Until when it holds.
        expires_at: Timestamp,
    },
    /// Wears this band now.
    BandReceived {
        /// Which.
        uid: WristbandUid,
    },
    /// No longer wears this band.
    BandReturned {
        /// Which.
        uid: WristbandUid,
    },
    /// The person asked to be forgotten; the key was destroyed with this event.
    Erased,
}

/// The aggregate.
#[derive(Debug)]
pub struct Player;

/// A person's phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PlayerState {
    /// Never registered.
    #[default]
    Absent,
    /// Registered, and may come to play.
    Active(ActivePlayer),
    /// Forgotten, for ever.
    Erased {
        /// The venue: elsewhere the player never existed.
        location: LocationId,
    },
}

/// A registered player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivePlayer {
    /// The venue.
    pub location: LocationId,
    /// The head of the family; none for the head itself.
    pub guardian: Option<PlayerId>,
    /// Who joined this guardian's family, erased ones included.
    pub dependants: Vec<PlayerId>,
    /// The band worn now.
    pub band: Option<WristbandUid>,
    /// Keyed hash of the family's e-mail; only a guardian has one.
    pub email_key: Option<String>,
    /// The latest signature of each version.
    pub waivers: Vec<HeldWaiver>,
}

/// A signed waiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldWaiver {
    /// Which text.
    pub version: String,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

impl PlayerState {
    /// The player, if registered and not erased.
    ///
    /// # Errors
    /// `NotFound`, `Erased`.
    pub fn existing(&self) -> Result<&ActivePlayer, PlayerError> {
        match self {
            Self::Active(player) => Ok(player),
            Self::Absent => Err(PlayerError::NotFound),
            Self::Erased { .. } => Err(PlayerError::Erased),
        }
    }

    /// The player, as seen from `location`: another venue's does not exist there, erased or not.
    ///
    /// # Errors
    /// `NotFound`, `Erased`.
    pub fn existing_at(&self, location: LocationId) -> Result<&ActivePlayer, PlayerError> {
        match self {
            Self::Active(ActivePlayer { location: own, .. }) | Self::Erased { location: own }
                if *own != location =>
            {
                Err(PlayerError::NotFound)
            }
            here => here.existing(),
        }
    }
}

impl ActivePlayer {
    /// Whether some signed waiver still holds at `now`.
    #[must_use]
    pub fn waiver_valid_at(&self, now: Timestamp) -> bool {
        self.waivers.iter().any(|waiver| waiver.expires_at > now)
    }

    fn joined(location: LocationId, guardian: Option<PlayerId>, email_key: Option<String>) -> Self {
        Self { location, guardian, dependants: vec![], band: None, email_key, waivers: vec![] }
    }
}

impl Aggregate for Player {
    type Event = PlayerEvent;
    type State = PlayerState;
    const CATEGORY: &'static str = "player";

    fn evolve(state: PlayerState, event: &PlayerEvent) -> PlayerState {
        match state {
            PlayerState::Absent => registered(event),
            PlayerState::Active(player) => changed(player, event),
            erased @ PlayerState::Erased { .. } => erased,
        }
    }

    fn event_of(event: &DomainEvent) -> Option<&PlayerEvent> {
        match event {
            DomainEvent::Player(event) => Some(event),
            _ => None,
        }
    }
}

fn registered(event: &PlayerEvent) -> PlayerState {
    match event {
        PlayerEvent::GuardianRegistered { id: _, location, details: _, email_key } => {
            PlayerState::Active(ActivePlayer::joined(*location, None, Some(email_key.clone())))
        }
        PlayerEvent::DependantRegistered { id: _, location, guardian, details: _ } => {
            PlayerState::Active(ActivePlayer::joined(*location, Some(*guardian), None))
        }
        PlayerEvent::DependantAdded { .. }
        | PlayerEvent::DependantLeft { .. }
        | PlayerEvent::Moved { .. }
        | PlayerEvent::DetailsCorrected { .. }
        | PlayerEvent::WaiverSigned { .. }
        | PlayerEvent::BandReceived { .. }
        | PlayerEvent::BandReturned { .. }
        | PlayerEvent::Erased => PlayerState::Absent,
    }
}

fn changed(mut player: ActivePlayer, event: &PlayerEvent) -> PlayerState {
    match event {
        PlayerEvent::GuardianRegistered { .. } | PlayerEvent::DependantRegistered { .. } => {}
        PlayerEvent::DependantAdded { dependant } => {
            if !player.dependants.contains(dependant) {
                player.dependants.push(*dependant);
            }
        }
        PlayerEvent::DependantLeft { dependant } => player.dependants.retain(|one| one != dependant),
        PlayerEvent::Moved { guardian } => player.guardian = Some(*guardian),
        PlayerEvent::DetailsCorrected { details: _, email_key } => player.email_key.clone_from(email_key),
        PlayerEvent::WaiverSigned { version, signature: _, signed_at, expires_at } => {
            // What was over at the newest signature never holds again: the list stays short.
            player.waivers.retain(|held| held.version != *version && held.expires_at > *signed_at);
            player.waivers.push(HeldWaiver { version: version.clone(), expires_at: *expires_at });
        }
        PlayerEvent::BandReceived { uid } => player.band = Some(uid.clone()),
        PlayerEvent::BandReturned { uid } => {
            player.band = player.band.filter(|worn| worn != uid);
        }
        PlayerEvent::Erased => return PlayerState::Erased { location: player.location },
    }
    PlayerState::Active(player)
}
