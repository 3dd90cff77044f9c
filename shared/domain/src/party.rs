//! Families who come together: each is registered, signs, and gets its wristbands, or nothing of that happens. The next
//! one is decided on what the ones before made of things.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    Aggregate, Change, Refusal,
    claim::{Claim, ClaimState},
    ids::{PlayerId, StreamName},
    player::{
        self, FamilyEmail, Identity, PlayerCommand, PlayerError, PlayerState, Signature, WaiverVersion,
        cross_stream::{self, AddDependant, RegisterGuardian},
        email_claim,
    },
    wristband::{
        bulk::{Group, Guest},
        cross_stream::named,
    },
};

/// What a party is decided on.
#[derive(Clone, Debug)]
pub struct Party<'a> {
    /// The venue, and the bands and players of all families.
    pub group: Group<'a>,
    /// The claims on the families' e-mails.
    pub claims: BTreeMap<StreamName, ClaimState>,
    /// Now.
    pub now: Timestamp,
}

/// Somebody of a family.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Fresh, or of who is known.
    pub id: PlayerId,
    /// Who it is; none of somebody who is known.
    pub new: Option<Identity>,
}

/// A signature for a whole family.
#[derive(Clone, Debug)]
pub struct FamilyWaiver {
    /// Which text.
    pub version: WaiverVersion,
    /// Who signed.
    pub signature: Signature,
    /// Until when it shall hold; a year when absent.
    pub expires_at: Option<Timestamp>,
    /// Whether the name is that of a minor of the family; see [`player::signed_by_a_minor`].
    pub by_minor: bool,
}

/// A family that comes.
#[derive(Clone, Debug)]
pub struct Family {
    /// Its head.
    pub guardian: Arrival,
    /// Its e-mail.
    pub email: FamilyEmail,
    /// Its children, in their order.
    pub children: Vec<Arrival>,
    /// What was signed for all of it.
    pub waiver: Option<FamilyWaiver>,
    /// Its bands.
    pub bands: Vec<Guest>,
}

impl Party<'_> {
    /// What admitting `family` comes to.
    ///
    /// # Errors
    /// As [`cross_stream::register_guardian`], [`cross_stream::add_dependant`], signing, and
    /// [`Group::admit`]: then nothing of the family is admitted.
    pub fn admit(&mut self, family: &Family) -> Result<Vec<Change>, Refusal> {
        let before = self.clone();
        let admitted = self.admit_each(family);
        if admitted.is_err() {
            *self = before;
        }
        admitted
    }

    fn admit_each(&mut self, family: &Family) -> Result<Vec<Change>, Refusal> {
        let mut changes = self.register(family)?;
        for child in &family.children {
            changes.extend(self.add(family.guardian.id, child)?);
        }
        if let Some(waiver) = &family.waiver {
            for who in std::iter::once(&family.guardian).chain(&family.children) {
                changes.extend(self.sign(who.id, waiver)?);
            }
        }
        for band in &family.bands {
            changes.extend(self.group.admit(band).map_err(|refusal| named(&band.uid, refusal))?);
        }
        Ok(changes)
    }

    fn register(&mut self, family: &Family) -> Result<Vec<Change>, Refusal> {
        let Some(person) = family.guardian.new.clone() else { return Ok(vec![]) };
        let (id, email, now) = (family.guardian.id, family.email.clone(), self.now);
        let claim = self.claims.get(&email_claim(&email.key)).cloned().unwrap_or_default();
        let register = RegisterGuardian { id, location: self.group.location, person, email, now };
        let (location, player) = (self.group.location_state, self.player(id));
        let changes = cross_stream::register_guardian(location, &player, &claim, register)?;
        self.apply(&changes);
        Ok(changes)
    }

    fn add(&mut self, guardian: PlayerId, child: &Arrival) -> Result<Vec<Change>, Refusal> {
        let Some(person) = child.new.clone() else { return Ok(vec![]) };
        let (head, player) = (self.player(guardian), self.player(child.id));
        let add =
            AddDependant { id: child.id, location: self.group.location, guardian, person, now: self.now };
        let changes = cross_stream::add_dependant(self.group.location_state, &head, &player, add)?;
        self.apply(&changes);
        Ok(changes)
    }

    fn sign(&mut self, who: PlayerId, waiver: &FamilyWaiver) -> Result<Vec<Change>, Refusal> {
        let FamilyWaiver { version, signature, expires_at, by_minor } = waiver.clone();
        if by_minor {
            return Err(PlayerError::SignedByMinor.into());
        }
        let sign = PlayerCommand::SignWaiver { version, signature, signed_at: self.now, expires_at };
        let changes = Change::all(&who.stream(), player::decide(&self.player(who), sign)?);
        self.apply(&changes);
        Ok(changes)
    }

    fn player(&self, id: PlayerId) -> PlayerState {
        self.group.players.get(&id.stream()).cloned().unwrap_or_default()
    }

    fn apply(&mut self, changes: &[Change]) {
        self.group.apply(changes);
        for change in changes {
            if let Some(event) = Claim::event_of(&change.event) {
                let state = self.claims.entry(change.stream.clone()).or_default();
                *state = Claim::evolve(std::mem::take(state), event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        ids::WristbandUid,
        location::{Location, LocationState},
        play::world::{World, code, location_id, uid},
        values::{EmailAddress, Minutes, Name},
        wristband::{ClockStart, cross_stream::Period},
    };

    const ANA: PlayerId = PlayerId(uuid::Uuid::from_u128(0xA1));
    const BEN: PlayerId = PlayerId(uuid::Uuid::from_u128(0xA2));
    const CEM: PlayerId = PlayerId(uuid::Uuid::from_u128(0xA3));

    fn somebody(born: i16) -> Identity {
        Identity {
            first_name: Name::new("Kim").unwrap(),
            last_name: None,
            birth_date: Some(date(born, 1, 1)),
            adult_declared: false,
            phone: None,
        }
    }

    fn party<'a>(world: &World, state: &'a LocationState) -> Party<'a> {
        let group = Group {
            location: location_id(),
            location_state: state,
            bands: BTreeMap::new(),
            players: BTreeMap::new(),
        };
        Party { group, claims: BTreeMap::new(), now: world.now }
    }

    fn family(
        guardian: PlayerId,
        child: PlayerId,
        key: &str,
        bands: &[(&str, PlayerId)],
        now: Timestamp,
    ) -> Family {
        let minutes = Minutes::new(60).unwrap();
        let band = |(band, player): &(&str, PlayerId)| Guest {
            uid: uid(band),
            period: Period { minutes, starts: ClockStart::FirstScan, at: now },
            player: Some(*player),
        };
        Family {
            guardian: Arrival { id: guardian, new: Some(somebody(1990)) },
            email: FamilyEmail {
                address: EmailAddress::new("kim@example.org").unwrap(),
                key: key.to_owned(),
            },
            children: vec![Arrival { id: child, new: Some(somebody(2018)) }],
            waiver: Some(FamilyWaiver {
                version: WaiverVersion::new("v1").unwrap(),
                signature: Name::new("Kim").unwrap().into(),
                expires_at: None,
                by_minor: false,
            }),
            bands: bands.iter().map(band).collect(),
        }
    }

    fn wearer(party: &Party<'_>, band: &str) -> Option<PlayerId> {
        let band: WristbandUid = uid(band);
        party.group.bands.get(&band.stream(location_id())).and_then(crate::wristband::WristbandState::player)
    }

    #[test]
    fn a_family_comes_in_with_everything_it_needs() {
        let world = World::new();
        let state = world.load::<Location>(&location_id().stream());
        let mut party = party(&world, &state);
        let family = family(ANA, BEN, "k", &[("A", ANA), ("B", BEN)], world.now);
        let changes = party.admit(&family).unwrap();
        // Registered, claimed; joined in both streams; signed twice; two bands initialised, assigned, worn.
        assert_eq!(changes.len(), 2 + 2 + 2 + 2 * 3);
        assert_eq!((wearer(&party, "A"), wearer(&party, "B")), (Some(ANA), Some(BEN)));
    }

    #[test]
    fn a_refused_family_leaves_nothing_behind() {
        let world = World::new();
        let state = world.load::<Location>(&location_id().stream());
        let mut party = party(&world, &state);
        let twice = family(ANA, BEN, "k", &[("A", ANA), ("A", BEN)], world.now);
        let refused = party.admit(&twice).unwrap_err();
        assert_eq!(refused.code, "wristband_still_has_time");
        assert!(refused.message.starts_with("wristband A: "), "{}", refused.message);
        assert_eq!(wearer(&party, "A"), None);
        let mut unsigned = family(ANA, BEN, "k", &[("A", ANA)], world.now);
        unsigned.waiver = None;
        assert_eq!(code(party.admit(&unsigned)), "player_without_waiver");
        let mut by_minor = family(ANA, BEN, "k", &[], world.now);
        by_minor.waiver.as_mut().unwrap().by_minor = true;
        assert_eq!(code(party.admit(&by_minor)), "waiver_signed_by_minor");
        assert!(party.admit(&family(ANA, BEN, "k", &[("A", ANA)], world.now)).is_ok());
    }

    #[test]
    fn a_family_is_decided_on_what_the_ones_before_did() {
        let world = World::new();
        let state = world.load::<Location>(&location_id().stream());
        let mut party = party(&world, &state);
        party.admit(&family(ANA, BEN, "k", &[("A", ANA)], world.now)).unwrap();
        let same_mail = family(CEM, PlayerId(uuid::Uuid::from_u128(9)), "k", &[], world.now);
        assert_eq!(code(party.admit(&same_mail)), "already_in_use");
        let mut known = family(ANA, BEN, "k", &[("B", BEN)], world.now);
        (known.guardian.new, known.children[0].new, known.waiver) = (None, None, None);
        assert_eq!(party.admit(&known).unwrap().len(), 3);
    }
}
