//! Leaderboards: a venue's players by the sum of their bests, by one variant, and one player's bests.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use shared::{
    domain::{
        ids::{LocationId, PlayerId, VariantId},
        values::TimeZoneName,
    },
    http::Problem,
    sql::{ReadStore, Row, SqlError, Value},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{contenders, window::Window};
use crate::page::items;

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
    /// First name; null once erased.
    pub first_name: Option<String>,
    /// Last name; null once erased.
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
    /// First name; null once erased.
    pub first_name: Option<String>,
    /// Last name; null once erased.
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

const BOARD_OF_ALL: &str = "\
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
    SELECT b.variant_id, b.points, b.play_id, b.reached_at, \
           (SELECT COUNT(*) FROM {leaderboard_best} o WHERE o.location_id = ?1 \
            AND o.variant_id = b.variant_id AND o.points > b.points) \
    FROM {leaderboard_best} b WHERE b.location_id = ?1 AND b.player_id = ?2 ORDER BY b.variant_id";

/// The player's days are found by the player alone: see `contenders`.
const PLAYER_SINCE: &str = "\
    SELECT b.variant_id, b.points, b.play_id, b.reached_at, \
           (SELECT COUNT(DISTINCT o.player_id) FROM {leaderboard_days} o WHERE o.location_id = ?1 \
            AND o.variant_id = b.variant_id AND o.local_day >= ?3 AND o.points > b.points) \
    FROM (SELECT location_id, variant_id, points, play_id, reached_at, \
          ROW_NUMBER() OVER (PARTITION BY variant_id ORDER BY points DESC, reached_at, play_id) AS place \
          FROM {leaderboard_days} WHERE player_id = ?2 AND local_day >= ?3) b \
    WHERE b.place = 1 AND b.location_id = ?1 ORDER BY b.variant_id";

/// The best `limit` players of `location`, by the sum of their best score a variant within `window`.
/// Of equal sums the one reached first is shown first.
///
/// # Errors
/// 404 for a location that never was; 503, 500.
pub async fn board(
    db: &ReadStore,
    location: LocationId,
    window: Window,
    limit: u32,
    now: Timestamp,
) -> Result<Leaderboard, Problem> {
    let rows = if let Some(first_day) = first_day(db, location, window, now).await? {
        contenders::best_since(db, location, first_day, limit).await?
    } else {
        let sql = named("t.points, t.variants", BOARD_OF_ALL);
        db.query(&sql, &[location.into(), limit.into()]).await?
    };
    let mut ranks = Ranks::default();
    let standing = |row: &Row| standing(row, &mut ranks);
    Ok(Leaderboard { window: window.to_string(), items: items(&rows, standing)? })
}

/// The best `limit` players of `location` in one variant within `window`.
///
/// # Errors
/// 404 for a location that never was; 503, 500.
pub async fn variant(
    db: &ReadStore,
    (location, variant): (LocationId, VariantId),
    window: Window,
    limit: u32,
    now: Timestamp,
) -> Result<VariantLeaderboard, Problem> {
    let first_day = first_day(db, location, window, now).await?;
    let mut params: Vec<Value> = vec![location.into(), limit.into(), variant.into()];
    params.extend(first_day.map(Value::from));
    let players = if first_day.is_some() { VARIANT_SINCE } else { VARIANT_OF_ALL };
    let rows = db.query(&named("t.points, t.play_id, t.reached_at", players), &params).await?;
    let mut ranks = Ranks::default();
    Ok(VariantLeaderboard { items: items(&rows, |row| variant_standing(row, &mut ranks))? })
}

/// The best score a variant of one player of `location` within `window`.
///
/// # Errors
/// 404 for a location or a player that never was there; 503, 500.
pub async fn player(
    db: &ReadStore,
    (location, player): (LocationId, PlayerId),
    window: Window,
    now: Timestamp,
) -> Result<PlayerBests, Problem> {
    let first_day = first_day(db, location, window, now).await?;
    let mut params: Vec<Value> = vec![location.into(), player.into()];
    params.extend(first_day.map(Value::from));
    let sql = if first_day.is_some() { PLAYER_SINCE } else { PLAYER_OF_ALL };
    let rows = db.query(sql, &params).await?;
    if rows.is_empty() {
        let known = "SELECT player_id FROM {players} WHERE location_id = ?1 AND player_id = ?2";
        let known = db.query(known, &[location.into(), player.into()]).await?;
        known.first().ok_or_else(Problem::not_found)?;
    }
    Ok(PlayerBests { items: items(&rows, player_best)? })
}

/// The first day that counts; none when all do.
async fn first_day(
    db: &ReadStore,
    location: LocationId,
    window: Window,
    now: Timestamp,
) -> Result<Option<Date>, Problem> {
    let sql = "SELECT time_zone FROM {leaderboard_zones} WHERE location_id = ?1";
    let rows = db.query(sql, &[location.into()]).await?;
    let zone: TimeZoneName = rows.first().ok_or_else(Problem::not_found)?.get(0)?;
    Ok(window.first_day(&zone, now))
}

/// The best of `players` with their names: only those shown are looked up.
pub(super) fn named(columns: &str, players: &str) -> String {
    format!(
        "WITH t AS (SELECT * FROM ({players}) s ORDER BY points DESC, reached_at, player_id {{limit ?2}}) \
         SELECT t.player_id, p.first_name, p.last_name, {columns} \
         FROM t LEFT JOIN {{players}} p ON p.player_id = t.player_id \
         ORDER BY t.points DESC, t.reached_at, t.player_id"
    )
}

/// Gives equal points the same rank, the next points that of their place.
#[derive(Default)]
struct Ranks {
    shown: u64,
    rank: u64,
    points: Option<u64>,
}

impl Ranks {
    fn of(&mut self, points: u64) -> u64 {
        self.shown += 1;
        if self.points != Some(points) {
            (self.rank, self.points) = (self.shown, Some(points));
        }
        self.rank
    }
}

fn standing(row: &Row, ranks: &mut Ranks) -> Result<Standing, SqlError> {
    let points = row.get(3)?;
    Ok(Standing {
        rank: ranks.of(points),
        player_id: row.get(0)?,
        first_name: row.get(1)?,
        last_name: row.get(2)?,
        points,
        variants: row.get(4)?,
    })
}

fn variant_standing(row: &Row, ranks: &mut Ranks) -> Result<VariantStanding, SqlError> {
    let points = row.get(3)?;
    Ok(VariantStanding {
        rank: ranks.of(points),
        player_id: row.get(0)?,
        first_name: row.get(1)?,
        last_name: row.get(2)?,
        points,
        play_id: row.get(4)?,
        at: row.get(5)?,
    })
}

fn player_best(row: &Row) -> Result<PlayerBest, SqlError> {
    let better: u64 = row.get(4)?;
    Ok(PlayerBest {
        variant_id: row.get(0)?,
        points: row.get(1)?,
        play_id: row.get(2)?,
        at: row.get(3)?,
        rank: better + 1,
    })
}
