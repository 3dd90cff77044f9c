//! Where reports go. The worker knows no HTTP: its caller supplies how command-api is reached.

use std::net::SocketAddr;

use async_trait::async_trait;
use domain::{
    ids::LocationId,
    plug::{Model, PlugIdentity},
    values::Name,
};

/// How command-api is reached.
#[async_trait]
pub trait ReportSink: Send + Sync {
    /// Hands over at most 100 reports, each JSON as the bulk route takes it; an answer each, in order.
    /// Sending a report again has no further effect.
    ///
    /// # Errors
    /// When it cannot be reached or gave no answer to the whole: all of it is sent again later.
    async fn send(&self, location: LocationId, reports: &[String]) -> anyhow::Result<Vec<Answer>>;

    /// Registers a plug that discovery found.
    ///
    /// # Errors
    /// When it was not registered; the next discovery tries again.
    async fn register(&self, location: LocationId, plug: &FoundPlug) -> anyhow::Result<()>;
}

/// What became of one report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// An HTTP status.
    pub status: u16,
    /// Why not, where it was not taken.
    pub code: Option<String>,
}

impl Answer {
    /// Whether it was taken.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the same report may be taken another time: it was not refused for what it says.
    #[must_use]
    pub fn may_change(&self) -> bool {
        self.status >= 500 || matches!(self.status, 408 | 425 | 429)
    }
}

/// A plug that is not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPlug {
    /// What tells it from every other plug.
    pub identity: PlugIdentity,
    /// What it calls its model.
    pub model: Model,
    /// What its owner called it; its model, where nothing of that shows.
    pub name: Name,
    /// Where it is.
    pub address: SocketAddr,
    /// Whether it measures.
    pub has_energy_meter: bool,
}
