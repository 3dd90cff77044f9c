//! `GET /v1/locations/{location}/plays` and `…/plays/{play}`.

use auth::Permission;
use axum::extract::State;
use domain::ids::{LocationId, PlayId, PlayerId, RoomId, VariantId};
use http_api::{Api, Problem, ValidPath, ValidQuery};
use jiff::Timestamp;
use read_model::{games::GAMES, players::PLAYERS, plays::PLAYS, rooms::ROOMS, settings::SETTINGS};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    Answer, QueryApi, QueryContext, ReadSet,
    page::{Page, Paging},
    views::{
        plays::{self, Play, PlayFilter, PlayOrder, PlayStatus},
        window::{self, LocalDay},
    },
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("plays", "Plays and their results.")
        .query(
            "/v1/locations/{location}/plays/{play}",
            Permission::PLAY_READ,
            "One play\n\nScores are shown as they count now, after corrections.",
            one,
        )
        .query(
        "/v1/locations/{location}/plays",
        Permission::PLAY_READ,
        "History of plays\n\nNewest first unless asked otherwise. Scores are shown as they count now, after \
         corrections; a voided one says so.",
        list,
    )
}

/// Parameters of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Plays {
    /// Only plays that have come this far.
    #[param(inline)]
    status: Option<PlayStatus>,
    /// Only plays in this room.
    room_id: Option<Uuid>,
    /// Only plays of this variant.
    variant_id: Option<Uuid>,
    /// Only plays with this player.
    player_id: Option<Uuid>,
    /// Only plays that began on this day of the venue: `today`, or a date such as `2026-05-01`.
    #[param(value_type = Option<String>)]
    day: Option<LocalDay>,
    /// Only plays that began then or later, such as `2026-05-01T10:00:00Z`.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Only plays that began earlier, such as `2026-05-02T10:00:00Z`.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// `-started_at`, newest first, when not sent; `started_at`: oldest first.
    #[param(inline)]
    sort: Option<PlayOrder>,
    /// Most items on the page; 50 when not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Plays {
    fn filter(&self) -> PlayFilter {
        PlayFilter {
            status: self.status,
            room: self.room_id.map(RoomId),
            variant: self.variant_id.map(VariantId),
            player: self.player_id.map(PlayerId),
            day: self.day,
            from: self.from,
            to: self.to,
            order: self.sort.unwrap_or_default(),
        }
    }
}

/// What plays follow from: also from who is of age, and which day it is.
fn reads(location: LocationId, now: Timestamp) -> ReadSet {
    ReadSet::at(location, &[&PLAYS, &ROOMS, &GAMES, &PLAYERS, &SETTINGS]).in_period(window::period(now))
}

async fn one(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, play)): ValidPath<(LocationId, PlayId)>,
) -> Result<Answer<Play>, Problem> {
    let now = api.now();
    context.answer(&api, reads(location, now), |tables| plays::one(tables, location, play, now)).await
}

async fn list(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
    ValidQuery(query): ValidQuery<Plays>,
) -> Result<Answer<Page<Play>>, Problem> {
    let filter = query.filter();
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), filter.order.as_str())?;
    let now = api.now();
    context
        .answer(&api, reads(location, now), |tables| plays::list(tables, location, &filter, &paging, now))
        .await
}
