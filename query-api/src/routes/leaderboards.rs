//! `GET /v1/locations/{location}/leaderboards`, `…/leaderboards/variants/{variant}` and
//! `…/leaderboards/players/{player}`.

use auth::Permission;
use axum::extract::State;
use domain::ids::{LocationId, PlayerId, VariantId};
use http_api::{Api, Problem, ValidPath, ValidQuery};
use jiff::Timestamp;
use read_model::{leaderboards::LEADERBOARDS, players::PLAYERS, settings::SETTINGS};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Answer, QueryApi, QueryContext, ReadSet,
    page::parse_limit,
    views::{
        leaderboards::{self, Leaderboard, PlayerBests, VariantLeaderboard},
        names::Reader,
        window::{self, Window},
    },
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("leaderboards", "Who is best; voided scores do not count.")
        .query(
            "/v1/locations/{location}/leaderboards",
            Permission::LEADERBOARD_READ,
            "Best players of a venue\n\nBy the sum of each player's best score a variant. Equal sums share a \
             rank; the one reached first is shown first. Without `player:read` there is the `display_name` alone, \
             by the setting `players.display_name`: `first_name_and_initial` unless that says `first_name` or \
             `full_name`; nothing of a minor's last name is shown.",
            board,
        )
        .query(
            "/v1/locations/{location}/leaderboards/variants/{variant}",
            Permission::LEADERBOARD_READ,
            "Best players of a variant\n\nEach with their best score. Equal scores share a rank; the one \
             reached first is shown first.",
            variant,
        )
        .query(
            "/v1/locations/{location}/leaderboards/players/{player}",
            Permission::LEADERBOARD_READ,
            "A player's best score a variant\n\nWith its rank among all players of the variant.",
            player,
        )
}

/// Parameters of a leaderboard.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Standings {
    /// Which scores count: `all` when not sent, `today`, or those of so many days of the venue, today
    /// included: `1d` to `3660d`.
    #[param(pattern = "^(all|today|[1-9][0-9]{0,3}d)$")]
    window: Option<String>,
    /// Most items; 50 when not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Parameters of a player's bests.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Bests {
    /// Which scores count: `all` when not sent, `today`, or those of so many days of the venue, today
    /// included: `1d` to `3660d`.
    #[param(pattern = "^(all|today|[1-9][0-9]{0,3}d)$")]
    window: Option<String>,
}

/// What a player's bests follow from.
fn reads(location: LocationId, window: Window, now: Timestamp) -> ReadSet {
    let reads = ReadSet::at(location, &[&LEADERBOARDS, &PLAYERS]);
    window.period(now).map_or(reads, |period| reads.in_period(period))
}

/// What every board follows from: also from who is of age.
fn reads_names(location: LocationId, reader: Reader, now: Timestamp) -> ReadSet {
    let reads = ReadSet::at(location, &[&LEADERBOARDS, &PLAYERS, &SETTINGS]);
    reads.named_to(reader).in_period(window::period(now))
}

async fn board(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
    ValidQuery(query): ValidQuery<Standings>,
) -> Result<Answer<Leaderboard>, Problem> {
    let (window, limit, now) =
        (Window::parse(query.window.as_deref())?, parse_limit(query.limit)?, api.now());
    let reader = Reader::of(&context.caller);
    let reads = reads_names(location, reader, now);
    let to = (reader, now);
    context.answer(&api, reads, |tables| leaderboards::board(tables, location, window, limit, to)).await
}

async fn variant(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, variant)): ValidPath<(LocationId, VariantId)>,
    ValidQuery(query): ValidQuery<Standings>,
) -> Result<Answer<VariantLeaderboard>, Problem> {
    let (window, limit, now) =
        (Window::parse(query.window.as_deref())?, parse_limit(query.limit)?, api.now());
    let reader = Reader::of(&context.caller);
    let (reads, of) = (reads_names(location, reader, now), (location, variant));
    let to = (reader, now);
    context.answer(&api, reads, |tables| leaderboards::variant(tables, of, window, limit, to)).await
}

async fn player(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, player)): ValidPath<(LocationId, PlayerId)>,
    ValidQuery(query): ValidQuery<Bests>,
) -> Result<Answer<PlayerBests>, Problem> {
    let (window, now) = (Window::parse(query.window.as_deref())?, api.now());
    let (reads, whose) = (reads(location, window, now), (location, player));
    context.answer(&api, reads, |tables| leaderboards::player(tables, whose, window, now)).await
}
