//! `GET /v1/locations/{location}/rooms`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    auth::Permission,
    domain::ids::LocationId,
    http::{Api, Problem, ValidPath, ValidQuery},
};
use utoipa::IntoParams;

use crate::{
    Answer, QueryApi, Reads, View,
    page::{Page, Paging},
    views::rooms::{self, Room},
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("rooms", "Rooms with a game installed.").query(
        "/v1/locations/{location}/rooms",
        Permission::ROOM_READ,
        "Rooms of a venue\n\nEach with its game, its configuration and what can be played in it.",
        list,
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

async fn list(
    State(api): State<QueryApi>,
    view: View,
    ValidPath(location): ValidPath<LocationId>,
    ValidQuery(query): ValidQuery<Rooms>,
) -> Result<Answer<Page<Room>>, Problem> {
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), "rooms")?;
    let reads = Reads::at(location, &["rooms", "games", "locations"]);
    view.answer(&api, reads, || rooms::list(api.db(), location, &paging)).await
}
