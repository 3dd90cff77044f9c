//! How a worker is set up.

use std::{path::PathBuf, time::Duration};

use domain::{ids::LocationId, plug::PlugNetworks};
use runtime::retry::Delays;
use tplink_hs1xx::Options;

use crate::{actor::Timing, discovery::Search, engine::Rules};

/// Pauses between tries of what is out of reach: they grow from the first to the longest.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    /// After a first failure.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

impl Pauses {
    /// The pauses, one after the other.
    #[must_use]
    pub fn delays(self) -> Delays {
        Delays::new(self.first, self.longest)
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Config {
    /// The worker's own file.
    pub file: PathBuf,
    /// The one location it serves; without it, every location of the log.
    pub location: Option<LocationId>,
    /// Names this worker in leases; without it, a name that its file keeps.
    pub owner: Option<String>,
    /// After this without renewal another worker takes a location over.
    pub lease_ttl: Duration,
    /// How long things are respected.
    pub rules: Rules,
    /// How often and how patiently plugs are talked to.
    pub timing: Timing,
    /// Deadlines of one request to a plug.
    pub client: Options,
    /// Where plugs are searched for; none searches nowhere.
    pub search: Option<Search>,
    /// Where plugs may be; nothing else is connected to.
    pub plug_networks: PlugNetworks,
    /// Pauses between tries to read the log.
    pub log_retry: Pauses,
    /// Pauses between tries to send reports that were not taken.
    pub report_retry: Pauses,
    /// Longest wait, at the stop, for plugs to be off.
    pub stop_within: Duration,
    /// Longest wait, at the start, for the log: after that the worker goes on with what it knows.
    pub catch_up_within: Duration,
}

impl Config {
    /// The usual set-up with its file at `file`.
    #[must_use]
    pub fn new(file: PathBuf) -> Self {
        Self {
            file,
            location: None,
            owner: None,
            lease_ttl: Duration::from_secs(15),
            rules: Rules::default(),
            timing: Timing::default(),
            client: Options::default(),
            search: Some(Search::default()),
            plug_networks: PlugNetworks::default(),
            log_retry: Pauses { first: Duration::from_millis(100), longest: Duration::from_secs(5) },
            report_retry: Pauses { first: Duration::from_millis(200), longest: Duration::from_secs(30) },
            stop_within: Duration::from_secs(5),
            catch_up_within: Duration::from_secs(3),
        }
    }
}
