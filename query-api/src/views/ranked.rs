//! Players in the order of their points, with their names and ranks.

use domain::ids::PlayerId;
use read_store::record;

use super::names::COLUMNS;

record! {
    /// A player with points.
    pub(super) struct Ranked {
        player_id: PlayerId,
        points: u64,
    }
}

/// The best `?2` of `players` with their names, and what else `columns` names. Only those shown are looked up.
pub(super) fn named(columns: &str, players: &str) -> String {
    format!(
        "WITH t AS (SELECT * FROM ({players}) s ORDER BY points DESC, reached_at, player_id {{limit ?2}}) \
         SELECT t.player_id AS player_id, {COLUMNS}, \
         t.points AS points, {columns} \
         FROM t LEFT JOIN {{players}} p ON p.player_id = t.player_id \
         ORDER BY t.points DESC, t.reached_at, t.player_id"
    )
}

/// Gives equal points the same rank, the next points that of their place.
#[derive(Default)]
pub(super) struct Ranks {
    shown: u64,
    rank: u64,
    points: Option<u64>,
}

impl Ranks {
    pub(super) fn of(&mut self, points: u64) -> u64 {
        self.shown += 1;
        if self.points != Some(points) {
            (self.rank, self.points) = (self.shown, Some(points));
        }
        self.rank
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_points_share_a_rank_and_the_next_have_that_of_their_place() {
        let mut ranks = Ranks::default();
        assert_eq!([9, 9, 5, 0, 0].map(|points| ranks.of(points)), [1, 1, 3, 4, 4]);
    }
}
