//! From changed bests to each player's sum.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::ids::LocationId;
use jiff::Timestamp;
use read_model::leaderboards::{PlayerBest, PlayerTotal, Score};
use read_store::{Record as _, SqlError, Tx, list};

use super::moved::{BestKey, Moved, TotalKey};
use crate::{Context, Rows};

/// Writes the sums that `bests` change. The bests must be written.
pub(super) async fn apply(
    tx: &mut Tx,
    context: &mut Context,
    bests: &[Moved<BestKey>],
) -> Result<(), SqlError> {
    let mut rows = context.rows::<PlayerTotal>();
    rows.load(tx, bests.iter().map(|best| total_key(best.key))).await?;
    let mut fallen = HashSet::new();
    for best in bests {
        let key = total_key(best.key);
        match (best.before, best.after) {
            (None, Some(after)) => rows.put(added(rows.get(&key)?, key, after)),
            // What the sum counts only grew later, so the last play it counts is known.
            (Some(before), Some(after)) if after.2 >= before.2 => {
                rows.put(replaced(rows.get(&key)?, key, before, after));
            }
            _ => _ = fallen.insert(key),
        }
    }
    add_again(tx, &mut rows, &fallen).await?;
    rows.flush(tx, context).await
}

fn total_key((location, player, _): BestKey) -> TotalKey {
    (location, player)
}

fn nothing((location_id, player_id): TotalKey) -> PlayerTotal {
    PlayerTotal { location_id, player_id, points: 0, variants: 0, reached_at: Timestamp::MIN }
}

fn added(known: Option<&PlayerTotal>, key: TotalKey, best: Score) -> PlayerTotal {
    let known = known.cloned().unwrap_or_else(|| nothing(key));
    PlayerTotal {
        points: known.points + u64::from(best.1),
        variants: known.variants + 1,
        reached_at: known.reached_at.max(best.reached_at()),
        ..known
    }
}

fn replaced(known: Option<&PlayerTotal>, key: TotalKey, before: Score, after: Score) -> PlayerTotal {
    let known = known.cloned().unwrap_or_else(|| nothing(key));
    PlayerTotal {
        points: (known.points + u64::from(after.1)).saturating_sub(u64::from(before.1)),
        reached_at: known.reached_at.max(after.reached_at()),
        ..known
    }
}

/// Sums that lost something: added up from all bests that are left.
async fn add_again(
    tx: &mut Tx,
    rows: &mut Rows<PlayerTotal>,
    fallen: &HashSet<TotalKey>,
) -> Result<(), SqlError> {
    let mut players: BTreeMap<LocationId, BTreeSet<_>> = BTreeMap::new();
    for (location, player) in fallen {
        players.entry(*location).or_default().insert(*player);
        rows.remove(&(*location, *player));
    }
    let columns = PlayerBest::select("b");
    let sql = format!(
        "SELECT {columns} FROM {{leaderboard_best}} b WHERE b.location_id = ?1 AND b.player_id IN {{list ?2}}"
    );
    for (location, players) in players {
        for best in tx.query(&sql, &[location.into(), list(players)]).await?.decode::<PlayerBest>()? {
            let key = (location, best.player_id);
            rows.put(added(rows.get(&key)?, key, best.best()));
        }
    }
    Ok(())
}
