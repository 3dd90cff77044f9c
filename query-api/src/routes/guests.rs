//! `GET /v1/locations/{location}/guests`.

use auth::Permission;
use axum::extract::State;
use domain::ids::{LocationId, RoomId};
use http_api::{Api, Problem, ValidPath, ValidQuery};
use read_model::{
    locations::LOCATIONS, players::PLAYERS, rooms::ROOMS, settings::SETTINGS, wristbands::WRISTBANDS,
};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    Answer, QueryApi, QueryContext, ReadSet,
    page::{Page, Paging},
    views::{
        guests::{self, Guest},
        names::Reader,
    },
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("occupancy", "What goes on at a venue.").query(
        "/v1/locations/{location}/guests",
        Permission::WRISTBAND_READ,
        "Guests in the building\n\nEverybody with time left, those whose time is over first. Without `player:read` \
         there is the `display_name` alone.",
        list,
    )
}

/// Parameters of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Guests {
    /// Only those who were scanned last in this room, or entered a play there.
    room_id: Option<Uuid>,
    /// Most items on the page; 50 when not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn list(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
    ValidQuery(query): ValidQuery<Guests>,
) -> Result<Answer<Page<Guest>>, Problem> {
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), "guests")?;
    let reads =
        ReadSet::at(location, &[&WRISTBANDS, &PLAYERS, &ROOMS, &SETTINGS, &LOCATIONS]).at_this_instant();
    let (room, to) = (query.room_id.map(RoomId), (Reader::of(&context.caller), api.now()));
    context.answer(&api, reads, |tables| guests::list(tables, location, room, &paging, to)).await
}
