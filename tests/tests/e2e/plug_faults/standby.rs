//! Two device workers for one location.

use std::{path::Path, process::Command};

use aerosports_tests::{Process, WallClock, plugs::Cause};
use serde_json::json;

use super::venue::{Light, Venue, until};

/// A standby takes over after this; usually it is longer.
const TAKE_OVER: (&str, &str) = ("AEROSPORTS_TAKE_OVER_AFTER", "3s");

/// The result of a query of an SQLite file; `None` when the query fails.
fn asked(file: &Path, query: &str) -> Option<String> {
    let output = Command::new("sqlite3").arg(file).arg(query).output();
    let output = output.expect("no sqlite3: run `apt-get install sqlite3`, or ./tests/run, which does it");
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// Whether the worker has a checkpoint. Events before it are history and switch nothing.
fn has_read_the_log(file: &Path) -> bool {
    asked(file, "SELECT checkpoint FROM worker_meta").is_some_and(|checkpoint| !checkpoint.is_empty())
}

struct Pair {
    venue: Venue,
    standby: Process,
    light: Light,
    follow: String,
}

impl Pair {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The leader is the worker of the services, and has these variables in its environment.
    async fn start_with(environment: &[(&str, &str)]) -> Self {
        let mut venue = Venue::open().await;
        let location = venue.location.clone();
        let file = venue.services.data_dir().join("standby.db");
        let settings = [TAKE_OVER, ("AEROSPORTS_LOCATION", location.as_str())];
        venue.services.device_worker.kill().await.unwrap();
        let leader = [&settings, environment].concat();
        venue.services.device_worker = venue.services.serve_with("device-worker", &leader).await.unwrap();
        let light = venue.light("Lights").await;
        let follow = venue.automate(&[&light], "play_started", json!({"type": "while_play"})).await;
        // A worker reads its plugs once it holds the lease.
        until("a look", async || (!light.plug.heard().is_empty()).then_some(())).await;
        let settings = [&settings[..], &[("AEROSPORTS_DEVICES_FILE", file.to_str().unwrap())]].concat();
        let standby = venue.services.serve_with("device-worker", &settings).await.unwrap();
        until("the standby has read the log", async || has_read_the_log(&file).then_some(())).await;
        Self { venue, standby, light, follow }
    }

    /// One more play, from its start to its end.
    async fn play(&self) {
        let play = self.venue.start_play().await;
        self.light.becomes(true).await;
        self.venue.finish_play(&play).await;
        self.light.becomes(false).await;
    }

    /// Waits until the lease ends in more than an hour, or in less.
    async fn lease_is_long(&self, long: bool) {
        let file = self.venue.services.data_dir().join("events.db");
        let query =
            "SELECT until > (unixepoch() + 3600) * 1000000 FROM leases WHERE name LIKE 'device-worker:%'";
        let expected = u8::from(long).to_string();
        until("the lease", async || (asked(&file, query).as_ref() == Some(&expected)).then_some(())).await;
    }

    /// Each play switched the light on and off once, and only requests switched it.
    async fn ends(self, plays: usize) {
        let Self { venue, light, .. } = self;
        venue.is_off_and_accounted_for(&light).await;
        assert_eq!(light.states(), [true, false].repeat(plays));
        assert!(light.plug.changes().iter().all(|change| change.cause == Cause::Request));
    }
}

#[tokio::test]
async fn one_of_two_workers_switches_and_the_other_takes_over_when_it_is_killed() {
    let mut pair = Pair::start().await;
    pair.play().await;
    pair.play().await;
    pair.venue.switch_reported(&pair.light, "off", 2).await;
    pair.venue.acted_on(&pair.follow, 2).await;
    let play = pair.venue.start_play().await;
    pair.light.becomes(true).await;
    pair.venue.switch_reported(&pair.light, "on", 3).await;
    pair.venue.services.device_worker.kill().await.unwrap();
    pair.venue.finish_play(&play).await;
    pair.light.becomes(false).await;
    pair.play().await;
    pair.venue.acted_on(&pair.follow, 4).await;
    pair.ends(4).await;
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_leaves_its_plugs_to_the_other() {
    let mut pair = Pair::start().await;
    let play = pair.venue.start_play().await;
    pair.light.becomes(true).await;
    pair.venue.switch_reported(&pair.light, "on", 1).await;
    pair.venue.services.device_worker.signal("TERM").await.unwrap();
    assert!(pair.venue.services.device_worker.wait().await.unwrap().success());
    assert_eq!(pair.light.states()[..2], [true, false], "off before it is gone");
    // The play still runs, so the new leader lights it.
    pair.light.becomes(true).await;
    pair.venue.finish_play(&play).await;
    pair.light.becomes(false).await;
    pair.play().await;
    assert!(pair.standby.id().is_some());
    pair.ends(3).await;
}

#[tokio::test]
async fn a_leader_killed_with_its_clock_ahead_keeps_no_standby_out() {
    let clock = WallClock::right();
    let mut pair = Pair::start_with(&clock.environment()).await;
    pair.play().await;
    pair.venue.switch_reported(&pair.light, "off", 1).await;
    clock.set(7_200);
    pair.lease_is_long(true).await;
    pair.venue.services.device_worker.kill().await.unwrap();
    pair.lease_is_long(false).await;
    pair.play().await;
    pair.ends(2).await;
}
