//! `GET /v1/locations/{location}/occupancy`.

use axum::extract::State;
use shared::{
    auth::Permission,
    domain::ids::LocationId,
    http::{Api, Problem, ValidPath},
};

use crate::{
    Answer, QueryApi, Reads, View,
    views::occupancy::{self, Occupancy},
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("occupancy", "What goes on at a venue.").query(
        "/v1/locations/{location}/occupancy",
        Permission::OCCUPANCY_READ,
        "A venue now\n\nEvery room with the play in it, and how many people and bands are about.",
        now,
    )
}

async fn now(
    State(api): State<QueryApi>,
    view: View,
    ValidPath(location): ValidPath<LocationId>,
) -> Result<Answer<Occupancy>, Problem> {
    let reads = Reads::at(location, &["occupancy", "wristbands", "locations"]).at_this_instant();
    view.answer(&api, reads, || occupancy::now(api.db(), location, api.now())).await
}
