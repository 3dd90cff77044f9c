//! `POST /v1/locations/{location}/parties`.

use axum::extract::State;
use domain::{
    checked::{InvalidValue, Refused, or_stand_in},
    ids::{LocationId, PlayerId, WristbandUid},
    player::{Drawing, Identity, Signature, WaiverVersion},
    values::{EmailAddress, Minutes, Name, Phone},
    wristband::ClockStart,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::party::{AdmitParty, PartyAdmitted, PartyBand, PartyFamily, PartyWaiver},
    routes::{fields, player::birth_date},
};

/// Two school classes.
const MOST_FAMILIES: usize = 60;
/// A teacher with a class.
const MOST_CHILDREN: usize = 40;

/// Families who come together.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmitPartyRequest {
    /// In the order in which they are admitted.
    #[serde(deserialize_with = "families")]
    #[schema(min_items = 1, max_items = 60)]
    families: Vec<PartyFamilyRequest>,
}

/// A family: a guardian with children, one signature for all, and the wristbands that they get.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyFamilyRequest {
    /// The head of the family.
    guardian: PartyGuardianRequest,
    /// The children; their places are counted from 0.
    #[serde(default, deserialize_with = "children")]
    #[schema(max_items = 40)]
    children: Vec<PartyChildRequest>,
    /// What was signed for all of the family; may be left out where everybody has a valid waiver.
    waiver: Option<PartyWaiverRequest>,
    /// The wristbands.
    #[serde(default, deserialize_with = "wristbands")]
    #[schema(max_items = 41)]
    wristbands: Vec<PartyWristbandRequest>,
}

/// The head of a family.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyGuardianRequest {
    /// First name.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    first_name: Name,
    /// Last name, if it is known.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    last_name: Option<Name>,
    /// The family's key, compared case-folded. A family that is known by it is not registered again.
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: EmailAddress,
    /// Telephone number: 5 to 15 digits.
    #[schema(value_type = Option<String>, min_length = 5, max_length = 32)]
    phone: Option<Phone>,
    /// `YYYY-MM-DD`; 18 or older today at the location. May be left out by who declares to be an adult.
    #[serde(default, deserialize_with = "birth_date")]
    #[schema(value_type = Option<String>, format = "date")]
    birth_date: Option<Date>,
    /// Whether the person said to be an adult. Decides where the birth date is not known.
    #[serde(default)]
    adult_declared: bool,
}

/// A child of a family.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyChildRequest {
    /// First name.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    first_name: Name,
    /// Last name, if it is known.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    last_name: Option<Name>,
    /// `YYYY-MM-DD`, if it is known.
    #[serde(default, deserialize_with = "birth_date")]
    #[schema(value_type = Option<String>, format = "date")]
    birth_date: Option<Date>,
}

/// A signature for a whole family.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyWaiverRequest {
    /// Which text was signed.
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    version: WaiverVersion,
    /// Which adult of the family signed.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    signed_by: Name,
    /// What was drawn: the path of an SVG picture, or a picture in base64; at most 64 KiB. Kept sealed.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 65536)]
    drawing: Option<Drawing>,
    /// Until when it shall hold, RFC 3339, at most 5 years; a year when absent.
    #[serde(default, deserialize_with = "fields::optional_instant")]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
}

/// A wristband for somebody of a family.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyWristbandRequest {
    /// The code on it.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    uid: WristbandUid,
    /// Who gets it: `guardian`, or the place of a child, from 0.
    #[serde(rename = "for")]
    #[schema(value_type = PartyPlace)]
    whose: Whose,
    /// How much time.
    #[schema(value_type = i64, minimum = 1, maximum = 1440)]
    minutes: Minutes,
    /// When the clock starts: `now` or `first_scan`.
    #[schema(value_type = String, example = "first_scan")]
    starts: ClockStart,
}

/// `guardian`, or the place of a child, from 0.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub enum PartyPlace {
    /// The child with this place.
    Child(u16),
    /// `guardian`.
    Word(String),
}

/// The child with this place; none: the guardian.
#[derive(Clone, Copy)]
struct Whose(Option<usize>);

impl<'de> Deserialize<'de> for Whose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whose = match PartyPlace::deserialize(deserializer)? {
            PartyPlace::Child(place) => Ok(Self(Some(place.into()))),
            PartyPlace::Word(word) if word == "guardian" => Ok(Self(None)),
            PartyPlace::Word(_) => {
                Err(InvalidValue::Malformed { expected: "`guardian`, or the place of a child, from 0" })
            }
        };
        or_stand_in(whose.map_err(Refused::from), || Self(None))
    }
}

fn families<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PartyFamilyRequest>, D::Error> {
    let message = format!("`families` holds 1 to {MOST_FAMILIES}.");
    let families = fields::list::<PartyFamilyRequest, serde::de::IgnoredAny, D>(
        deserializer,
        &(1..=MOST_FAMILIES),
        "invalid_length",
        message,
    )?;
    let nobody = families.iter().any(|family| {
        family.wristbands.iter().filter_map(|band| band.whose.0).any(|place| place >= family.children.len())
    });
    let message =
        "A wristband is for a child that is not in `children`; places are counted from 0.".to_owned();
    let refused = Refused::Said { code: "no_such_child", message };
    or_stand_in(if nobody { Err(refused) } else { Ok(families) }, Vec::new)
}

fn children<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PartyChildRequest>, D::Error> {
    let message = format!("`children` holds at most {MOST_CHILDREN}.");
    fields::list::<_, serde::de::IgnoredAny, D>(deserializer, &(0..=MOST_CHILDREN), "invalid_length", message)
}

fn wristbands<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PartyWristbandRequest>, D::Error> {
    let most = MOST_CHILDREN + 1;
    let message = format!("`wristbands` holds at most {most}.");
    fields::list::<_, serde::de::IgnoredAny, D>(deserializer, &(0..=most), "invalid_length", message)
}

impl PartyFamilyRequest {
    fn family(self, app: &CommandApi) -> PartyFamily {
        let Self { guardian, children, waiver, wristbands } = self;
        let PartyGuardianRequest { first_name, last_name, email, phone, birth_date, adult_declared } =
            guardian;
        PartyFamily {
            guardian_id: PlayerId(app.new_id()),
            guardian: Identity { first_name, last_name, birth_date, adult_declared, phone },
            email,
            children: children.into_iter().map(|child| (PlayerId(app.new_id()), child.into())).collect(),
            waiver: waiver.map(Into::into),
            bands: wristbands.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<PartyChildRequest> for Identity {
    fn from(PartyChildRequest { first_name, last_name, birth_date }: PartyChildRequest) -> Self {
        Self { first_name, last_name, birth_date, adult_declared: false, phone: None }
    }
}

impl From<PartyWaiverRequest> for PartyWaiver {
    fn from(request: PartyWaiverRequest) -> Self {
        let PartyWaiverRequest { version, signed_by, drawing, expires_at } = request;
        Self { version, signature: Signature { signed_by, drawing }, expires_at }
    }
}

impl From<PartyWristbandRequest> for PartyBand {
    fn from(PartyWristbandRequest { uid, whose, minutes, starts }: PartyWristbandRequest) -> Self {
        Self { uid, child: whose.0, minutes, starts }
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<AdmitPartyRequest>,
) -> Result<CommandAnswer<PartyAdmitted>, Problem> {
    let families = request.body.families.into_iter().map(|family| family.family(&app)).collect();
    app.send(&request.meta, AdmitParty { location, families }).await
}
