//! A process's HTTP server and its readiness: they exist before the store is open.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use bus::SharedBus;
use domain::log::Head;
use http_api::{About, Api, Check, HttpConfig, Origins, Pipeline, Readiness, Server};
use read_store::ReadStore;
use runtime::{
    config::{SettingError, Settings},
    lifecycle::Tasks,
    log_clock::LogClock,
};
use store::{EventLog, SharedStore};
use tokio::{net::TcpListener, time::timeout};

use super::clock_watch::{CLOCK, ClockWatch};
use crate::settings::declared::TRUSTED_PROXIES;

/// A store that needs longer than this for its head is not ready.
const LONGEST_LOOK: Duration = Duration::from_secs(3);
/// How often the dependencies behind `/readyz` are looked at.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The readiness check of the store, and its message during an outage.
const EVENT_STORE: &str = "event_store";
const AWAY: &str = "the event store cannot be reached";

const ABOUT: About = About {
    title: "AeroSports",
    version: env!("CARGO_PKG_VERSION"),
    description: "The central backend of activity venues. Commands are `POST`s that answer once they are \
                  durable, with a token; queries are `GET`s that can wait for a token.",
};

/// A process's tasks, readiness and HTTP server: what there is before the store is open.
#[derive(Clone)]
pub struct Front {
    tasks: Tasks,
    readiness: Readiness,
    config: HttpConfig,
}

impl Front {
    /// Of a process with these tasks.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(tasks: Tasks, settings: &Settings) -> Result<Self, SettingError> {
        let readiness = Readiness::new(tasks.soft());
        let trusted_proxies = settings.find(&TRUSTED_PROXIES)?.unwrap_or_default();
        let config = HttpConfig { trusted_proxies, ..HttpConfig::default() };
        Ok(Self { tasks, readiness, config })
    }

    /// For starting tasks and for their tokens.
    #[must_use]
    pub fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }

    /// What `/readyz` says.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Answers `api`, health and the document on `listener`; where that listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn answer(&self, api: Api, listener: TcpListener) -> Result<SocketAddr> {
        let (router, _) = api.finish(ABOUT, self.readiness.clone());
        let pipeline = Pipeline::new(router, self.config.clone(), Origins::default(), super::clock());
        let server = Server::on(listener, pipeline);
        let address = server.local_address().context("asking for the port")?;
        let (soft, hard) = (self.tasks.soft(), self.tasks.hard());
        self.tasks.spawn("http", async move {
            server.serve(soft, hard).await;
            Ok(())
        });
        Ok(address)
    }

    /// Reports not ready until the store is reached.
    pub fn await_store(&self) {
        self.readiness.check(EVENT_STORE).failed(AWAY);
    }

    /// Lets `/readyz` say whether the read tables, which this process writes, can be written.
    pub fn watch_read_tables(&self, db: ReadStore) {
        let (check, stop) = (self.readiness.check("read_store"), self.tasks.soft());
        self.tasks.spawn("readiness of the read store", async move {
            while !stop.is_cancelled() {
                match db.unwritable() {
                    Some(why) => check.failed(why),
                    None => check.ready(),
                }
                stop.run_until_cancelled(tokio::time::sleep(CHECK_EVERY)).await;
            }
            Ok(())
        });
    }

    /// Lets `/readyz` say whether store and bus can be used, and `clock` know what is recorded.
    pub fn watch_dependencies(&self, store: SharedStore, bus: SharedBus, clock: Arc<LogClock>) {
        let (store_check, bus_check) = (self.readiness.check(EVENT_STORE), self.readiness.check("bus"));
        let mut clock_watch = ClockWatch::new(clock, self.readiness.check(CLOCK));
        let stop = self.tasks.soft();
        self.tasks.spawn("readiness", async move {
            while !stop.is_cancelled() {
                let head = look(&*store, &store_check).await;
                clock_watch.look(&*store, head).await;
                match bus.status().alarm {
                    Some(alarm) if alarm.concerns_the_log() => bus_check.failed(alarm.advice()),
                    Some(alarm) => bus_check.degraded(alarm.advice()),
                    None => bus_check.ready(),
                }
                tokio::select! {
                    () = tokio::time::sleep(CHECK_EVERY) => {}
                    () = stop.cancelled() => {}
                }
            }
            Ok(())
        });
    }
}

async fn look(store: &dyn EventLog, check: &Check) -> Option<Head> {
    let head = timeout(LONGEST_LOOK, store.head()).await.ok().and_then(Result::ok);
    match (head, store.unwritable()) {
        (Some(_), None) => check.ready(),
        (Some(_), Some(why)) => check.failed(why),
        (None, _) => check.failed(AWAY),
    }
    head
}
