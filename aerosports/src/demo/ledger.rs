//! What the clients were told, kept so that log and views can be held against it.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use uuid::Uuid;

use super::plugs::Seen;

/// A play as its client knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayOutcome {
    /// Started, and nothing heard of its end.
    Running,
    /// Finished with these points, in the order of the bands.
    Finished(Vec<(Uuid, u32)>),
    /// Aborted.
    Aborted,
}

/// Everything the clients were told.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The venue of the day.
    pub location: Option<Uuid>,
    /// People registered.
    pub players: Vec<Uuid>,
    /// Bands given, with their players.
    pub bands: HashMap<String, Uuid>,
    /// Plays by id.
    pub plays: HashMap<Uuid, PlayOutcome>,
    /// Scans answered good.
    pub good_scans: usize,
    /// Commands answered 2xx.
    pub accepted: usize,
    /// Events those answers stand for, by stream: the last version told.
    pub versions: HashMap<String, u64>,
    /// Commands refused, by problem code.
    pub refused: BTreeMap<String, usize>,
    /// Requests sent again because the server was away.
    pub retried: usize,
    /// How long accepted commands took.
    pub latencies: Vec<Duration>,
    /// The last position told.
    pub position: u64,
    /// The token of the last position told.
    pub token: Option<String>,
    /// What the venue's plugs did, if it has any.
    pub plugs: Option<Seen>,
}

impl Ledger {
    /// Notes an accepted command.
    pub fn accept(&mut self, stream: &str, version: u64, token: &str, took: Duration) {
        self.accepted += 1;
        self.latencies.push(took);
        let known = self.versions.entry(stream.to_owned()).or_default();
        *known = version.max(*known);
        let position = token.split_once('.').and_then(|(_, position)| position.parse().ok()).unwrap_or(0);
        if position >= self.position {
            self.position = position;
            self.token = Some(token.to_owned());
        }
    }

    /// The `share` quantile of the latencies, `share` from 0 to 1.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        quantile(&self.latencies, share)
    }

    /// Plays that finished, as the clients know.
    #[must_use]
    pub fn finished(&self) -> usize {
        self.plays.values().filter(|told| matches!(told, PlayOutcome::Finished(_))).count()
    }
}

/// The `share` quantile of `samples`, `share` from 0 to 1; zero without samples.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index"
)]
pub fn quantile(samples: &[Duration], share: f64) -> Duration {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let index = (sorted.len().saturating_sub(1) as f64 * share.clamp(0.0, 1.0)).round() as usize;
    sorted.get(index).copied().unwrap_or_default()
}
