//! Leaderboards: a venue's players by the sum of their bests, by one variant, and one player's bests.

use domain::{
    ids::{LocationId, PlayerId, VariantId},
    values::TimeZoneName,
};
use jiff::{Timestamp, civil::Date};
use read_store::{Value, record};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    contenders::{self, Variants},
    names::{Naming, Person, Reader},
    ranked::{Ranked, Ranks, named},
    window::Window,
};
use crate::{QueryError, Tables};

/// Players by the sum of their bests.
#[derive(Debug, Serialize, ToSchema)]
pub struct Leaderboard {
    /// Which scores count: `all`, `today`, or so many days such as `90d`.
    pub window: String,
    /// The best first.
    pub items: Vec<Standing>,
}

/// A player's place.
#[derive(Debug, Serialize, ToSchema)]
pub struct Standing {
    /// From 1; the same for the same points.
    pub rank: u64,
    /// Who.
    pub player_id: Uuid,
    /// What the venue calls the player on screens; null once erased.
    pub display_name: Option<String>,
    /// First name; null once erased, and without `player:read`.
    pub first_name: Option<String>,
    /// Last name; null once erased, and without `player:read`.
    pub last_name: Option<String>,
    /// The sum of the player's best score a variant.
    pub points: u64,
    /// Of how many variants.
    pub variants: u64,
}

/// Players by their best score in one variant.
#[derive(Debug, Serialize, ToSchema)]
pub struct VariantLeaderboard {
    /// The best first.
    pub items: Vec<VariantStanding>,
}

/// A player's place in one variant.
#[derive(Debug, Serialize, ToSchema)]
pub struct VariantStanding {
    /// From 1; the same for the same points.
    pub rank: u64,
    /// Who.
    pub player_id: Uuid,
    /// What the venue calls the player on screens; null once erased.
    pub display_name: Option<String>,
    /// First name; null once erased, and without `player:read`.
    pub first_name: Option<String>,
    /// Last name; null once erased, and without `player:read`.
    pub last_name: Option<String>,
    /// The player's best score.
    pub points: u64,
    /// In which play.
    pub play_id: Uuid,
    /// When that ended.
    pub at: Timestamp,
}

/// One player's best score a variant.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlayerBests {
    /// In the order of the variants' ids.
    pub items: Vec<PlayerBest>,
}

/// A player's best score in one variant.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlayerBest {
    /// Which variant.
    pub variant_id: Uuid,
    /// The best score.
    pub points: u64,
    /// In which play.
    pub play_id: Uuid,
    /// When that ended.
    pub at: Timestamp,
    /// From 1, among the players of that variant; the same for the same points.
    pub rank: u64,
}

const PLAYERS_OF_ALL: &str = "\
    SELECT player_id, points, variants, reached_at FROM {leaderboard_totals} WHERE location_id = ?1";

const VARIANT_OF_ALL: &str = "\
    SELECT player_id, points, play_id, reached_at FROM {leaderboard_best} \
    WHERE location_id = ?1 AND variant_id = ?3";

const VARIANT_SINCE: &str = "\
    SELECT player_id, points, play_id, reached_at \
    FROM (SELECT player_id, points, play_id, reached_at, \
          ROW_NUMBER() OVER (PARTITION BY player_id ORDER BY points DESC, reached_at, play_id) AS place \
          FROM {leaderboard_days} WHERE location_id = ?1 AND variant_id = ?3 AND local_day >= ?4) d \
    WHERE place = 1";

const PLAYER_OF_ALL: &str = "\
    SELECT b.variant_id AS variant_id, b.points AS points, b.play_id AS play_id, b.reached_at AS reached_at, \
           (SELECT COUNT(*) FROM {leaderboard_best} o WHERE o.location_id = ?1 \
            AND o.variant_id = b.variant_id AND o.points > b.points) AS better \
    FROM {leaderboard_best} b WHERE b.location_id = ?1 AND b.player_id = ?2 ORDER BY b.variant_id";

/// The player's days are found by the player alone: see `contenders`.
const PLAYER_SINCE: &str = "\
    SELECT b.variant_id AS variant_id, b.points AS points, b.play_id AS play_id, b.reached_at AS reached_at, \
           (SELECT COUNT(DISTINCT o.player_id) FROM {leaderboard_days} o WHERE o.location_id = ?1 \
            AND o.variant_id = b.variant_id AND o.local_day >= ?3 AND o.points > b.points) AS better \
    FROM (SELECT location_id, variant_id, points, play_id, reached_at, \
          ROW_NUMBER() OVER (PARTITION BY variant_id ORDER BY points DESC, reached_at, play_id) AS place \
          FROM {leaderboard_days} WHERE player_id = ?2 AND local_day >= ?3) b \
    WHERE b.place = 1 AND b.location_id = ?1 ORDER BY b.variant_id";

/// The best `limit` players of `location`, by the sum of their best score a variant within `window`.
/// Of equal sums the one reached first is shown first.
///
/// # Errors
/// `NotFound` for a location that never was; `Sql`.
pub async fn board(
    tables: Tables,
    location: LocationId,
    window: Window,
    limit: u32,
    (reader, now): (Reader, Timestamp),
) -> Result<Leaderboard, QueryError> {
    let naming = Naming::at(&tables, location, reader, now).await?;
    let best = if let Some(first_day) = first_day(&tables, location, window, now).await? {
        contenders::best_since(&tables, location, first_day, limit).await?
    } else {
        let sql = named("t.variants AS variants", PLAYERS_OF_ALL);
        tables.query(&sql, &[location.into(), limit.into()]).await?.decode()?
    };
    let mut ranks = Ranks::default();
    let items = best.into_iter().map(|row| standing(row, &naming, &mut ranks)).collect();
    Ok(Leaderboard { window: window.to_string(), items })
}

/// The best `limit` players of `location` in one variant within `window`.
///
/// # Errors
/// `NotFound` for a location that never was; `Sql`.
pub async fn variant(
    tables: Tables,
    (location, variant): (LocationId, VariantId),
    window: Window,
    limit: u32,
    (reader, now): (Reader, Timestamp),
) -> Result<VariantLeaderboard, QueryError> {
    let naming = Naming::at(&tables, location, reader, now).await?;
    let first_day = first_day(&tables, location, window, now).await?;
    let mut params: Vec<Value> = vec![location.into(), limit.into(), variant.into()];
    params.extend(first_day.map(Value::from));
    let players = if first_day.is_some() { VARIANT_SINCE } else { VARIANT_OF_ALL };
    let sql = named("t.play_id AS play_id, t.reached_at AS reached_at", players);
    let best = tables.query(&sql, &params).await?.decode::<((Ranked, Person), BestPlay)>()?;
    let mut ranks = Ranks::default();
    let items = best.into_iter().map(|row| variant_standing(row, &naming, &mut ranks)).collect();
    Ok(VariantLeaderboard { items })
}

/// The best score a variant of one player of `location` within `window`.
///
/// # Errors
/// `NotFound` for a location or a player that never was there; `Sql`.
pub async fn player(
    tables: Tables,
    (location, player): (LocationId, PlayerId),
    window: Window,
    now: Timestamp,
) -> Result<PlayerBests, QueryError> {
    let first_day = first_day(&tables, location, window, now).await?;
    let mut params: Vec<Value> = vec![location.into(), player.into()];
    params.extend(first_day.map(Value::from));
    let sql = if first_day.is_some() { PLAYER_SINCE } else { PLAYER_OF_ALL };
    let rows = tables.query(sql, &params).await?;
    if rows.is_empty() {
        let known = "SELECT player_id FROM {players} WHERE location_id = ?1 AND player_id = ?2";
        if tables.query(known, &[location.into(), player.into()]).await?.is_empty() {
            return Err(QueryError::NotFound);
        }
    }
    Ok(PlayerBests { items: rows.decode::<BestRow>()?.into_iter().map(Into::into).collect() })
}

/// The first day that counts; none when all do.
async fn first_day(
    tables: &Tables,
    location: LocationId,
    window: Window,
    now: Timestamp,
) -> Result<Option<Date>, QueryError> {
    let sql = "SELECT time_zone FROM {leaderboard_zones} WHERE location_id = ?1";
    let rows = tables.query(sql, &[location.into()]).await?;
    let zone: TimeZoneName = rows.cell("time_zone")?.ok_or(QueryError::NotFound)?;
    Ok(window.first_day(&zone, now))
}

record! {
    /// The play of a best score.
    struct BestPlay {
        play_id: Uuid,
        reached_at: Timestamp,
    }
}

record! {
    /// A player's best score in one variant.
    struct BestRow {
        variant_id: Uuid,
        points: u64,
        play_id: Uuid,
        reached_at: Timestamp,
        /// How many players have more.
        better: u64,
    }
}

fn standing(
    ((player, person), Variants { variants }): ((Ranked, Person), Variants),
    naming: &Naming,
    ranks: &mut Ranks,
) -> Standing {
    let names = naming.of(person);
    Standing {
        rank: ranks.of(player.points),
        player_id: player.player_id.0,
        display_name: names.display,
        first_name: names.first,
        last_name: names.last,
        points: player.points,
        variants,
    }
}

fn variant_standing(
    ((player, person), play): ((Ranked, Person), BestPlay),
    naming: &Naming,
    ranks: &mut Ranks,
) -> VariantStanding {
    let names = naming.of(person);
    VariantStanding {
        rank: ranks.of(player.points),
        player_id: player.player_id.0,
        display_name: names.display,
        first_name: names.first,
        last_name: names.last,
        points: player.points,
        play_id: play.play_id,
        at: play.reached_at,
    }
}

impl From<BestRow> for PlayerBest {
    fn from(row: BestRow) -> Self {
        Self {
            variant_id: row.variant_id,
            points: row.points,
            play_id: row.play_id,
            at: row.reached_at,
            rank: row.better + 1,
        }
    }
}
