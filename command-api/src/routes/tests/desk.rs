//! What the front desk does in one call, over HTTP.

use serde_json::{Value, json};

use super::{
    service::problem,
    world::{Stage, World, guardian},
};

const PARTIES: &str = "/v1/locations/{location}/parties";
const SCAN: &str = "/v1/locations/{location}/wristbands/{uid}/scan";

fn family(name: &str, email: &str, bands: &[(&str, Value)]) -> Value {
    let band =
        |(uid, whose): &(&str, Value)| json!({"uid": uid, "for": whose, "minutes": 60, "starts": "now"});
    json!({
        "guardian": {"first_name": name, "last_name": "Lind", "email": email, "adult_declared": true},
        "children": [
            {"first_name": "Tim", "last_name": "Lind", "birth_date": "2016-03-01"},
            {"first_name": "Pia", "birth_date": "2018-03-01"},
        ],
        "waiver": {"version": "2026-1", "signed_by": format!("{name} Lind")},
        "wristbands": bands.iter().map(band).collect::<Vec<_>>(),
    })
}

async fn scan(world: &World, uid: &str) -> Value {
    let path = SCAN.replace("{uid}", uid);
    world.done(&path, json!({"room_id": world.id("room")})).await
}

#[tokio::test]
async fn twenty_families_come_in_with_one_command() {
    let world = World::at(Stage::Open).await;
    let families: Vec<_> = (0..20)
        .map(|number| {
            let bands = [(format!("G-{number}"), json!("guardian")), (format!("C-{number}"), json!(0))];
            let bands: Vec<_> = bands.iter().map(|(uid, whose)| (uid.as_str(), whose.clone())).collect();
            family("Eva", &format!("eva{number}@example.org"), &bands)
        })
        .collect();
    let admitted = world.done(PARTIES, json!({"families": families})).await;
    assert_eq!(admitted["accepted"], 20, "{admitted}");
    let first = &admitted["items"][0];
    assert_eq!((&first["status"], first["child_ids"].as_array().unwrap().len()), (&json!(200), 2));
    let bands = first["wristbands"].as_array().unwrap();
    assert_eq!((&bands[0]["player_id"], &bands[0]["minutes_left"]), (&first["guardian_id"], &json!(60)));
    assert_eq!(bands[1]["player_id"], first["child_ids"][0]);
    let scanned = scan(&world, "C-19").await;
    assert_eq!((&scanned["good"], &scanned["next"]), (&json!(true), &json!("play")));
    assert_eq!(scanned["display_name"], "Tim", "nothing of a minor's last name");
    assert_eq!(scan(&world, "G-19").await["display_name"], "Eva L.");
}

#[tokio::test]
async fn a_family_that_is_known_is_not_registered_again_and_a_bad_one_is_refused_alone() {
    let world = World::at(Stage::Open).await;
    let first = world.done(PARTIES, json!({"families": [family("Eva", "eva@example.org", &[])]})).await;
    let mut again = family("Eva", "EVA@example.org", &[("C-1", json!(1))]);
    again["children"].as_array_mut().unwrap().push(json!({"first_name": "Leo", "birth_date": "2020-01-01"}));
    let mut minor = family("Eva", "mia@example.org", &[]);
    minor["waiver"]["signed_by"] = json!("pia");
    let twice = family("Eva", "two@example.org", &[("C-1", json!("guardian"))]);
    let second = world.done(PARTIES, json!({"families": [again, minor, twice]})).await;
    let (known, items) = (&first["items"][0], &second["items"]);
    assert_eq!(
        (&second["accepted"], &items[0]["guardian_id"]),
        (&json!(1), &known["guardian_id"]),
        "{second}"
    );
    assert_eq!(
        (&items[0]["child_ids"][0], &items[0]["child_ids"][1]),
        (&known["child_ids"][0], &known["child_ids"][1])
    );
    assert_ne!(items[0]["child_ids"][2], known["child_ids"][0]);
    assert_eq!((&items[1]["status"], &items[1]["code"]), (&json!(422), &json!("waiver_signed_by_minor")));
    assert_eq!((&items[2]["status"], &items[2]["code"]), (&json!(409), &json!("wristband_still_has_time")));
    assert!(items[2]["detail"].as_str().unwrap().starts_with("wristband C-1: "), "{}", items[2]);
    // The refused family left no claim on its e-mail.
    world.done("/v1/locations/{location}/players", guardian("two@example.org")).await;
}

#[tokio::test]
async fn a_party_sent_again_with_its_key_is_answered_and_not_repeated() {
    let world = World::at(Stage::Open).await;
    let party = json!({"families": [family("Eva", "eva@example.org", &[("C-1", json!(0))])]});
    let path = world.path(PARTIES);
    let key = [("Idempotency-Key", "party-1")];
    let first = world.service.post_with(&path, &party, &key).await;
    let second = world.service.post_with(&path, &party, &key).await;
    assert_eq!((first.status, first.text.clone()), (200, second.text));
}

#[tokio::test]
async fn ten_minutes_for_a_group_renew_those_whose_time_is_over() {
    let world = World::at(Stage::Worn).await;
    let more = |uids: Value| json!({"uids": uids, "minutes": 10, "reason": "the fog failed"});
    let path = "/v1/locations/{location}/wristbands/add-time";
    let first = world.done(path, more(json!(["B-17", "b-17", "B-99"]))).await;
    assert_eq!((&first["accepted"], &first["items"][0]["minutes_left"]), (&json!(1), &json!(70)), "{first}");
    let codes: Vec<_> = first["items"].as_array().unwrap().iter().map(|item| item["code"].clone()).collect();
    assert_eq!(codes, [Value::Null, json!("wristband_not_found"), json!("wristband_not_found")]);
    world.wait_minutes(100);
    let second = world.done(path, more(json!(["B-17", "B-17"]))).await;
    assert_eq!(
        (&second["accepted"], &second["items"][0]["minutes_left"]),
        (&json!(1), &json!(10)),
        "{second}"
    );
    assert_eq!(second["items"][1]["code"], "wristband_named_twice");
}

#[tokio::test]
async fn a_band_that_the_wrong_person_got_goes_to_the_right_one_with_its_time() {
    let world = World::at(Stage::Worn).await;
    world.wait_minutes(10);
    let assign = "/v1/locations/{location}/wristbands/{uid}/assign";
    let right = json!({"player_id": world.id("dependant")});
    assert_eq!(world.refused(assign, right.clone()).await, problem(409, "wristband_worn_by_another"));
    let mut replacing = right.clone();
    replacing["replace"] = json!(true);
    let given = world.done(assign, replacing).await;
    assert_eq!((&given["player_id"], &given["minutes_left"]), (&right["player_id"], &json!(50)));
    assert_eq!(scan(&world, "B-17").await["display_name"], "Bo");
    // The one who had it by mistake has none now.
    let own = json!({"minutes": 60, "starts": "now"});
    world.done("/v1/locations/{location}/wristbands/B-20/initialize", own).await;
    world
        .done("/v1/locations/{location}/wristbands/B-20/assign", json!({"player_id": world.id("player")}))
        .await;
    let off = world.done("/v1/locations/{location}/wristbands/{uid}/unassign", json!({})).await;
    assert_eq!((&off["player_id"], &off["minutes_left"]), (&Value::Null, &json!(50)));
    let scanned = scan(&world, "B-17").await;
    assert_eq!((&scanned["reason"], &scanned["next"]), (&json!("unassigned"), &json!("assign")));
}

#[tokio::test]
async fn an_end_is_set_and_a_pass_issued() {
    let world = World::at(Stage::Worn).await;
    let set_end = "/v1/locations/{location}/wristbands/{uid}/set-end";
    let sooner = json!({"ends_at": world.in_minutes(20), "reason": "closing early"});
    assert_eq!(world.done(set_end, sooner).await["minutes_left"], 20);
    let over = json!({"ends_at": world.in_minutes(-5), "reason": "closing early"});
    assert_eq!(world.refused(set_end, over).await, problem(422, "wristband_end_in_past"));
    assert_eq!(world.done(set_end, json!({"reason": "went home"})).await["minutes_left"], 0);
    let pass = "/v1/locations/{location}/wristbands/{uid}/pass";
    let year = json!({"valid_until": world.in_minutes(365 * 24 * 60)});
    assert_eq!(world.done(pass, year).await["minutes_left"], 365 * 24 * 60);
    let long = json!({"valid_until": world.in_minutes(367 * 24 * 60)});
    let other = "/v1/locations/{location}/wristbands/B-30/pass";
    assert_eq!(world.refused(other, long).await, problem(422, "wristband_pass_end"));
}

#[tokio::test]
async fn guests_come_as_they_are() {
    let mut world = World::at(Stage::Open).await;
    let players = "/v1/locations/{location}/players";
    let one_name = json!({"first_name": "Sukarno", "email": "sukarno@example.org", "adult_declared": true});
    world.made("walk_in", players, one_name).await;
    let nothing = json!({"first_name": "Kim", "email": "kim@example.org"});
    assert_eq!(world.refused(players, nothing).await, problem(422, "guardian_age_unknown"));
    let child = json!({"first_name": "bo", "last_name": "RUIZ", "birth_date": "2016-03-01"});
    let dependants = "/v1/locations/{location}/players/{player}/dependants";
    let known = world.post(dependants, child).await;
    let body: Value = serde_json::from_str(&known.text).unwrap();
    assert_eq!((known.status, body["id"].as_str()), (200, Some(world.id("dependant"))), "{body}");
    let waivers = "/v1/locations/{location}/players/{dependant}/waivers";
    let by_child = json!({"version": "1", "signed_by": "Bo"});
    assert_eq!(world.refused(waivers, by_child).await, problem(422, "waiver_signed_by_minor"));
    world.done(waivers, json!({"version": "1", "signed_by": "Ana Ruiz", "drawing": "M0 0 L9 9"})).await;
    let correct = "/v1/locations/{location}/players/{player}/correct";
    world.done(correct, json!({"phone": "+49 30 123456"})).await;
    let unchanged = world.service.head().await;
    world.done(correct, json!({"phone": "+49 30 123456"})).await;
    assert_eq!(world.service.head().await, unchanged, "what is so already is no event");
    let moved = world
        .done(
            "/v1/locations/{location}/players/{dependant}/move",
            json!({"guardian_id": world.id("walk_in")}),
        )
        .await;
    assert!(moved["version"].as_u64() > Some(2), "{moved}");
}
