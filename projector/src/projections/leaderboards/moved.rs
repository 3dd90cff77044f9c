//! How bests change from one step to the next, and under which keys.

use domain::ids::{LocationId, PlayerId, VariantId};
use jiff::civil::Date;
use read_model::leaderboards::Score;

/// Key of [`DayBest`](read_model::leaderboards::DayBest).
pub(super) type DayKey = (LocationId, VariantId, Date, PlayerId);
/// Key of [`PlayerBest`](read_model::leaderboards::PlayerBest).
pub(super) type BestKey = (LocationId, PlayerId, VariantId);
/// Key of [`PlayerTotal`](read_model::leaderboards::PlayerTotal).
pub(super) type TotalKey = (LocationId, PlayerId);

/// How the best of one key changed in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moved<K> {
    pub(super) key: K,
    pub(super) before: Option<Score>,
    pub(super) after: Option<Score>,
}
