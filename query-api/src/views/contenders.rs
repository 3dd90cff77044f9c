//! The best players of some days, without adding up the scores of all. A player's sum of bests is at most the sum of
//! the bests of each day, which is kept. So players are looked at closely in the order of that, until the next one
//! could not be among the best any more.

use domain::ids::{LocationId, PlayerId};
use jiff::civil::Date;
use read_store::{list, record};

use super::{
    names::Person,
    ranked::{Ranked, named},
};
use crate::{QueryError, Tables};

record! {
    /// What a player could have at most.
    struct Contender {
        player_id: PlayerId,
        points: u64,
    }
}

record! {
    /// Of how many variants a sum is.
    pub(super) struct Variants {
        variants: u64,
    }
}

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

/// The best `limit` players of `location` by what they did from `first_day` on.
pub(super) async fn best_since(
    tables: &Tables,
    location: LocationId,
    first_day: Date,
    limit: u32,
) -> Result<Vec<((Ranked, Person), Variants)>, QueryError> {
    // Most come once in a while, so that a few times the limit is often enough.
    let mut closely = 4 * limit as usize + 16;
    loop {
        let fetch = i64::try_from(closely).unwrap_or(i64::MAX - 1) + 1;
        let at_most = tables.query(AT_MOST, &[location.into(), first_day.into(), fetch.into()]).await?;
        let at_most = at_most.decode::<Contender>()?;
        let players = list(at_most.iter().take(closely).map(|contender| contender.player_id));
        let sql = named("t.variants AS variants", EXACTLY);
        let params = [location.into(), limit.into(), first_day.into(), players];
        let best = tables.query(&sql, &params).await?.decode::<((Ranked, Person), Variants)>()?;
        let next = at_most.get(closely).map(|contender| contender.points);
        let last = best.get(limit as usize - 1).map(|((ranked, _), _)| ranked.points);
        // With as much, the next might have had it earlier.
        if next.is_none_or(|next| last.is_some_and(|last| last > next)) {
            return Ok(best);
        }
        closely *= 4;
    }
}
