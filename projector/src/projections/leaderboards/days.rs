//! From changed scores to changed days: each player's best a variant and day.

use std::collections::HashMap;

use read_model::leaderboards::{DayBest, Score};
use read_store::{Json, SqlError, Tx};

use super::{
    moved::{DayKey, Moved},
    plays::{ScoreChange, ScoreState},
};
use crate::Context;

/// Writes the days that `changes` touch; which of them have another best now.
pub(super) async fn apply(
    tx: &mut Tx,
    context: &mut Context,
    changes: &[ScoreChange],
) -> Result<Vec<Moved<DayKey>>, SqlError> {
    let mut rows = context.rows::<DayBest>();
    rows.load(tx, changes.iter().map(|change| change.key)).await?;
    let mut before = HashMap::with_capacity(changes.len());
    for change in changes {
        let row = rows.get(&change.key)?;
        before.entry(change.key).or_insert_with(|| row.map(DayBest::best));
        let mut scores = row.map(scores).unwrap_or_default();
        if !fold(&mut scores, change) {
            continue;
        }
        match day(change.key, scores) {
            Some(row) => rows.put(row),
            None => rows.remove(&change.key),
        }
    }
    let mut moved = Vec::with_capacity(before.len());
    for (key, before) in before {
        let after = rows.get(&key)?.map(DayBest::best);
        if after != before {
            moved.push(Moved { key, before, after });
        }
    }
    rows.flush(tx, context).await?;
    Ok(moved)
}

fn scores(row: &DayBest) -> Vec<Score> {
    let mut scores = row.others.0.clone();
    scores.push(row.best());
    scores
}

/// The day's scores after `change`; whether it changes any.
fn fold(scores: &mut Vec<Score>, change: &ScoreChange) -> bool {
    let known = scores.iter().position(|score| score.0 == change.play);
    match (change.to, known) {
        (ScoreState::Scored { points, at }, None) => {
            scores.push(Score(change.play, points, at.as_microsecond()));
            true
        }
        (ScoreState::Corrected { points }, Some(known)) => {
            let score = scores.get_mut(known);
            score.is_some_and(|score| std::mem::replace(&mut score.1, points) != points)
        }
        (ScoreState::Voided, Some(known)) => {
            scores.remove(known);
            true
        }
        // Known already; or voided before, and then no correction brings it back.
        (ScoreState::Scored { .. }, Some(_)) | (ScoreState::Corrected { .. } | ScoreState::Voided, None) => {
            false
        }
    }
}

/// The day's row; none without scores. Its text must not depend on the order in which they came.
fn day(key: DayKey, mut scores: Vec<Score>) -> Option<DayBest> {
    let best = scores.iter().copied().reduce(|best, score| if score.beats(&best) { score } else { best })?;
    scores.retain(|score| score.0 != best.0);
    scores.sort_unstable_by_key(|score| score.0);
    let (location_id, variant_id, local_day, player_id) = key;
    Some(DayBest {
        location_id,
        variant_id,
        local_day,
        player_id,
        points: best.1,
        reached_at: best.reached_at(),
        play_id: best.0,
        others: Json(scores),
    })
}
