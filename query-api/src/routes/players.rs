//! `GET /v1/locations/{location}/players`, `…/players/{player}`, its `…/wristbands`, and `…/families/{email}`.

use auth::Permission;
use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    values::EmailAddress,
};
use http_api::{Api, Problem, ValidPath, ValidQuery};
use read_model::{locations::LOCATIONS, players::PLAYERS, wristbands::WRISTBANDS};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Answer, QueryApi, QueryContext, QueryError, ReadSet,
    page::{Page, Paging},
    views::{
        families::{self, Family},
        players::{self, Player, PlayerDetail, PlayerFilter},
        visits::{self, Visit},
    },
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("players", "Guardians and their dependants.")
        .query(
            "/v1/locations/{location}/players",
            Permission::PLAYER_READ,
            "People of a venue\n\nThose who joined last first. A search finds the beginnings of words in names, \
             e-mails and bands, whatever their case; several words must all be found. People who are found only \
             without accents, or with `ue` for `ü`, come after the others.",
            list,
        )
        .query(
            "/v1/locations/{location}/players/{player}",
            Permission::PLAYER_READ,
            "One person\n\nWith the dependants of a guardian.",
            one,
        )
        .query(
            "/v1/locations/{location}/players/{player}/wristbands",
            Permission::WRISTBAND_READ,
            "Wristbands and visits of a person\n\nThe periods of time that the person had, the last first, each with \
             its points.",
            wristbands,
        )
        .query(
            "/v1/locations/{location}/families/{email}",
            Permission::PLAYER_READ,
            "The family of an e-mail\n\nAt this venue only; compared whatever the case.",
            family,
        )
}

/// Parameters of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Players {
    /// Words that names, an e-mail or a band begin with.
    search: Option<String>,
    /// `true`: only those with time left on the wristband they wear; `false`: only those without.
    has_time: Option<bool>,
    /// `true`: only those in a play; `false`: only those who are not.
    playing: Option<bool>,
    /// `true`: only those with a pass that is good; `false`: only those without.
    pass: Option<bool>,
    /// Most items on the page; 50 when not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Players {
    fn filter(self) -> PlayerFilter {
        let Self { search, has_time, playing, pass, limit: _, cursor: _ } = self;
        PlayerFilter { search, has_time, playing, pass }
    }
}

fn reads_of(location: LocationId, filter: &PlayerFilter) -> ReadSet {
    if filter.is_about_bands() {
        ReadSet::at(location, &[&PLAYERS, &LOCATIONS, &WRISTBANDS]).at_this_instant()
    } else {
        ReadSet::at(location, &[&PLAYERS, &LOCATIONS])
    }
}

async fn list(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
    ValidQuery(query): ValidQuery<Players>,
) -> Result<Answer<Page<Player>>, Problem> {
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), "players")?;
    let (filter, now) = (query.filter(), api.now());
    let reads = reads_of(location, &filter);
    context.answer(&api, reads, |tables| players::list(tables, location, &filter, &paging, now)).await
}

async fn one(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, player)): ValidPath<(LocationId, PlayerId)>,
) -> Result<Answer<PlayerDetail>, Problem> {
    let reads = ReadSet::at(location, &[&PLAYERS]);
    context.answer(&api, reads, |tables| players::one(tables, location, player)).await
}

/// Parameters of the list of visits.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Visits {
    /// Most items on the page; 50 when not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn wristbands(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, player)): ValidPath<(LocationId, PlayerId)>,
    ValidQuery(query): ValidQuery<Visits>,
) -> Result<Answer<Page<Visit>>, Problem> {
    let (paging, now) = (Paging::parse(query.limit, query.cursor.as_deref(), "visits")?, api.now());
    let reads = ReadSet::at(location, &[&WRISTBANDS, &PLAYERS]).at_this_instant();
    context.answer(&api, reads, |tables| visits::list(tables, location, player, &paging, now)).await
}

async fn family(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, email)): ValidPath<(LocationId, String)>,
) -> Result<Answer<Family>, Problem> {
    // What cannot be an e-mail belongs to no family.
    let email = EmailAddress::new(&email).map_err(|_| QueryError::NotFound)?;
    let reads = ReadSet::at(location, &[&PLAYERS]);
    context.answer(&api, reads, |tables| families::one(tables, location, &email)).await
}
