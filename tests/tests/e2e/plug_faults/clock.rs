//! The wall clock of the worker's machine jumps by two hours, as libfaketime plays it, with plugs on.

use aerosports_tests::{WallClock, plugs::Cause};
use serde_json::json;

use super::venue::{Light, Venue};

/// A venue whose worker reads a clock of its own, with lights that follow plays and a fog machine.
struct Jump {
    venue: Venue,
    clock: WallClock,
    light: Light,
    fog: Light,
    follow: String,
}

impl Jump {
    async fn prepare() -> Self {
        let (mut venue, clock) = (Venue::open().await, WallClock::right());
        venue.reports_over_http(&clock.environment()).await;
        let (light, fog) = (venue.light("Lights").await, venue.light("Fog").await);
        let follow = venue.automate(&[&light], "play_started", json!({"type": "while_play"})).await;
        venue.automate(&[&fog], "play_started", json!({"type": "on", "seconds": 4})).await;
        Self { venue, clock, light, fog, follow }
    }

    /// Both are on because of a play, and the clock jumps; the play.
    async fn jump(&self, seconds: i64) -> String {
        let play = self.venue.start_play().await;
        for plug in [&self.light, &self.fog] {
            plug.becomes(true).await;
            self.venue.switch_reported(plug, "on", 1).await;
        }
        self.clock.set(seconds);
        self.fog.becomes(false).await;
        play
    }

    /// While the clock is wrong every event is late, from the past or the future, and once it is right the
    /// next play is followed.
    async fn goes_on(self) {
        let Self { venue, clock, light, fog, follow } = self;
        let late = venue.start_play().await;
        venue.skipped(&follow, "late", 1).await;
        venue.finish_play(&late).await;
        for plug in [&light, &fog] {
            venue.is_off_and_accounted_for(plug).await;
            assert_eq!(plug.states(), [true, false], "nothing came on late");
        }
        clock.set(0);
        let next = venue.start_play().await;
        for plug in [&light, &fog] {
            plug.becomes(true).await;
        }
        venue.finish_play(&next).await;
        for plug in [&light, &fog] {
            plug.becomes(false).await;
            venue.is_off_and_accounted_for(plug).await;
            let changes = plug.plug.changes();
            assert!(changes.iter().all(|change| change.cause == Cause::Request), "{changes:?}");
        }
        venue.acted_on(&follow, 2).await;
    }
}

#[tokio::test]
async fn a_clock_two_hours_ahead_leaves_nothing_on_and_switches_nothing_on_late() {
    let jump = Jump::prepare().await;
    let play = jump.jump(7_200).await;
    // By that clock the play is long over, too.
    jump.light.becomes(false).await;
    jump.venue.finish_play(&play).await;
    jump.goes_on().await;
}

#[tokio::test]
async fn a_clock_two_hours_behind_leaves_nothing_on_and_switches_nothing_on_late() {
    let jump = Jump::prepare().await;
    let play = jump.jump(-7_200).await;
    assert!(jump.light.plug.is_on(), "its play runs");
    jump.venue.finish_play(&play).await;
    jump.light.becomes(false).await;
    jump.goes_on().await;
}
