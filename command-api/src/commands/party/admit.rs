//! Admits a party: families with their children, waivers and wristbands. Each family comes in whole or is refused alone.

use domain::{
    Change, Refusal,
    claim::Claim,
    ids::{LocationId, PlayerId, WristbandUid},
    location::Location,
    party::{Arrival, Family, FamilyWaiver, Party},
    player::{
        FamilyEmail, Identity, PersonalDetails, Player, Signature, WaiverVersion, email_claim,
        signed_by_a_minor,
    },
    values::{EmailAddress, Minutes},
    wristband::{
        ClockStart,
        bulk::{Group, Guest},
        cross_stream::Period,
    },
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{
        item_status,
        player::{add_dependant::known_dependant, claim_of_ascii_form, today_at},
        wristband::bulk,
    },
    execute::{Answer, Changed, Command, Decided, ExecuteError, UnitOfWork},
};

/// What became of a party.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PartyAdmitted {
    /// How many families came in.
    pub accepted: u32,
    /// An answer for each family, in their order.
    pub items: Vec<FamilyAdmitted>,
    /// The location's stream.
    pub stream: String,
    /// Its version.
    pub version: u64,
}

/// What became of one family.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FamilyAdmitted {
    /// The children, in their order; empty when refused.
    #[schema(value_type = Vec<String>)]
    pub child_ids: Vec<Uuid>,
    /// The broken rule, when refused.
    pub code: Option<String>,
    /// What to change, when refused.
    pub detail: Option<String>,
    /// The head of the family; none when refused.
    #[schema(value_type = Option<String>)]
    pub guardian_id: Option<Uuid>,
    /// 200, or the status this family alone would have been refused with.
    pub status: u16,
    /// The wristbands, in their order; empty when refused.
    pub wristbands: Vec<WristbandGiven>,
}

/// A wristband that somebody of a family got.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WristbandGiven {
    /// When the time is over; none while the clock waits for the first scan.
    pub ends_at: Option<String>,
    /// Rounded up.
    pub minutes_left: u32,
    /// Who wears it.
    #[schema(value_type = String)]
    pub player_id: Uuid,
    /// The code on it.
    pub uid: String,
}

/// A family that comes.
#[derive(Clone)]
pub struct PartyFamily {
    /// The id of the guardian, if that is a new person.
    pub guardian_id: PlayerId,
    /// The head of the family.
    pub guardian: Identity,
    /// The family's key.
    pub email: EmailAddress,
    /// The children, each with an id for who is new.
    pub children: Vec<(PlayerId, Identity)>,
    /// What was signed for all of the family.
    pub waiver: Option<PartyWaiver>,
    /// The wristbands.
    pub bands: Vec<PartyBand>,
}

/// A signature for a family.
#[derive(Clone)]
pub struct PartyWaiver {
    /// Which text.
    pub version: WaiverVersion,
    /// Who signed.
    pub signature: Signature,
    /// Until when it shall hold.
    pub expires_at: Option<Timestamp>,
}

/// A wristband for somebody of a family.
#[derive(Clone, Debug)]
pub struct PartyBand {
    /// The code on it.
    pub uid: WristbandUid,
    /// For the child with this place, or for the guardian.
    pub child: Option<usize>,
    /// How much time.
    pub minutes: Minutes,
    /// When the clock starts.
    pub starts: ClockStart,
}

/// Admits a party.
#[derive(Clone)]
pub struct AdmitParty {
    /// Where.
    pub location: LocationId,
    /// Who.
    pub families: Vec<PartyFamily>,
}

impl Command for AdmitParty {
    type Answer = PartyAdmitted;
    const NAME: &'static str = "admit_party";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<PartyAdmitted> {
        let Self { location: location_id, families: wanted } = self;
        let location = work.load::<Location>(location_id.stream()).await?;
        location.in_business().map_err(ExecuteError::refused)?;
        let today = today_at(&work, location_id).await?;
        let (mut families, mut claims) = (Vec::with_capacity(wanted.len()), BTreeMap::new());
        for family in wanted {
            families.push(meet(&work, (location_id, today), family, &mut claims).await?);
        }
        let bands: Vec<_> = families
            .iter()
            .flat_map(|family| &family.bands)
            .map(|band| (band.uid.clone(), band.player))
            .collect();
        let (bands, mut players) = bulk::load(&work, location_id, &bands).await?;
        for id in families.iter().flat_map(people) {
            let state = work.load::<Player>(id.stream()).await?;
            players.insert(id.stream(), (*state).clone());
        }
        let group = Group { location: location_id, location_state: &location, bands, players };
        let mut party = Party { group, claims, now: work.now() };
        let mut items = Vec::with_capacity(families.len());
        for family in &families {
            let outcome = party.admit(family);
            items.push(record(&work, family, &party, outcome)?);
        }
        let accepted =
            u32::try_from(items.iter().filter(|item| item.status == 200).count()).unwrap_or(u32::MAX);
        let Changed { stream, version } = work.standing(&location_id.stream());
        Ok(Answer::ok(location_id.stream(), PartyAdmitted { accepted, items, stream, version }))
    }
}

fn people(family: &Family) -> impl Iterator<Item = PlayerId> + '_ {
    std::iter::once(&family.guardian).chain(&family.children).map(|arrival| arrival.id)
}

/// The family as it is known, or as it is new.
async fn meet(
    work: &UnitOfWork,
    (location, today): (LocationId, Date),
    family: PartyFamily,
    claims: &mut BTreeMap<domain::ids::StreamName, domain::claim::ClaimState>,
) -> Result<Family, ExecuteError> {
    let PartyFamily { guardian_id, guardian, email: address, children: coming, waiver, bands } = family;
    let earlier = claim_of_ascii_form(work, location, &address, &guardian_id.stream()).await?;
    let email = FamilyEmail { key: work.email_key(location, &address), address };
    let key = email_claim(&email.key);
    let claim = work.load_or_begin::<Claim>(key.clone()).await?;
    let claim = earlier.unwrap_or(claim);
    let head = claim.owner.as_deref().and_then(|owner| owner.strip_prefix("player-")?.parse().ok());
    claims.entry(key).or_insert_with(|| (*claim).clone());
    let mut described: Vec<PersonalDetails> =
        coming.iter().map(|(_, child)| child.clone().with_email(None)).collect();
    described.push(guardian.clone().with_email(None));
    let (guardian, mut children) = (arrival(work, head, guardian_id, guardian), Vec::new());
    for (fresh, child) in coming {
        let known = match head {
            Some(head) => {
                let family = work.load::<Player>(head.stream()).await?;
                known_dependant(work, location, &family, &child).await?
            }
            None => None,
        };
        children.push(arrival(work, known, fresh, child));
    }
    let waiver = waiver.map(|PartyWaiver { version, signature, expires_at }| {
        let by_minor = signed_by_a_minor(signature.signed_by.as_str(), &described, today);
        FamilyWaiver { version, signature, expires_at, by_minor }
    });
    let mut guests = Vec::with_capacity(bands.len());
    for PartyBand { uid, child, minutes, starts } in bands {
        let uid = work.stored_uid(location, uid).await?;
        let player = child.and_then(|place| children.get(place)).unwrap_or(&guardian).id;
        guests.push(Guest { uid, period: Period { minutes, starts, at: work.now() }, player: Some(player) });
    }
    Ok(Family { guardian, email, children, waiver, bands: guests })
}

/// Who is `known`, or somebody new with the id `fresh`.
fn arrival(work: &UnitOfWork, known: Option<PlayerId>, fresh: PlayerId, person: Identity) -> Arrival {
    if let Some(id) = known {
        return Arrival { id, new: None };
    }
    work.begin::<Player>(fresh.stream());
    Arrival { id: fresh, new: Some(person) }
}

fn record(
    work: &UnitOfWork,
    family: &Family,
    party: &Party<'_>,
    outcome: Result<Vec<Change>, Refusal>,
) -> Result<FamilyAdmitted, ExecuteError> {
    let changes = match outcome {
        Ok(changes) => changes,
        Err(refusal) => return Ok(refused(refusal)),
    };
    for arrival in std::iter::once(&family.guardian).chain(&family.children) {
        if arrival.new.is_some() {
            work.create_person_key(arrival.id)?;
        }
    }
    work.record(changes);
    Ok(FamilyAdmitted {
        child_ids: family.children.iter().map(|child| child.id.0).collect(),
        code: None,
        detail: None,
        guardian_id: Some(family.guardian.id.0),
        status: 200,
        wristbands: family.bands.iter().map(|band| given(party, band)).collect(),
    })
}

fn given(party: &Party<'_>, band: &Guest) -> WristbandGiven {
    let state = party.group.bands.get(&band.uid.stream(party.group.location)).cloned().unwrap_or_default();
    WristbandGiven {
        ends_at: state.ends_at().map(|ends_at| ends_at.to_string()),
        minutes_left: state.minutes_left(party.now),
        player_id: band.player.unwrap_or(PlayerId(Uuid::nil())).0,
        uid: band.uid.to_string(),
    }
}

fn refused(refusal: Refusal) -> FamilyAdmitted {
    FamilyAdmitted {
        child_ids: vec![],
        code: Some(refusal.code.to_owned()),
        detail: Some(refusal.message),
        guardian_id: None,
        status: item_status(refusal.kind),
        wristbands: vec![],
    }
}
