//! People and families: found, paged through, erased; never another location's.

use std::collections::BTreeSet;

use domain::{
    ids::WristbandUid,
    player::PlayerEvent,
    values::{Name, Personal},
};
use serde_json::{Value, json};

use crate::world::{ELSEWHERE, HOME, World, details, person};

fn names(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["first_name"].as_str().unwrap()).collect()
}

/// Ana with her child Leo, Bo, and at the other venue another Ana of the same e-mail.
async fn with_families() -> World {
    let world = World::new().await;
    world.register(HOME, 1, ("Ana", "O'Brien"), "ana@example.org").await;
    world.register(HOME, 3, ("Bo", "Ek"), "bo@example.org").await;
    world.register(ELSEWHERE, 4, ("Anna", "Elsewhere"), "ana@example.org").await;
    let (id, guardian, details) = (person(2), person(1), details(("Leo", "O'Brien"), None));
    let registered = PlayerEvent::DependantRegistered { id, location: HOME, guardian, details };
    world.person(HOME, 2, registered).await;
    world.person(HOME, 2, PlayerEvent::BandReceived { uid: "AB-42".parse().unwrap() }).await;
    world
}

#[tokio::test]
async fn people_are_found_by_name_email_and_band_at_their_location_only() {
    let world = with_families().await;
    for (search, found) in [
        ("AN", vec!["Ana"]),
        ("brien", vec!["Leo", "Ana"]),
        ("o%27b%20le", vec!["Leo"]),
        ("ana%40example.org", vec!["Ana"]),
        ("ab-4", vec!["Leo"]),
        ("elsewhere", vec![]),
        ("", vec!["Bo", "Leo", "Ana"]),
        ("%25", vec![]),
    ] {
        let items = world.items(&format!("players?search={search}")).await;
        assert_eq!(names(&items), found, "{search}");
    }
}

#[tokio::test]
async fn those_found_without_accents_come_after_the_others() {
    let world = with_families().await;
    world.register(HOME, 5, ("Jörg", "Müller"), "j@example.org").await;
    world.register(HOME, 6, ("Ida", "Muller"), "i@example.org").await;
    world.register(HOME, 7, ("Eva", "Müller"), "e@example.org").await;
    world.person(HOME, 7, PlayerEvent::BandReceived { uid: WristbandUid::stored("04-a2-1f-6b") }).await;
    for (search, found) in [
        ("muller", vec!["Ida", "Eva", "Jörg"]),
        ("m%C3%BCller", vec!["Eva", "Jörg", "Ida"]),
        ("MUELLER", vec!["Eva", "Jörg"]),
        ("jorg%20muller", vec!["Jörg"]),
        ("04%3AA2%3A1F%3A6B", vec!["Eva"]),
        ("04A21F6B", vec!["Eva"]),
    ] {
        assert_eq!(names(&world.items(&format!("players?search={search}")).await), found, "{search}");
    }
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    for _ in 0..3 {
        let path = format!("/v1/locations/{HOME}/players?search=muller&limit=1{cursor}");
        let page = world.see(&world.desk, &path).await.ok();
        paged.extend(names(page["items"].as_array().unwrap()).into_iter().map(str::to_owned));
        cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap_or_default());
    }
    assert_eq!(paged, ["Ida", "Eva", "Jörg"]);
}

#[tokio::test]
async fn a_family_is_found_however_the_domain_of_its_email_is_written() {
    let world = with_families().await;
    world.register(HOME, 5, ("Eva", "Ruiz"), "eva@xn--mnchen-3ya.example").await;
    world.register(HOME, 6, ("Ida", "Ruiz"), "ida@m\u{fc}nchen.example").await;
    for (email, name) in [
        ("eva%40xn--mnchen-3ya.example", "Eva"),
        ("eva%40m%C3%BCnchen.example", "Eva"),
        ("ida%40XN--MNCHEN-3YA.example", "Ida"),
    ] {
        let family = world.see(&world.desk, &format!("/v1/locations/{HOME}/families/{email}")).await.ok();
        assert_eq!(family["guardian"]["first_name"], json!(name), "{email}: {family}");
    }
}

#[tokio::test]
async fn a_person_is_shown_with_their_dependants() {
    let world = with_families().await;
    let signed = PlayerEvent::WaiverSigned {
        version: "v1".to_owned(),
        signature: Personal::Known(Name::stored("Ana").into()),
        signed_at: "2026-01-01T10:00:00Z".parse().unwrap(),
        expires_at: "2027-01-01T10:00:00Z".parse().unwrap(),
    };
    world.person(HOME, 1, signed).await;
    let ana = world.see(&world.desk, &format!("/v1/locations/{HOME}/players/{}", person(1))).await.ok();
    assert_eq!((&ana["first_name"], &ana["last_name"]), (&json!("Ana"), &json!("O'Brien")));
    assert_eq!((&ana["email"], &ana["birth_date"]), (&json!("ana@example.org"), &json!("1990-02-28")));
    assert_eq!((&ana["guardian_id"], &ana["wristband_uid"]), (&json!(null), &json!(null)));
    let waiver = json!({
        "version": "v1", "signed_at": "2026-01-01T10:00:00Z", "expires_at": "2027-01-01T10:00:00Z",
    });
    assert_eq!((&ana["waiver"], &ana["erased"]), (&waiver, &json!(false)));
    let leo = &ana["dependants"][0];
    assert_eq!((&leo["id"], &leo["guardian_id"]), (&json!(person(2)), &json!(person(1))));
    assert_eq!(
        (&leo["wristband_uid"], &leo["waiver"], &leo["email"]),
        (&json!("AB-42"), &json!(null), &json!(null))
    );
}

#[tokio::test]
async fn another_locations_person_is_nobody() {
    let world = with_families().await;
    for id in [person(4), person(99)] {
        let path = format!("/v1/locations/{HOME}/players/{id}");
        assert_eq!(world.see(&world.admin, &path).await.status, 404, "{id}");
    }
}

#[tokio::test]
async fn a_family_is_found_by_its_email_whatever_the_case_at_its_location_only() {
    let world = with_families().await;
    let family =
        world.see(&world.desk, &format!("/v1/locations/{HOME}/families/ANA%40Example.org")).await.ok();
    assert_eq!(family["guardian"]["id"], json!(person(1)));
    assert_eq!(names(family["dependants"].as_array().unwrap()), ["Leo"]);
    let path = format!("/v1/locations/{ELSEWHERE}/families/ana@example.org");
    assert_eq!(world.see(&world.admin, &path).await.ok()["guardian"]["id"], json!(person(4)));
    for email in ["bo", "nobody@example.org", "example.org"] {
        let path = format!("/v1/locations/{HOME}/families/{email}");
        assert_eq!(world.see(&world.desk, &path).await.status, 404, "{email}");
    }
}

#[tokio::test]
async fn an_erased_person_leaves_only_an_id() {
    let world = with_families().await;
    assert_eq!(names(&world.items("players?search=bo").await), ["Bo"]);
    world.person(HOME, 3, PlayerEvent::Erased).await;
    assert_eq!(names(&world.items("players?search=bo").await), Vec::<&str>::new());
    let path = format!("/v1/locations/{HOME}/players/{}", person(3));
    let bo = world.see(&world.desk, &path).await.ok();
    let personal = ["first_name", "last_name", "email", "birth_date"].map(|field| bo[field].clone());
    assert_eq!((personal, &bo["erased"]), ([const { Value::Null }; 4], &json!(true)));
    let path = format!("/v1/locations/{HOME}/families/bo@example.org");
    assert_eq!(world.see(&world.desk, &path).await.status, 404);
}

#[tokio::test]
async fn pages_have_neither_holes_nor_repeats_while_people_join() {
    let world = World::new().await;
    for id in 100..130 {
        world.register(HOME, id * 2, ("Ana", "Ek"), &format!("p{id}@example.org")).await;
    }
    let there: BTreeSet<_> = (100..130).map(|id| person(id * 2).to_string()).collect();
    let (mut seen, mut cursor, mut joining) = (Vec::new(), String::new(), 100);
    loop {
        let path = format!("/v1/locations/{HOME}/players?search=ana&limit=7{cursor}");
        let page = world.see(&world.desk, &path).await.ok();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 7);
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        // One before the page that is next, one behind, one in between.
        for id in [joining * 2 + 1, 1_000 + joining, 450 - joining * 2 + 1] {
            world.register(HOME, id, ("Ana", "New"), &format!("new{id}@example.org")).await;
        }
        joining += 1;
    }
    let unique: BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!(unique.len(), seen.len(), "nobody twice");
    assert!(unique.is_superset(&there), "missing: {:?}", there.difference(&unique));
}
