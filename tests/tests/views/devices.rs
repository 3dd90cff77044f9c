//! Plugs and automations as the API shows them.

use domain::{
    automation::{
        Action, AutomationEvent, AutomationReport, AutomationSpec, DoneAction, Gates, Limits, Occasion,
        OccasionKind, QuietSpan, Trigger, TriggerEvent, cron::CronExpression,
    },
    plug::{Cause, CauseKind, PlugEvent, PlugReport, Reading, RelayState},
    values::{Name, Reason},
};
use projector::projections::fixture::{automation, plug, reason, room, time};
use serde_json::{Value, json};

use crate::timed::World;

fn fog() -> AutomationSpec {
    AutomationSpec {
        name: Name::stored("Fog on start"),
        plugs: vec![plug(1)],
        trigger: Trigger::Event { event: TriggerEvent::PlayStarted, room: Some(room(1)), variant: None },
        action: Action::On { seconds: 20 },
        gates: Gates::default(),
        limits: Limits::default(),
    }
}

fn switched(state: RelayState) -> PlugReport {
    let cause = Cause {
        automation: Some(automation(1)),
        event_position: Some(7),
        ..Cause::new(CauseKind::Automation, Reason::stored("Fog on start"))
    };
    PlugReport::Switched { state, cause }
}

fn asked(state: RelayState, until: &str) -> PlugEvent {
    asked_at(state, until, "2026-05-01T11:00:00Z")
}

fn asked_at(state: RelayState, until: &str, at: &str) -> PlugEvent {
    PlugEvent::Asked { state, reason: reason(), until: Some(time(until)), at: time(at) }
}

/// What the view says is wanted of plug 1, and whether that is managed.
async fn wanted(world: &World) -> (Value, Value) {
    let shown = world.get(&format!("plugs/{}", plug(1))).await;
    (shown["wanted"].clone(), shown["managed"].clone())
}

#[tokio::test]
async fn a_plug_shows_everything_that_is_known_of_it() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.install(room(1), "Laser");
    venue.plug_in(plug(1), "Fog");
    venue.plug(plug(1), PlugEvent::Bound { room: room(1) });
    venue.automate(automation(1), fog());
    venue.report(plug(1), switched(RelayState::On), "2025-05-01T11:00:00Z");
    let reading =
        Reading { power_watts: 42.5, voltage_volts: 230.0, current_amps: 0.25, total_watt_hours: 1_200.0 };
    venue.report(plug(1), PlugReport::Read { reading }, "2025-05-01T11:05:00Z");
    let address = "10.0.3.41:9999".parse().unwrap();
    venue.report(plug(1), PlugReport::Moved { address }, "2025-05-01T11:06:00Z");
    let shown = world.get("plugs").await["items"][0].clone();
    let expected = json!({
        "id": plug(1), "name": "Fog", "model": "HS110(EU)", "mac": "50:C7:BF:00:00:01",
        "device_id": "8006A001", "child_id": null, "has_energy_meter": true, "address": "10.0.3.41:9999",
        "room_id": room(1), "room_name": "Laser", "managed": true,
        "automations": [{"id": automation(1), "name": "Fog on start", "enabled": true}],
        "relay": {
            "state": "on", "since": "2025-05-01T11:00:00Z",
            "cause": {"kind": "automation", "automation_id": automation(1), "event_position": 7,
                      "reason": "Fog on start"},
        },
        "wanted": null, "reachable": true, "reachable_at": "2025-05-01T11:06:00Z", "unreachable_error": null,
        "last_refusal": null,
        "last_reading": {"at": "2025-05-01T11:05:00Z", "power_watts": 42.5, "voltage_volts": 230.0,
                         "current_amps": 0.25, "total_watt_hours": 1200.0},
        "retired": false, "retired_reason": null, "registered_at": shown["registered_at"],
    });
    assert_eq!(shown, expected);
    assert_eq!(world.get(&format!("plugs/{}", plug(1))).await, expected);
}

/// Who says what is wanted of plug 1, and what.
async fn by_whom(world: &World) -> Value {
    let (wanted, _) = wanted(world).await;
    json!([wanted["by"], wanted["state"]])
}

#[tokio::test]
async fn what_is_wanted_ends_by_itself_and_the_later_of_hand_and_ask_goes_before_a_force() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    let pressed = |state, until, at| {
        venue.report(plug(1), PlugReport::Overridden { state, until: time(until) }, at);
    };
    venue.plug_in(plug(1), "Fog");
    assert_eq!(wanted(&world).await, (Value::Null, json!(false)), "merely discovered");
    venue.automate(automation(1), fog());
    assert_eq!(wanted(&world).await, (Value::Null, json!(true)), "named by an automation");
    let (until, at) = (time("2026-05-01T15:00:00Z"), time("2026-05-01T11:30:00Z"));
    venue.automation(automation(1), AutomationEvent::Forced { state: RelayState::On, until, at });
    assert_eq!(by_whom(&world).await, json!(["force", "on"]));
    pressed(RelayState::Off, "2026-05-01T14:00:00Z", "2025-05-01T10:30:00Z");
    assert_eq!(by_whom(&world).await, json!(["override", "off"]));
    venue.plug(plug(1), asked_at(RelayState::On, "2026-05-01T13:00:00Z", "2025-05-01T11:00:00Z"));
    let expected = json!({"state": "on", "until": "2026-05-01T13:00:00Z", "by": "ask", "reason": "because"});
    assert_eq!(wanted(&world).await.0, expected);
    world.set_clock("2026-05-01T13:00:00Z");
    assert_eq!(by_whom(&world).await, json!(["force", "on"]), "the ask ended what was pressed before it");
    world.set_clock("2026-05-01T12:00:00Z");
    pressed(RelayState::Off, "2026-05-01T14:00:00Z", "2025-05-01T10:45:00Z");
    assert_eq!(by_whom(&world).await, json!(["ask", "on"]), "pressed before the ask, reported after it");
    pressed(RelayState::Off, "2026-05-01T12:30:00Z", "2025-05-01T11:30:00Z");
    assert_eq!(by_whom(&world).await, json!(["override", "off"]), "pressed after the ask");
    world.set_clock("2026-05-01T12:30:00Z");
    assert_eq!(by_whom(&world).await, json!(["ask", "on"]));
    world.set_clock("2026-05-01T13:00:00Z");
    assert_eq!(by_whom(&world).await, json!(["force", "on"]));
    world.set_clock("2026-05-01T15:00:00Z");
    assert_eq!(wanted(&world).await.0, Value::Null);
}

#[tokio::test]
async fn an_ask_for_off_goes_before_whatever_is_pressed() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.plug_in(plug(1), "Fog");
    venue.plug(plug(1), asked_at(RelayState::Off, "2026-05-01T13:00:00Z", "2025-05-01T10:00:00Z"));
    let until = time("2026-05-01T14:00:00Z");
    venue.report(plug(1), PlugReport::Overridden { state: RelayState::On, until }, "2025-05-01T10:30:00Z");
    assert_eq!(by_whom(&world).await, json!(["ask", "off"]));
    world.set_clock("2026-05-01T13:00:00Z");
    assert_eq!(wanted(&world).await, (Value::Null, json!(false)), "nobody's plug is left as it is");
}

#[tokio::test]
async fn a_forced_off_automation_wants_nothing() {
    let world = World::open("Europe/Berlin").await;
    world.venue.plug_in(plug(1), "Fog");
    world.venue.automate(automation(1), fog());
    let (until, at) = (time("2026-05-01T15:00:00Z"), time("2026-05-01T11:00:00Z"));
    world.venue.automation(automation(1), AutomationEvent::Forced { state: RelayState::Off, until, at });
    assert_eq!(wanted(&world).await.0, Value::Null);
}

/// The automation did something for its plug.
fn acted(world: &World, action: DoneAction, until: Option<&str>, at: &str) {
    let occasion = Occasion { kind: OccasionKind::Event, event_position: Some(12) };
    let until = until.map(time);
    let report = AutomationReport::Acted { action, occasion, reason: reason(), until };
    world.venue.automation(automation(1), AutomationEvent::Reported { report, at: time(at) });
}

#[tokio::test]
async fn what_an_automation_holds_on_is_wanted_as_long_as_the_worker_says() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.plug_in(plug(1), "Fog");
    venue.automate(automation(1), fog());
    acted(&world, DoneAction::On, Some("2026-05-01T13:00:00Z"), "2025-05-01T11:00:00Z");
    let reason = "automation \"Fog on start\" holds it on";
    let expected =
        json!({"state": "on", "until": "2026-05-01T13:00:00Z", "by": "automation", "reason": reason});
    assert_eq!(wanted(&world).await.0, expected);
    let off = PlugEvent::Asked {
        state: RelayState::Off,
        reason: Reason::stored("because"),
        until: None,
        at: time("2025-05-01T11:10:00Z"),
    };
    venue.plug(plug(1), off);
    assert_eq!(wanted(&world).await.0, Value::Null, "somebody turned it off");
    acted(&world, DoneAction::On, Some("2026-05-01T14:00:00Z"), "2025-05-01T11:20:00Z");
    assert_eq!(by_whom(&world).await, json!(["automation", "on"]), "and it came on again");
    world.set_clock("2026-05-01T14:00:00Z");
    assert_eq!(wanted(&world).await.0, Value::Null);
    world.set_clock("2026-05-01T12:00:00Z");
    acted(&world, DoneAction::Off, None, "2025-05-01T11:30:00Z");
    assert_eq!(wanted(&world).await.0, Value::Null);
}

#[tokio::test]
async fn a_force_ends_when_the_rule_has_been_on_for_as_long_as_it_may() {
    let world = World::open("Europe/Berlin").await;
    world.venue.plug_in(plug(1), "Fog");
    let limits = Limits { max_on_seconds: 3_600, ..Limits::default() };
    world.venue.automate(automation(1), AutomationSpec { limits, ..fog() });
    let (until, at) = (time("2026-05-01T15:00:00Z"), time("2026-05-01T11:30:00Z"));
    let shown = async || world.get(&format!("automations/{}", automation(1))).await["force"].clone();
    world.venue.automation(automation(1), AutomationEvent::Forced { state: RelayState::On, until, at });
    assert_eq!(shown().await, json!({"state": "on", "until": "2026-05-01T12:30:00Z"}));
    assert_eq!(wanted(&world).await.0["until"], "2026-05-01T12:30:00Z");
    world.set_clock("2026-05-01T12:30:00Z");
    assert_eq!((shown().await, wanted(&world).await.0), (Value::Null, Value::Null));
    let off = AutomationEvent::Forced { state: RelayState::Off, until, at };
    world.venue.automation(automation(1), off);
    assert_eq!(shown().await, json!({"state": "off", "until": "2026-05-01T15:00:00Z"}), "off has no maximum");
}

#[tokio::test]
async fn plugs_are_listed_by_room_and_retired_ones_apart() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.install(room(1), "Laser");
    for number in 1..=4 {
        venue.plug_in(plug(number), "Plug");
    }
    venue.plug(plug(2), PlugEvent::Bound { room: room(1) });
    venue.plug(plug(3), asked(RelayState::On, "2026-05-01T13:00:00Z"));
    venue.plug(plug(3), PlugEvent::Retired { reason: reason() });
    let ids = async |path: &str| {
        let page = world.get(path).await;
        page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids("plugs").await, [json!(plug(1)), json!(plug(2)), json!(plug(4))]);
    assert_eq!(ids(&format!("plugs?room_id={}", room(1))).await, [json!(plug(2))]);
    assert_eq!(ids("plugs?retired=true").await, [json!(plug(3))]);
    let gone = world.get(&format!("plugs/{}", plug(3))).await;
    assert_eq!(
        (&gone["managed"], &gone["wanted"], &gone["retired_reason"]),
        (&json!(false), &Value::Null, &json!("because"))
    );
    let first = world.get("plugs?limit=2").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&format!("plugs?limit=2&cursor={cursor}")).await, [json!(plug(4))]);
}

#[tokio::test]
async fn a_history_is_latest_first_at_the_device_and_pages_through() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.plug_in(plug(1), "Fog");
    venue.plug(plug(1), asked(RelayState::On, "2026-05-01T13:00:00Z"));
    venue.report(plug(1), switched(RelayState::Off), "2025-05-01T11:20:00Z");
    venue.report(plug(1), switched(RelayState::On), "2025-05-01T11:10:00Z");
    let reading =
        Reading { power_watts: 1.0, voltage_volts: 230.0, current_amps: 0.1, total_watt_hours: 2.0 };
    venue.report(plug(1), PlugReport::Read { reading }, "2025-05-01T11:15:00Z");
    let path = format!("plugs/{}/history", plug(1));
    let facts = |page: &Value| {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| (item["fact"].clone(), item["state"].clone())).collect::<Vec<_>>()
    };
    let page = world.get(&format!("{path}?limit=2")).await;
    let mut all = facts(&page);
    let cursor = page["next_cursor"].as_str().unwrap();
    all.extend(facts(&world.get(&format!("{path}?limit=2&cursor={cursor}")).await));
    let switched = |state: &str| (json!("switched"), json!(state));
    let registered = (json!("registered"), Value::Null);
    let expected = [(json!("asked"), json!("on")), registered, switched("off"), switched("on")];
    assert_eq!(all, expected);
    let readings = world.get(&format!("{path}?of=readings")).await;
    assert_eq!(readings["items"].as_array().unwrap().len(), 1);
    assert_eq!(readings["items"][0]["reading"]["power_watts"], 1.0);
    let crossed = world.ask(&format!("{path}?of=readings&cursor={cursor}")).await;
    assert_eq!(crossed.0, 400, "a cursor of another list");
}

#[tokio::test]
async fn an_automation_shows_a_rule_that_could_be_sent_again() {
    let world = World::open("Europe/Berlin").await;
    let quiet = QuietSpan { from: "22:00".parse().unwrap(), to: "07:00".parse().unwrap() };
    let spec = AutomationSpec {
        trigger: Trigger::Cron { expression: CronExpression::stored("30 9 * * Mon-Fri") },
        action: Action::Pulse { milliseconds: 800 },
        gates: Gates { quiet_hours: vec![quiet], ..Gates::default() },
        ..fog()
    };
    world.venue.automate(automation(1), spec);
    world.venue.automation(automation(1), AutomationEvent::Disabled { reason: Some(reason()) });
    let shown = world.get("automations").await["items"][0].clone();
    let expected = json!({
        "id": automation(1), "name": "Fog on start", "plug_ids": [plug(1)],
        "trigger": {"type": "cron", "expression": "30 9 * * Mon-Fri"},
        "action": {"type": "pulse", "milliseconds": 800},
        "gates": {"players_active": null, "quiet_hours": [{"from": "22:00:00", "to": "07:00:00"}],
                  "opening_hours": false},
        "limits": {"min_interval_seconds": 0, "max_on_seconds": 14_400},
        "enabled": false, "disabled_reason": "because", "force": null, "last_action": null,
        "last_failure": null, "created_at": shown["created_at"],
    });
    assert_eq!(shown, expected);
    assert_eq!(world.get(&format!("automations/{}", automation(1))).await, expected);
}

#[tokio::test]
async fn a_log_says_why_nothing_was_done_too() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.automate(automation(1), fog());
    let occasion = Occasion { kind: OccasionKind::Event, event_position: Some(12) };
    let report = |report, at| {
        venue.automation(automation(1), AutomationEvent::Reported { report, at: time(at) });
    };
    let until = Some(time("2025-05-01T11:00:20Z"));
    let acted = AutomationReport::Acted { action: DoneAction::On, occasion, reason: reason(), until };
    report(acted, "2025-05-01T11:00:00Z");
    let skipped = AutomationReport::Skipped { reason: Reason::stored("quiet hours"), occasion };
    report(skipped, "2025-05-01T11:01:00Z");
    let error = Reason::stored("no answer");
    report(AutomationReport::Failed { plug: Some(plug(1)), error, occasion }, "2025-05-01T11:02:00Z");
    let log = world.get(&format!("automations/{}/log", automation(1))).await;
    let entry = |index: usize| {
        let entry = &log["items"][index + 1];
        (entry["fact"].clone(), entry["reason"].clone(), entry["plug_id"].clone(), entry["action"].clone())
    };
    assert_eq!(entry(0), (json!("failed"), json!("no answer"), json!(plug(1)), Value::Null));
    assert_eq!(entry(1), (json!("skipped"), json!("quiet hours"), Value::Null, Value::Null));
    assert_eq!(entry(2), (json!("acted"), json!("because"), Value::Null, json!("on")));
    assert_eq!(log["items"][0]["fact"], "created");
    assert_eq!(log["items"][1]["trigger"], json!({"kind": "event", "event_position": 12}));
    let last = world.get(&format!("automations/{}", automation(1))).await;
    assert_eq!(last["last_action"], json!({"action": "on", "at": "2025-05-01T11:00:00Z"}));
    assert_eq!(last["last_failure"], json!({"error": "no answer", "at": "2025-05-01T11:02:00Z"}));
}

#[tokio::test]
async fn what_is_elsewhere_or_nowhere_is_not_found() {
    let world = World::open("Europe/Berlin").await;
    world.venue.plug_in(plug(1), "Fog");
    world.venue.automate(automation(1), fog());
    world.get("plugs").await;
    for path in [
        format!("plugs/{}", plug(9)),
        format!("plugs/{}/history", plug(9)),
        format!("automations/{}", automation(9)),
        format!("automations/{}/log", automation(9)),
    ] {
        assert_eq!(world.ask(&path).await.0, 404, "{path}");
    }
    let elsewhere = format!("/v1/locations/{}", plug(7));
    for path in [
        "plugs".to_owned(),
        format!("plugs/{}", plug(1)),
        format!("plugs/{}/history", plug(1)),
        "automations".to_owned(),
        format!("automations/{}", automation(1)),
        format!("automations/{}/log", automation(1)),
    ] {
        assert_eq!(world.send(&format!("{elsewhere}/{path}")).await.0, 404, "{path}");
    }
}
