//! The best players of some days, without adding up everybody's: nobody's sum of bests is more than the
//! sum of the bests of each day, which is kept. So players are looked at closely in the order of that,
//! until the next could not get onto the board any more.

use jiff::civil::Date;
use shared::{
    domain::ids::{LocationId, PlayerId},
    sql::{ReadStore, Row, SqlError, list},
};

use super::leaderboards::named;

/// Who could have how much at most, the most first.
const AT_MOST: &str = "\
    SELECT player_id, SUM(points) AS points FROM {leaderboard_player_days} \
    WHERE location_id = ?1 AND local_day >= ?2 GROUP BY player_id \
    ORDER BY points DESC, player_id {limit ?3}";

/// What some players do have. Their days are found by the player alone, who belongs to one venue: a
/// planner that may use the venue as well reads all of its days.
const EXACTLY: &str = "\
    SELECT player_id, SUM(points) AS points, COUNT(*) AS variants, MAX(reached_at) AS reached_at \
    FROM (SELECT location_id, player_id, points, reached_at, \
          ROW_NUMBER() OVER (PARTITION BY player_id, variant_id ORDER BY points DESC, reached_at) AS place \
          FROM {leaderboard_days} WHERE player_id IN {list ?4} AND local_day >= ?3) d \
    WHERE place = 1 AND location_id = ?1 GROUP BY player_id";

/// The best `limit` players of `location` by what they did from `first_day` on: player, names, points,
/// variants.
pub(super) async fn best_since(
    db: &ReadStore,
    location: LocationId,
    first_day: Date,
    limit: u32,
) -> Result<Vec<Row>, SqlError> {
    // Most come once in a while, so that a few times the board is often enough.
    let mut closely = 4 * limit as usize + 16;
    loop {
        let fetch = i64::try_from(closely).unwrap_or(i64::MAX - 1) + 1;
        let at_most = db.query(AT_MOST, &[location.into(), first_day.into(), fetch.into()]).await?;
        let players = at_most.iter().take(closely).map(|row| row.get::<PlayerId>(0));
        let players = list(players.collect::<Result<Vec<_>, _>>()?);
        let sql = named("t.points, t.variants", EXACTLY);
        let rows = db.query(&sql, &[location.into(), limit.into(), first_day.into(), players]).await?;
        let next = at_most.get(closely).map(|row| row.integer(1)).transpose()?;
        let last = rows.get(limit as usize - 1).map(|row| row.integer(3)).transpose()?;
        // With as much, the next might have had it earlier.
        if next.is_none_or(|next| last.is_some_and(|last| last > next)) {
            return Ok(rows);
        }
        closely *= 4;
    }
}
