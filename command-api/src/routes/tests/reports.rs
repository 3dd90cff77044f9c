//! Reports of the device worker: each takes effect once, however it is sent, and none keeps another back.

use std::time::Duration;

use domain::{
    ids::{LocationId, PlugId},
    log::Version,
    plug::{PlugReport, Reading},
};
use events::reports::{DeviceReport, ReportContent};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Stage, World, plug};
use crate::devices;

/// How long a worker in the same process waits.
const PATIENCE: Duration = Duration::from_secs(5);

const REPORTS: &str = "/v1/locations/{location}/plugs/reports";

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn unreachable(world: &World, number: u128, error: &str) -> Value {
    json!({"report_id": id(number), "type": "unreachable", "plug_id": world.id("plug"), "error": error,
        "at": "2026-06-10T11:00:00Z"})
}

fn skipped(world: &World, number: u128) -> Value {
    json!({"report_id": id(number), "type": "skipped", "automation_id": world.id("automation"),
        "reason": "quiet hours", "trigger": {"kind": "cron", "event_position": null},
        "at": "2026-06-10T11:00:00Z"})
}

async fn send(world: &World, items: Vec<Value>) -> Value {
    world.done(REPORTS, json!({"items": items})).await
}

fn statuses(answer: &Value) -> Vec<(u64, Option<&str>)> {
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|item| (item["status"].as_u64().unwrap(), item["code"].as_str())).collect()
}

async fn errors_of(world: &World, plug: &str) -> Vec<String> {
    let stream = plug.parse::<PlugId>().unwrap().stream();
    let events = world.service.store.read_stream(&stream, Version(1), 1_000).await.unwrap();
    let error = |data: &str| Some(serde_json::from_str::<Value>(data).unwrap()["error"].as_str()?.to_owned());
    events.iter().filter_map(|event| error(&event.data)).collect()
}

#[tokio::test]
async fn reports_about_one_plug_are_kept_in_their_order() {
    let world = World::at(Stage::Open).await;
    let items = (0..100).map(|number| unreachable(&world, number, &number.to_string())).collect();
    let answer = send(&world, items).await;
    assert_eq!(answer["accepted"], 100);
    let expected: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(errors_of(&world, world.id("plug")).await, expected);
}

#[tokio::test]
async fn a_report_takes_effect_once_in_whatever_request() {
    let world = World::at(Stage::Open).await;
    send(&world, vec![unreachable(&world, 1, "first")]).await;
    let head = world.service.head().await;
    let answer = send(&world, vec![skipped(&world, 2), unreachable(&world, 1, "first")]).await;
    assert_eq!(statuses(&answer), [(200, None), (200, None)]);
    assert_eq!(world.service.head().await, head + 1, "only the new one");
    assert_eq!(errors_of(&world, world.id("plug")).await, ["first"]);
}

#[tokio::test]
async fn a_report_that_is_refused_keeps_no_other_back() {
    let mut world = World::at(Stage::Open).await;
    world.made("foreign_plug", "/v1/locations/{elsewhere}/plugs", plug("8006DD")).await;
    let mut foreign = unreachable(&world, 1, "x");
    foreign["plug_id"] = json!(world.id("foreign_plug"));
    let mut strange = unreachable(&world, 2, "x");
    strange["type"] = json!("exploded");
    let items =
        vec![json!(7), foreign, unreachable(&world, 3, "kept"), strange, unreachable(&world, 3, "kept")];
    let answer = send(&world, items).await;
    let expected = [
        (400, Some("malformed")),
        (404, Some("plug_not_found")),
        (200, None),
        (400, Some("malformed")),
        (422, Some("report_twice")),
    ];
    assert_eq!(statuses(&answer), expected);
    let ids: Vec<_> =
        answer["items"].as_array().unwrap().iter().map(|item| item["report_id"].clone()).collect();
    assert_eq!(ids, [json!(null), json!(id(1)), json!(id(3)), json!(id(2)), json!(id(3))]);
    assert_eq!(
        (&answer["accepted"], errors_of(&world, world.id("plug")).await),
        (&json!(1), vec!["kept".into()])
    );
}

#[tokio::test]
async fn an_id_names_one_report() {
    let world = World::at(Stage::Open).await;
    send(&world, vec![unreachable(&world, 1, "first")]).await;
    let other = send(&world, vec![unreachable(&world, 1, "second")]).await;
    assert_eq!(statuses(&other), [(422, Some("report_id_reused"))]);
    assert_eq!(errors_of(&world, world.id("plug")).await, ["first"]);
}

#[tokio::test]
async fn another_request_under_the_same_key_stores_no_report() {
    let world = World::at(Stage::Open).await;
    let path = world.path(REPORTS);
    let key = [("idempotency-key", "worker-1")];
    let body = |number| json!({"items": [unreachable(&world, number, "x")]});
    world.service.post_with(&path, &body(1), &key).await.accepted();
    let head = world.service.head().await;
    let reused = world.service.post_with(&path, &body(2), &key).await;
    assert_eq!(reused.problem(), (422, "idempotency_key_reused".into()));
    let stale = world.service.post_with(&path, &body(3), &[("if-match", "\"999\"")]).await;
    assert_eq!(stale.problem().0, 412);
    assert_eq!(world.service.head().await, head);
}

#[tokio::test]
async fn a_retired_plug_is_still_reported_on() {
    let world = World::at(Stage::Open).await;
    world.done("/v1/locations/{location}/plugs/{plug}/retire", json!({"reason": "burnt"})).await;
    let off = json!({"report_id": id(1), "type": "switched", "plug_id": world.id("plug"), "state": "off",
        "cause": {"kind": "retired", "automation_id": null, "event_position": 12, "reason": "retired"},
        "at": "2026-06-10T12:00:00Z"});
    assert_eq!(statuses(&send(&world, vec![off]).await), [(200, None)]);
}

#[tokio::test]
async fn a_report_of_a_fast_clock_is_stamped_now_at_the_latest() {
    let world = World::at(Stage::Open).await;
    let mut report = unreachable(&world, 1, "x");
    report["at"] = json!("2026-06-10T14:00:00Z");
    send(&world, vec![report]).await;
    let stream = world.id("plug").parse::<PlugId>().unwrap().stream();
    let events = world.service.store.read_stream(&stream, Version(1), 1_000).await.unwrap();
    let reported: Value = serde_json::from_str(&events.last().unwrap().data).unwrap();
    assert_eq!((&reported["error"], &reported["at"]), (&json!("x"), &json!("2026-06-10T12:00:00Z")));
}

#[tokio::test]
async fn a_worker_in_the_same_process_needs_no_http() {
    let world = World::at(Stage::Open).await;
    let executor = world.service.installation.app().await.executor;
    let plug_id: PlugId = world.id("plug").parse().unwrap();
    let reading =
        Reading { power_watts: 42.5, voltage_volts: 230.0, current_amps: 0.2, total_watt_hours: 9.0 };
    let at: Timestamp = "2026-06-10T11:00:00Z".parse().unwrap();
    let content = ReportContent::Plug(plug_id, PlugReport::Read { reading });
    let reports = [DeviceReport { id: id(1), at, content }];
    let location: LocationId = world.location("location");
    let before = world.service.head().await;
    for _ in 0..2 {
        let done = devices::report(&executor, PATIENCE, location, &reports).await.unwrap();
        assert_eq!(done.iter().map(|done| done.status).collect::<Vec<_>>(), [200]);
    }
    assert_eq!(world.service.head().await, before + 1);
    let elsewhere =
        devices::report(&executor, PATIENCE, world.location("elsewhere"), &reports).await.unwrap();
    assert_eq!(elsewhere[0].code.as_deref(), Some("plug_not_found"));
}

#[tokio::test]
async fn a_worker_in_the_same_process_registers_what_it_finds() {
    use domain::{
        plug::{MacAddress, Model, NewPlug, PlugIdentity},
        values::Name,
    };
    let world = World::at(Stage::Open).await;
    let executor = world.service.installation.app().await.executor;
    let new = |number| NewPlug {
        id: PlugId(id(number)),
        location: world.location("location"),
        identity: PlugIdentity {
            mac: MacAddress([2; 6]),
            device_id: "8006EE".parse().unwrap(),
            child_id: None,
        },
        model: Model::new("HS110(EU)").unwrap(),
        name: Name::new("Found").unwrap(),
        address: None,
        has_energy_meter: false,
        found: true,
    };
    assert_eq!(devices::register(&executor, PATIENCE, new(71)).await.unwrap(), PlugId(id(71)));
    assert_eq!(devices::register(&executor, PATIENCE, new(72)).await.unwrap(), PlugId(id(71)));
    // It answers with its outlets now.
    for number in [73, 74] {
        let mut outlet = new(number);
        outlet.identity.child_id = Some(format!("8006EE{number}").parse().unwrap());
        assert_eq!(devices::register(&executor, PATIENCE, outlet).await.unwrap(), PlugId(id(number)));
    }
}

#[tokio::test]
async fn a_plug_does_not_move_to_where_no_plug_may_be() {
    let world = World::at(Stage::Open).await;
    let moved = |number: u128, address: &str| {
        json!({"report_id": id(number), "type": "moved", "plug_id": world.id("plug"), "address": address,
            "at": "2026-06-10T11:00:00Z"})
    };
    let items = vec![
        moved(1, "127.0.0.1:9999"),
        moved(2, "10.0.3.42:22"),
        moved(3, "169.254.169.254:80"),
        moved(4, "10.0.3.42:9999"),
    ];
    let answer = send(&world, items).await;
    let refused = (400, Some("malformed"));
    assert_eq!(statuses(&answer), [refused, refused, refused, (200, None)]);
    let detail = answer["items"][0].to_string();
    assert!(detail.contains("10.0.0.0/8") && detail.contains("AEROSPORTS_PLUG_NETWORKS"), "{detail}");
}
