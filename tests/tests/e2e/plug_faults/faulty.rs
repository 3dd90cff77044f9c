//! Plugs misbehave when the play that wants them on ends, and behave again later.

use std::time::Duration;

use aerosports_tests::plugs::{Cause, Fault, Model};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::venue::{Light, Venue, until};

/// How long a play's start wants them on.
const ON_FOR: Duration = Duration::from_secs(5);
/// Long enough for a late ON to show after a plug behaves again.
const LATE: Duration = Duration::from_secs(3);

fn faults() -> Vec<Fault> {
    vec![
        Fault::Refuse,
        Fault::Mute,
        Fault::HalfClose,
        Fault::HangUp,
        Fault::Garbage,
        Fault::Drip(Duration::from_millis(500)),
        Fault::StuckRelay,
        Fault::Refusal { method: Some("set_relay_state"), code: -3 },
    ]
}

struct Faulty {
    light: Light,
    fault: Fault,
}

impl Faulty {
    /// The plug obeys, but its answer comes too late.
    fn obeys(&self) -> bool {
        matches!(self.fault, Fault::Drip(_))
    }
}

/// Its failure is in its history and in the automation's log, each with a reason.
async fn failure_is_reported(venue: &Venue, follow: &str, faulty: &Faulty, state: &str, since: u64) {
    let is_new = |entry: &Value| entry["position"].as_u64().unwrap() > since;
    let in_history = |fact: &Value| match fact["fact"].as_str() {
        Some("unreachable") => true,
        Some("refused") => fact["state"] == state,
        _ => false,
    };
    let what = format!("{:?} while it is to be {state}", faulty.fault);
    let history = async || venue.history(&faulty.light).await;
    let reported =
        until(&what, async || history().await.into_iter().find(|fact| is_new(fact) && in_history(fact)));
    assert!(!reported.await["reason"].as_str().unwrap().is_empty());
    let failed = until(&what, async || {
        let of_it = |entry: &Value| entry["fact"] == "failed" && entry["plug_id"] == faulty.light.id.as_str();
        venue.log_of(follow).await.into_iter().find(|entry| is_new(entry) && of_it(entry))
    });
    assert!(!failed.await["reason"].as_str().unwrap().is_empty());
}

/// The last position that the automation's log tells of.
async fn now(venue: &Venue, follow: &str) -> u64 {
    venue.log_of(follow).await.last().and_then(|entry| entry["position"].as_u64()).unwrap()
}

#[tokio::test]
async fn what_ends_while_its_plug_misbehaves_is_off_afterwards_and_never_comes_on_late() {
    let venue = Venue::open().await;
    let mut plugs = Vec::new();
    for fault in faults() {
        // Its own timer would do what is asked for here.
        let light = venue.light_of(Model::plug(&format!("{fault:?}")).without_countdown()).await;
        plugs.push(Faulty { light, fault });
    }
    let lights: Vec<&Light> = plugs.iter().map(|faulty| &faulty.light).collect();
    let seconds = ON_FOR.as_secs();
    let follow = venue.automate(&lights, "play_started", json!({"type": "on", "seconds": seconds})).await;

    // On, and the end comes while they misbehave.
    let play = venue.start_play().await;
    let started = Instant::now();
    for Faulty { light, .. } in &plugs {
        light.becomes(true).await;
        venue.switch_reported(light, "on", 1).await;
    }
    let since = now(&venue, &follow).await;
    for Faulty { light, fault } in &plugs {
        light.plug.set_fault(fault.clone()).await.unwrap();
    }
    assert!(started.elapsed() < ON_FOR, "they misbehave too late");
    sleep_until(started + ON_FOR).await;
    for faulty in &plugs {
        failure_is_reported(&venue, &follow, faulty, "off", since).await;
        assert!(faulty.obeys() || faulty.light.plug.is_on(), "{:?}", faulty.fault);
    }
    for Faulty { light, .. } in &plugs {
        light.plug.clear_fault().await.unwrap();
    }
    for Faulty { light, fault } in &plugs {
        light.becomes(false).await;
        venue.is_off_and_accounted_for(light).await;
        assert_eq!(light.states(), [true, false], "{fault:?}");
        let off =
            venue.reported(light, "the switch", |fact| fact["state"] == "off" && fact["fact"] == "switched");
        let off = off.await;
        let cause = (&off["cause"]["kind"], &off["cause"]["automation_id"]);
        assert_eq!(cause, (&json!("hold_end"), &json!(follow)), "{fault:?}: {off}");
    }
    venue.finish_play(&play).await;

    // The wanted time begins and ends while the plugs misbehave: they never come on, also not afterwards.
    plugs.retain(|faulty| !faulty.obeys());
    let since = now(&venue, &follow).await;
    for Faulty { light, fault } in &plugs {
        light.plug.set_fault(fault.clone()).await.unwrap();
    }
    let play = venue.start_play().await;
    let started = Instant::now();
    for faulty in &plugs {
        failure_is_reported(&venue, &follow, faulty, "on", since).await;
    }
    sleep_until(started + ON_FOR + Duration::from_secs(1)).await;
    for Faulty { light, .. } in &plugs {
        light.plug.clear_fault().await.unwrap();
    }
    sleep(LATE).await;
    for Faulty { light, fault } in &plugs {
        venue.is_off_and_accounted_for(light).await;
        assert_eq!(light.states(), [true, false], "{fault:?}");
        assert!(light.plug.changes().iter().all(|change| change.cause == Cause::Request));
    }
    venue.finish_play(&play).await;
}
