//! `GET /v1/locations/{location}/wristbands/{uid}` and `…/wristbands/{uid}/summary`.

use auth::Permission;
use axum::extract::State;
use domain::ids::{LocationId, WristbandUid};
use http_api::{Api, Problem, ValidPath};
use read_model::{players::PLAYERS, settings::SETTINGS, wristbands::WRISTBANDS};

use crate::{
    Answer, QueryApi, QueryContext, ReadSet,
    views::{
        names::Reader,
        wristbands::{self, Summary, Wristband},
    },
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("wristbands", "Bought time on a player's arm.")
        .query(
            "/v1/locations/{location}/wristbands/{uid}",
            Permission::WRISTBAND_READ,
            "One wristband\n\nWhose it is and how much time it has at this instant. Without \
             `player:read` there is the `display_name` alone.",
            one,
        )
        .query(
            "/v1/locations/{location}/wristbands/{uid}/summary",
            Permission::WRISTBAND_READ,
            "What was achieved with a wristband's time\n\nPoints, plays and the reward of the current period, \
             which goes along when the time is transferred to another band; and those of the wearer's whole life here.",
            summary,
        )
}

async fn one(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
) -> Result<Answer<Wristband>, Problem> {
    let reads = ReadSet::at(location, &[&WRISTBANDS, &PLAYERS, &SETTINGS]).at_this_instant();
    let to = (Reader::of(&context.caller), api.now());
    context.answer(&api, reads, |tables| wristbands::one(tables, location, &uid, to)).await
}

async fn summary(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
) -> Result<Answer<Summary>, Problem> {
    let reads = ReadSet::at(location, &[&WRISTBANDS, &PLAYERS, &SETTINGS]).at_this_instant();
    context.answer(&api, reads, |tables| wristbands::summary(tables, location, &uid, api.now())).await
}
