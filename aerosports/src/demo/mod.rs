//! A simulated Saturday through the public HTTP API: families arrive, sign, get bands, play in eight
//! rooms with thirty variants, scores come in. Knows the server only by its API, so the same day runs
//! against `up`, against separate services, and against a server that is killed meanwhile.

pub mod api;
pub mod audit;
pub mod command;
pub mod families;
pub mod ledger;
pub mod plugs;
pub mod venue;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::sync::Mutex;

use api::Api;
use families::Family;
use ledger::Ledger;
use plugs::Plugs;
use venue::Venue;

use crate::client::Observer;

/// Where the services are.
#[derive(Clone, Debug)]
pub struct Target {
    /// Takes `POST`s.
    pub command: SocketAddr,
    /// Takes `GET`s; the same address in `up`.
    pub query: SocketAddr,
    /// A key of kind `admin`.
    pub api_key: String,
    /// Sees every answer of the command API, and every answer of the query API.
    pub observers: Option<[Observer; 2]>,
}

/// What kind of day.
#[derive(Clone, Debug)]
pub struct Day {
    /// The same seed gives the same families that want the same things.
    pub seed: u64,
    /// How many people come.
    pub guests: usize,
    /// Simulated seconds a second; 0 for as fast as the server answers.
    pub speed: f64,
    /// How many families are served at the same time.
    pub parallel: usize,
    /// How long a request is repeated, with its `Idempotency-Key`, while the server is away.
    pub patience: Duration,
    /// Whether the venue has simulated plugs, on this machine: needs a device worker that serves every
    /// location, as `up` has one.
    pub plugs: bool,
}

impl Default for Day {
    fn default() -> Self {
        Self {
            seed: 7,
            guests: 600,
            speed: 0.0,
            parallel: 32,
            patience: Duration::from_mins(1),
            plugs: false,
        }
    }
}

/// Runs the day; `progress` is told after every family that went home.
///
/// # Errors
/// When the server stays away longer than the day's patience or answers what no client can go on from.
pub async fn run(target: &Target, day: &Day, progress: impl Fn(usize, &Ledger) + Sync) -> Result<Ledger> {
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut rng = StdRng::seed_from_u64(day.seed);
    let mut desk = Api::new(target, day, ledger.clone());
    let mut venue = Venue::open(&mut desk, day.seed).await.context("opening the venue")?;
    if day.plugs {
        venue.plugs = Some(Plugs::install(&mut desk, &venue).await.context("plugging in")?);
    }
    let venue = Arc::new(venue);
    let families = families::arrivals(&mut rng, day.guests);
    let waiting = Arc::new(Mutex::new(families.into_iter()));
    let workers = (0..day.parallel.max(1)).map(|_| {
        let api = Api::new(target, day, ledger.clone());
        visits(api, venue.clone(), waiting.clone(), day, &progress)
    });
    try_join_all(workers).await?;
    let mut venue = Arc::into_inner(venue).context("a family is still in the venue")?;
    let plugs = match venue.plugs.take() {
        Some(plugs) => Some(plugs.close(&mut desk, &venue).await.context("closing the venue")?),
        None => None,
    };
    drop(desk);
    let mut ledger = Arc::into_inner(ledger).context("a family is still in the venue")?.into_inner();
    ledger.location = Some(venue.location);
    ledger.plugs = plugs;
    Ok(ledger)
}

async fn visits(
    mut api: Api,
    venue: Arc<Venue>,
    waiting: Arc<Mutex<std::vec::IntoIter<Family>>>,
    day: &Day,
    progress: &(impl Fn(usize, &Ledger) + Sync),
) -> Result<()> {
    loop {
        let Some(family) = waiting.lock().await.next() else { return Ok(()) };
        let members = family.members();
        let pause = (day.speed > 0.0).then(|| Duration::from_secs_f64(60.0 / day.speed));
        family.visit(&mut api, &venue, pause).await.context("a family's visit")?;
        progress(members, &*api.ledger().await);
    }
}
