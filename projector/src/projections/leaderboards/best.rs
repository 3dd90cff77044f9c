//! From changed days to each player's best ever a variant.

use std::collections::{BTreeSet, HashMap, HashSet};

use read_model::leaderboards::PlayerBest;
use read_store::{Record as _, SqlError, Tx, list};

use super::moved::{BestKey, DayKey, Moved};
use crate::{Context, Rows};

/// Writes the bests that `days` move; which of them are others now. The days must be written.
pub(super) async fn apply(
    tx: &mut Tx,
    context: &mut Context,
    days: &[Moved<DayKey>],
) -> Result<Vec<Moved<BestKey>>, SqlError> {
    let mut rows = context.rows::<PlayerBest>();
    rows.load(tx, days.iter().map(|day| best_key(day.key))).await?;
    let mut before = HashMap::with_capacity(days.len());
    let mut fallen = HashSet::new();
    for day in days {
        let key = best_key(day.key);
        let known = rows.get(&key)?.map(PlayerBest::best);
        before.entry(key).or_insert(known);
        match day.after {
            Some(after) if known.is_none_or(|known| after.beats(&known)) => {
                rows.put(PlayerBest::of(key, after));
            }
            _ if known == day.before => _ = fallen.insert(key),
            _ => {}
        }
    }
    choose_again(tx, &mut rows, &fallen).await?;
    let mut moved = Vec::with_capacity(before.len());
    for (key, before) in before {
        let after = rows.get(&key)?.map(PlayerBest::best);
        if after != before {
            moved.push(Moved { key, before, after });
        }
    }
    rows.flush(tx, context).await?;
    Ok(moved)
}

fn best_key((location, variant, _, player): DayKey) -> BestKey {
    (location, player, variant)
}

/// Bests that were corrected or voided: the best of all days that are left.
async fn choose_again(
    tx: &mut Tx,
    rows: &mut Rows<PlayerBest>,
    fallen: &HashSet<BestKey>,
) -> Result<(), SqlError> {
    if fallen.is_empty() {
        return Ok(());
    }
    for key in fallen {
        rows.remove(key);
    }
    // By the player alone: no planner may think that a venue's rows are fewer.
    let sql = "SELECT location_id, player_id, variant_id, play_id, points, reached_at FROM {leaderboard_days} \
               WHERE player_id IN {list ?1}";
    let players: BTreeSet<_> = fallen.iter().map(|(_, player, _)| *player).collect();
    for day in tx.query(sql, &[list(players)]).await?.decode::<PlayerBest>()? {
        let (key, score) = (day.key(), day.best());
        if fallen.contains(&key) && rows.get(&key)?.is_none_or(|known| score.beats(&known.best())) {
            rows.put(PlayerBest::of(key, score));
        }
    }
    Ok(())
}
