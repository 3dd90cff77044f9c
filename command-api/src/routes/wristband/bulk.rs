//! `POST /v1/locations/{location}/wristbands/bulk`.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{
    domain::{
        Change, Refusal,
        ids::{LocationId, PlayerId, StreamName, WristbandUid},
        location::Location,
        player::{Player, PlayerState},
        values::Minutes,
        wristband::{
            ClockStart, Wristband, WristbandState,
            bulk::{Group, Guest},
            cross_stream::Period,
        },
    },
    events::snapshot::Snapshotted,
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    execute::{Answer, ExecuteError, Session},
};

/// A school class and its teachers, with room to spare.
const MOST_ITEMS: usize = 200;

/// Many wristbands.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkWristbandsRequest {
    /// In the order in which they are done.
    #[schema(min_items = 1, max_items = 200)]
    items: Vec<BulkItemRequest>,
}

/// A wristband to initialise and, with a player, to assign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkItemRequest {
    /// The code on it.
    #[schema(min_length = 1, max_length = 64)]
    uid: String,
    /// How much time.
    #[schema(minimum = 1, maximum = 1440)]
    minutes: i64,
    /// When the clock starts: `now` or `first_scan`.
    #[schema(value_type = String, example = "first_scan")]
    starts: ClockStart,
    /// Who shall wear it; nobody yet, when absent.
    #[schema(value_type = Option<String>, format = Uuid)]
    player_id: Option<PlayerId>,
}

/// What became of many wristbands.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkWristbandsDone {
    /// The location's stream.
    pub stream: String,
    /// Its version.
    pub version: u64,
    /// How many items succeeded.
    pub accepted: u32,
    /// An answer for each item, in their order.
    pub items: Vec<BulkItemDone>,
}

/// What became of one wristband.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkItemDone {
    /// The code on it.
    pub uid: String,
    /// 200, or the status this item alone would have been refused with.
    pub status: u16,
    /// The broken rule, when refused.
    pub code: Option<String>,
    /// What to change, when refused.
    pub detail: Option<String>,
}

/// An item whose values are good.
#[derive(Clone)]
struct Item {
    uid: WristbandUid,
    minutes: Minutes,
    starts: ClockStart,
    player: Option<PlayerId>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<BulkWristbandsRequest>,
) -> Result<CommandAnswer<BulkWristbandsDone>, Problem> {
    let items = checked(&request.body.items)?;
    app.run(&request.meta, Some(location), |session| run(session, location, items.clone())).await
}

fn checked(items: &[BulkItemRequest]) -> Result<Vec<Item>, Problem> {
    let mut errors = FieldErrors::default();
    if !(1..=MOST_ITEMS).contains(&items.len()) {
        errors.refuse("items", "invalid_length", format!("`items` holds 1 to {MOST_ITEMS}."));
    }
    let items = items.iter().take(MOST_ITEMS).enumerate().filter_map(|(index, item)| {
        let uid = errors.field(format_args!("items/{index}/uid"), item.uid.parse());
        let minutes = errors.field(format_args!("items/{index}/minutes"), Minutes::new(item.minutes));
        Some(Item { uid: uid?, minutes: minutes?, starts: item.starts, player: item.player_id })
    });
    let items = items.collect();
    errors.finish(Some(items))
}

async fn run(session: Session, location: LocationId, items: Vec<Item>) -> Result<Answer, ExecuteError> {
    let venue = session.load::<Location>(location.stream()).await?;
    venue.in_business().map_err(ExecuteError::refused)?;
    let (bands, players) = load(&session, location, &items).await?;
    let mut group = Group { location, venue: &venue, bands, players };
    let (mut answers, mut accepted) = (Vec::with_capacity(items.len()), 0_u32);
    for item in items {
        let period = Period { minutes: item.minutes, starts: item.starts, at: session.now() };
        let outcome = group.admit(&Guest { uid: item.uid.clone(), period, player: item.player });
        accepted += u32::from(outcome.is_ok());
        answers.push(answered(&session, &item.uid, outcome));
    }
    Ok(Answer::ok(location.stream()).with("accepted", accepted).with("items", answers))
}

fn answered(session: &Session, uid: &WristbandUid, outcome: Result<Vec<Change>, Refusal>) -> Value {
    match outcome {
        Ok(changes) => {
            session.record(changes);
            json!({"uid": uid.as_str(), "status": 200, "code": null, "detail": null})
        }
        Err(refusal) => {
            let status = crate::problem::item_status(refusal.kind);
            json!({"uid": uid.as_str(), "status": status, "code": refusal.code, "detail": refusal.message})
        }
    }
}

type Bands = BTreeMap<StreamName, WristbandState>;
type Players = BTreeMap<StreamName, PlayerState>;

/// The bands of the items, who wears them, who shall, and what those wear.
async fn load(
    session: &Session,
    location: LocationId,
    items: &[Item],
) -> Result<(Bands, Players), ExecuteError> {
    let own = items.iter().map(|item| item.uid.stream(location)).collect();
    let mut bands = load_each::<Wristband>(session, own).await?;
    let wearers = bands.values().filter_map(WristbandState::player);
    let wanted = wearers.chain(items.iter().filter_map(|item| item.player));
    let players = load_each::<Player>(session, wanted.map(|id| id.stream()).collect()).await?;
    let here = players.values().filter_map(|state| state.existing_at(location).ok());
    let worn = here.filter_map(|player| player.band.as_ref()).map(|uid| uid.stream(location)).collect();
    bands.extend(load_each::<Wristband>(session, worn).await?);
    Ok((bands, players))
}

async fn load_each<A: Snapshotted>(
    session: &Session,
    streams: BTreeSet<StreamName>,
) -> Result<BTreeMap<StreamName, A::State>, ExecuteError> {
    let states = session.load_all::<A>(streams.iter().cloned().collect()).await?;
    Ok(streams.into_iter().zip(states.iter().map(|state| (**state).clone())).collect())
}
