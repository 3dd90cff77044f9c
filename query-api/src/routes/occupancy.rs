//! `GET /v1/locations/{location}/occupancy`.

use auth::Permission;
use axum::extract::State;
use domain::ids::LocationId;
use http_api::{Api, Problem, ValidPath};
use read_model::{
    games::GAMES, locations::LOCATIONS, occupancy::OCCUPANCY, players::PLAYERS, plays::PLAYS, rooms::ROOMS,
    settings::SETTINGS, wristbands::WRISTBANDS,
};
use read_store::ReadModel;

use crate::{
    Answer, QueryApi, QueryContext, ReadSet,
    views::occupancy::{self, Occupancy},
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("occupancy", "What goes on at a venue.").query(
        "/v1/locations/{location}/occupancy",
        Permission::OCCUPANCY_READ,
        "A venue now\n\nEvery room with the play in it and who plays, and how many people and bands are about.",
        now,
    )
}

const MODELS: &[&ReadModel] =
    &[&OCCUPANCY, &WRISTBANDS, &LOCATIONS, &ROOMS, &GAMES, &PLAYS, &PLAYERS, &SETTINGS];

async fn now(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
) -> Result<Answer<Occupancy>, Problem> {
    let reads = ReadSet::at(location, MODELS).at_this_instant();
    context.answer(&api, reads, |tables| occupancy::now(tables, location, api.now())).await
}
