//! `GET /v1/locations/{location}/rooms` and `…/rooms/{room}`.

use auth::Permission;
use axum::extract::State;
use domain::ids::{LocationId, RoomId};
use http_api::{Api, Problem, ValidPath, ValidQuery};
use read_model::{games::GAMES, locations::LOCATIONS, rooms::ROOMS};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Answer, QueryApi, QueryContext, ReadSet,
    page::{Page, Paging},
    views::rooms::{self, Room},
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("rooms", "Rooms with a game installed.")
        .query(
            "/v1/locations/{location}/rooms",
            Permission::ROOM_READ,
            "Rooms of a venue\n\nEach with its game, its configuration and what can be played in it.",
            list,
        )
        .query(
            "/v1/locations/{location}/rooms/{room}",
            Permission::ROOM_READ,
            "One room\n\nWith its game, its configuration and what can be played in it.",
            one,
        )
}

/// Parameters of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Rooms {
    /// Most items on the page; 50 when not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn one(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, room)): ValidPath<(LocationId, RoomId)>,
) -> Result<Answer<Room>, Problem> {
    let reads = ReadSet::at(location, &[&ROOMS, &GAMES]);
    context.answer(&api, reads, |tables| rooms::one(tables, location, room)).await
}

async fn list(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
    ValidQuery(query): ValidQuery<Rooms>,
) -> Result<Answer<Page<Room>>, Problem> {
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), "rooms")?;
    let reads = ReadSet::at(location, &[&ROOMS, &GAMES, &LOCATIONS]);
    context.answer(&api, reads, |tables| rooms::list(tables, location, &paging)).await
}
