//! What the rules say about families, over HTTP.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use serde_json::json;

use super::{
    service::problem,
    world::{Stage, World, guardian, waiver},
};

const PLAYERS: &str = "/v1/locations/{location}/players";

#[tokio::test]
async fn an_email_is_one_familys_at_a_location_and_free_at_others() {
    let world = World::at(Stage::Open).await;
    let same = guardian(" ANA@Example.org");
    assert_eq!(world.refused(PLAYERS, same.clone()).await, problem(409, "already_in_use"));
    world.done("/v1/locations/{elsewhere}/players", same).await;
}

#[tokio::test]
async fn a_family_whose_email_is_known_is_named_in_the_refusal() {
    let world = World::at(Stage::Open).await;
    let refused = world.post(PLAYERS, guardian("ana@example.org")).await;
    let body: serde_json::Value = serde_json::from_str(&refused.text).unwrap();
    assert_eq!(body["existing_id"], world.id("player"), "{body}");
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.starts_with("a family with this e-mail address is registered here already"), "{detail}");
}

#[tokio::test]
async fn a_corrected_email_frees_the_old_one() {
    let world = World::at(Stage::Open).await;
    world.done(PLAYERS, guardian("other@example.org")).await;
    let correct = "/v1/locations/{location}/players/{player}/correct";
    let taken = world.refused(correct, guardian("other@example.org")).await;
    assert_eq!(taken, problem(409, "already_in_use"));
    world.done(correct, guardian("new@example.org")).await;
    world.done(PLAYERS, guardian("ana@example.org")).await;
    let back = world.refused(correct, guardian("ana@example.org")).await;
    assert_eq!(back, problem(409, "already_in_use"));
}

#[tokio::test]
async fn a_dependant_has_no_email_and_no_dependants() {
    let world = World::at(Stage::Open).await;
    let correct = "/v1/locations/{location}/players/{dependant}/correct";
    let with_email = world.refused(correct, guardian("bo@example.org")).await;
    assert_eq!(with_email, problem(422, "email_not_allowed"));
    let details = json!({"first_name": "Bob", "last_name": "Ruiz", "birth_date": "2016-03-02"});
    world.done(correct, details.clone()).await;
    let nested = world.refused("/v1/locations/{location}/players/{dependant}/dependants", details).await;
    assert_eq!(nested, problem(422, "not_a_guardian"));
}

/// The day an age is counted on is the location's own, whatever day it is in UTC.
#[tokio::test]
async fn a_day_is_the_locations_day() {
    let mut world = World::at(Stage::Open).await;
    let venue = |zone: &str| json!({"code": zone.replace('/', "-"), "name": zone, "time_zone": zone});
    world.made("east", "/v1/locations", venue("Pacific/Auckland")).await;
    world.made("west", "/v1/locations", venue("America/New_York")).await;
    let mut of_age_today = guardian("kim@example.org");
    of_age_today["birth_date"] = json!("2008-06-11");
    // 11 June in Auckland, 10 June in New York.
    world.service.clock.set("2026-06-11T00:30:00Z");
    world.done("/v1/locations/{east}/players", of_age_today.clone()).await;
    let west = "/v1/locations/{west}/players";
    assert_eq!(world.refused(west, of_age_today.clone()).await, problem(422, "guardian_too_young"));
    world.service.clock.set("2026-06-11T04:00:00Z");
    world.done(west, of_age_today).await;
}

#[tokio::test]
async fn nobody_registers_at_a_disabled_location_but_details_can_be_corrected() {
    let world = World::at(Stage::Open).await;
    world.done("/v1/locations/{location}/disable", json!({"reason": "storm"})).await;
    let late = world.refused(PLAYERS, guardian("late@example.org")).await;
    assert_eq!(late, problem(409, "location_disabled"));
    world.done("/v1/locations/{location}/players/{player}/correct", guardian("ana@example.org")).await;
}

#[tokio::test]
async fn a_waiver_can_be_renewed() {
    let world = World::at(Stage::Ready).await;
    let path = "/v1/locations/{location}/players/{dependant}/waivers";
    let first = world.done(path, waiver()).await;
    let again = world.done(path, waiver()).await;
    assert_eq!(again["version"].as_u64(), first["version"].as_u64().map(|version| version + 1));
}

#[tokio::test]
async fn the_log_holds_no_personal_data_in_the_clear() {
    let world = World::at(Stage::Played).await;
    let events = world.service.store.read_log(domain::log::Position(1), 1_000).await.unwrap();
    assert!(events.iter().any(|event| &*event.event_type == "player.guardian_registered.v2"));
    let secrets = ["Ana", "Bo", "Ruiz", "ana@example.org", "1990-05-31", "2016-03-01"];
    let mut blobs = 0;
    for event in events.iter().filter(|event| event.stream.category() == "player") {
        let mut data: serde_json::Value = serde_json::from_str(&event.data).unwrap();
        let sealed = data.as_object_mut().unwrap().remove("sealed");
        let in_the_clear = data.to_string();
        assert!(!secrets.iter().any(|secret| in_the_clear.contains(secret)), "{}: {data}", event.event_type);
        // Short names turn up in random letters by chance, so a blob is asked for what names would stand in.
        if let Some(sealed) = sealed {
            let bytes = BASE64.decode(sealed.as_str().unwrap()).unwrap();
            let is_json = serde_json::from_slice::<serde_json::Value>(&bytes).is_ok();
            let named = secrets.iter().any(|secret| {
                let quoted = format!("\"{secret}\"");
                bytes.windows(quoted.len()).any(|window| window == quoted.as_bytes())
            });
            assert!(!is_json && !named, "{}: {sealed}", event.event_type);
            blobs += 1;
        }
    }
    assert!(blobs > 2, "guardian, dependant and waiver");
}
