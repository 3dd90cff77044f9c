//! What the rules say about automations, over HTTP.

use serde_json::{Value, json};

use super::{
    service::problem,
    world::{Stage, World, fog, plug},
};

const AUTOMATIONS: &str = "/v1/locations/{location}/automations";
const CHANGE: &str = "/v1/locations/{location}/automations/{automation}/change";
const FORCE: &str = "/v1/locations/{location}/automations/{automation}/force";

/// Every refused field of a rule with `part` as its `field`, and the codes.
async fn refused_fields(world: &World, field: &str, part: Value) -> Vec<(String, String)> {
    let mut rule = fog(world.id("plug"));
    rule[field] = part;
    let reply = world.post(AUTOMATIONS, rule).await;
    let json = reply.json();
    let errors = json["errors"].as_array().unwrap_or_else(|| panic!("{reply:?}"));
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    errors.iter().map(|error| (text(error, "field"), text(error, "code"))).collect()
}

fn field(path: &str, code: &str) -> (String, String) {
    (path.into(), code.into())
}

#[tokio::test]
async fn every_wrong_field_of_a_rule_is_pointed_at() {
    let world = World::at(Stage::Open).await;
    let trigger = json!({"type": "cron", "seconds": 60});
    let expected = [field("/trigger/seconds", "not_applicable"), field("/trigger/expression", "missing")];
    assert_eq!(refused_fields(&world, "trigger", trigger).await, expected);
    let gates = json!({"players_active": {"grace_seconds": 9_999}});
    let expected = [field("/gates/players_active/grace_seconds", "out_of_range")];
    assert_eq!(refused_fields(&world, "gates", gates).await, expected);
    let limits = json!({"max_on_seconds": 10});
    assert_eq!(refused_fields(&world, "limits", limits).await, [field("/action/seconds", "out_of_range")]);
    let plugs = json!([world.id("plug"), "x"]);
    assert_eq!(refused_fields(&world, "plug_ids", plugs).await, [field("/plug_ids/1", "malformed")]);
    let unknown = json!({"type": "event", "event": "player_erased"});
    assert_eq!(refused_fields(&world, "trigger", unknown).await, [field("/trigger/event", "unknown_value")]);
}

#[tokio::test]
async fn a_rule_names_plugs_and_a_room_of_its_location_only() {
    let mut world = World::at(Stage::Open).await;
    world.made("foreign_plug", "/v1/locations/{elsewhere}/plugs", plug("8006DD")).await;
    for path in [AUTOMATIONS, CHANGE] {
        let mut rule = fog(world.id("plug"));
        rule["plug_ids"] = json!([world.id("plug"), world.id("foreign_plug")]);
        let reply = world.post(path, rule).await;
        assert_eq!(reply.problem(), problem(422, "plug_not_found"));
        assert_eq!(reply.field(), field("/plug_ids/1", "plug_not_found"));
        let message = reply.json()["errors"][0]["message"].to_string();
        assert!(message.contains(world.id("foreign_plug")), "which plug: {message}");
        let mut rule = fog(world.id("plug"));
        rule["trigger"]["room_id"] = json!(world.id("room_elsewhere"));
        let reply = world.post(path, rule).await;
        assert_eq!(reply.problem(), problem(422, "room_not_found"));
        assert_eq!(reply.field(), field("/trigger/room_id", "room_not_found"));
    }
}

#[tokio::test]
async fn the_same_rule_is_nothing_new_and_its_defaults_are_spelled_out() {
    let world = World::at(Stage::Open).await;
    let mut rule = fog(world.id("plug"));
    let first = world.done(CHANGE, rule.clone()).await;
    rule["gates"] = json!({"players_active": null, "quiet_hours": [], "opening_hours": false});
    rule["limits"] = json!({"min_interval_seconds": 0, "max_on_seconds": 14_400});
    let same = world.done(CHANGE, rule).await;
    assert_eq!((&same["version"], first["version"].as_u64()), (&first["version"], Some(1)));
}

#[tokio::test]
async fn a_disabled_automation_is_not_forced() {
    let world = World::at(Stage::Open).await;
    world.done("/v1/locations/{location}/automations/{automation}/disable", json!({})).await;
    let force = json!({"state": "on", "for_seconds": 60});
    assert_eq!(world.refused(FORCE, force).await, problem(409, "automation_disabled"));
}

#[tokio::test]
async fn a_force_without_an_end_is_told_to_have_one() {
    let world = World::at(Stage::Open).await;
    let reply = world.post(FORCE, json!({"state": "on"})).await;
    assert_eq!((reply.status, reply.field()), (422, field("/until", "missing")));
}
