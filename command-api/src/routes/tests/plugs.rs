//! What the rules say about plugs, over HTTP.

use auth::KeyKind;
use serde_json::{Value, json};

use super::{
    service::{Call, problem},
    world::{Stage, World, fog, plug},
};

const PLUGS: &str = "/v1/locations/{location}/plugs";
const ASK: &str = "/v1/locations/{location}/plugs/{plug}/ask";
const BIND: &str = "/v1/locations/{location}/plugs/{plug}/bind";
const RETIRE: &str = "/v1/locations/{location}/plugs/{plug}/retire";

#[tokio::test]
async fn a_known_plug_registered_again_says_its_id_and_stores_nothing() {
    let world = World::at(Stage::Open).await;
    let before = world.service.head().await;
    let mut again = plug("8006AA");
    again["mac"] = json!("50-c7-bf-00-00-01");
    again["name"] = json!("Another name");
    let reply = world.post(PLUGS, again).await;
    assert_eq!((reply.status, reply.json()["id"].as_str()), (200, Some(world.id("plug"))));
    assert_eq!(world.service.head().await, before);
}

/// An outlet of the strip `device_id`.
fn outlet(device_id: &str, number: usize) -> Value {
    let mut outlet = plug(device_id);
    outlet["child_id"] = json!(format!("{device_id}0{number}"));
    outlet
}

#[tokio::test]
async fn a_strip_is_one_plug_or_its_outlets_are_plugs() {
    let mut world = World::at(Stage::Open).await;
    let refused = world.post(PLUGS, outlet("8006AA", 0)).await;
    assert_eq!(refused.problem(), problem(409, "device_registered_whole"));
    assert!(refused.text.contains(world.id("plug")), "which to retire: {refused:?}");
    world.done(RETIRE, json!({"reason": "one by one"})).await;
    world.made("first", PLUGS, outlet("8006AA", 0)).await;
    world.made("plug", PLUGS, outlet("8006AA", 1)).await;
    assert_eq!(world.refused(PLUGS, plug("8006AA")).await, problem(409, "device_registered_by_outlet"));
    let elsewhere = world.refused("/v1/locations/{elsewhere}/plugs", plug("8006AA")).await;
    assert_eq!(elsewhere, problem(409, "plug_registered_elsewhere"));
    world.done(RETIRE, json!({"reason": "as one"})).await;
    assert_eq!(world.refused(PLUGS, plug("8006AA")).await, problem(409, "device_registered_by_outlet"));
    world.done("/v1/locations/{location}/plugs/{first}/retire", json!({"reason": "as one"})).await;
    world.made("plug", PLUGS, plug("8006AA")).await;
}

#[tokio::test]
async fn a_strip_that_a_worker_found_without_outlets_gives_way_to_them() {
    let mut world = World::at(Stage::Open).await;
    let worker = world.service.key(KeyKind::DeviceWorker, Some(world.location("location"))).await;
    let path = world.path(PLUGS);
    for (device, bound) in [("8006CC", false), ("8006DD", true)] {
        let call = |body: Value| Call {
            path: &path,
            body: body.to_string(),
            key: Some(worker.expose()),
            headers: &[],
        };
        let found = world.service.call(call(plug(device))).await;
        assert_eq!(found.status, 201, "{found:?}");
        let found = found.json()["id"].as_str().unwrap().to_owned();
        if bound {
            let room = json!({"room_id": world.id("room")});
            let bound = world.service.post(&format!("{path}/{found}/bind"), &room).await;
            assert_eq!(bound.status, 200, "{bound:?}");
        }
        // By its answer, or by hand: each of the six.
        for number in 0..6 {
            let body = outlet(device, number);
            let reply = match number {
                0 => world.service.call(call(body)).await,
                _ => world.service.post(&path, &body).await,
            };
            if bound {
                assert_eq!(reply.problem(), problem(409, "device_registered_whole"));
                assert!(reply.text.contains(&found), "which to retire: {reply:?}");
            } else {
                assert_eq!(reply.status, 201, "{reply:?}");
            }
        }
        let rename = world.service.post(&format!("{path}/{found}/rename"), &json!({"name": "Strip"})).await;
        assert_eq!(rename.status == 200, bound, "the found one is retired: {rename:?}");
    }
    // And back: one plug again, as a person wants it, and no answer changes that.
    world.made("plug", PLUGS, plug("8006EE")).await;
    let call =
        Call { path: &path, body: outlet("8006EE", 0).to_string(), key: Some(worker.expose()), headers: &[] };
    assert_eq!(world.service.call(call).await.problem(), problem(409, "device_registered_whole"));
}

#[tokio::test]
async fn a_strip_registered_in_two_ways_at_once_is_registered_in_one() {
    let world = World::at(Stage::Open).await;
    let path = world.path(PLUGS);
    let bodies: Vec<_> =
        (0..8).map(|at| if at % 2 == 0 { plug("8006CC") } else { outlet("8006CC", at) }).collect();
    let each = bodies.iter().map(|body| world.service.post(&path, body));
    let replies = futures::future::join_all(each).await;
    let known = |way: usize| replies.iter().skip(way).step_by(2).filter(|reply| reply.status < 300).count();
    assert!(matches!((known(0), known(1)), (4, 0) | (0, 4)), "{replies:?}");
    assert!(replies.iter().all(|reply| reply.status < 300 || reply.status == 409), "{replies:?}");
}

#[tokio::test]
async fn a_plug_of_another_location_is_refused_without_naming_it() {
    let world = World::at(Stage::Open).await;
    let elsewhere = PLUGS.replace("{location}", world.id("elsewhere"));
    let reply = world.post(&elsewhere, plug("8006AA")).await;
    assert_eq!(reply.problem(), problem(409, "plug_registered_elsewhere"));
    assert!(
        !reply.text.contains(world.id("location")) && !reply.text.contains(world.id("plug")),
        "{reply:?}"
    );
}

#[tokio::test]
async fn a_retired_plugs_identity_can_be_registered_elsewhere() {
    let mut world = World::at(Stage::Open).await;
    world.done(RETIRE, json!({"reason": "moved"})).await;
    let rename = json!({"name": "Siren"});
    let refused = world.refused("/v1/locations/{location}/plugs/{plug}/rename", rename).await;
    assert_eq!(refused, problem(409, "plug_retired"));
    let automation = world.refused("/v1/locations/{location}/automations", fog(world.id("plug"))).await;
    assert_eq!(automation, problem(409, "plug_retired"));
    let old = world.id("plug").to_owned();
    world.made("plug", "/v1/locations/{elsewhere}/plugs", plug("8006AA")).await;
    assert_ne!(world.id("plug"), old);
}

#[tokio::test]
async fn a_plug_registered_by_two_at_once_is_one_plug() {
    let world = World::at(Stage::Open).await;
    let path = world.path(PLUGS);
    let body = plug("8006CC");
    let each = (0..8).map(|_| world.service.post(&path, &body));
    let replies = futures::future::join_all(each).await;
    let mut ids: Vec<_> = replies.iter().map(|reply| reply.accepted()["id"].to_string()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
}

#[tokio::test]
async fn an_ask_for_on_ends_after_an_hour_and_says_so() {
    let world = World::at(Stage::Open).await;
    let on = world.done(ASK, json!({"state": "on", "reason": "cleaning"})).await;
    assert_eq!(on["until"], "2026-06-10T13:00:00Z");
    let off = world.done(ASK, json!({"state": "off", "reason": "enough"})).await;
    assert_eq!(off["until"], json!(null));
    let held = world.done(ASK, json!({"state": "off", "reason": "smoke test", "for_seconds": 60})).await;
    assert_eq!(held["until"], "2026-06-10T12:01:00Z");
    let far = json!({"state": "on", "reason": "x", "until": "2026-06-11T12:00:01Z"});
    assert_eq!(world.refused(ASK, far).await, problem(422, "end_too_far"));
    let past = json!({"state": "on", "reason": "x", "until": "2026-06-10T12:00:00Z"});
    assert_eq!(world.refused(ASK, past).await, problem(422, "end_not_ahead"));
}

#[tokio::test]
async fn an_ask_that_has_ended_by_itself_is_not_released() {
    let world = World::at(Stage::Open).await;
    let release = "/v1/locations/{location}/plugs/{plug}/release";
    let asked = world.done(ASK, json!({"state": "on", "reason": "cleaning"})).await;
    world.wait_minutes(60);
    assert_eq!(world.done(release, json!({})).await["version"], asked["version"]);
}

#[tokio::test]
async fn a_plug_serves_only_rooms_of_its_location_and_is_not_unbound_by_mistake() {
    let world = World::at(Stage::Open).await;
    let bound = world.done(BIND, json!({"room_id": world.id("room")})).await;
    let elsewhere = world.refused(BIND, json!({"room_id": world.id("room_elsewhere")})).await;
    assert_eq!(elsewhere, problem(422, "room_not_found"));
    let forgotten = world.post(BIND, json!({})).await;
    assert_eq!((forgotten.status, forgotten.field()), (400, ("/room_id".into(), "missing".into())));
    let unbound = world.done(BIND, json!({"room_id": null})).await;
    assert_eq!(unbound["version"].as_u64(), bound["version"].as_u64().map(|version| version + 1));
}
