//! Erasing people, over HTTP: their keys go, their e-mail is free again, their bands are void.

use domain::{
    DomainEvent,
    log::{Position, Version},
    player::PlayerEvent,
    values::Personal,
};
use events::decode;
use serde_json::{Value, json};

use super::{
    service::problem,
    world::{Stage, World, guardian, waiver},
};

const ERASE: &str = "/v1/locations/{location}/players/{player}/erase";

impl World {
    /// Details out of the log that can still be read, with all keys there are.
    async fn readable_details(&self) -> usize {
        let events = self.service.store.read_log(Position(1), 1_000).await.unwrap();
        let people = ["player", "dependant"].map(|name| self.id(name).parse().unwrap());
        let keys = self.service.installation.person_keys();
        let keys = keys.prefetch(&*self.service.store, people).await.unwrap();
        let details = events.iter().filter(|event| match decode(event, &keys).unwrap() {
            DomainEvent::Player(
                PlayerEvent::GuardianRegistered { details, .. }
                | PlayerEvent::DependantRegistered { details, .. },
            ) => matches!(details, Personal::Known(_)),
            _ => false,
        });
        details.count()
    }

    async fn erased(&self, template: &str) -> Vec<String> {
        let answer = self.done(template, json!({})).await;
        answer["erased"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    async fn last_event(&self, stream: &str) -> String {
        let stream = stream.parse().unwrap();
        let events = self.service.store.read_stream(&stream, Version(1), 1_000).await.unwrap();
        events.last().unwrap().event_type.to_string()
    }
}

#[tokio::test]
async fn a_guardian_is_erased_with_the_family() {
    let world = World::at(Stage::Ready).await;
    assert_eq!(world.readable_details().await, 2);
    assert_eq!(world.erased(ERASE).await, [world.id("player"), world.id("dependant")]);
    assert_eq!(world.readable_details().await, 0);
    world.done("/v1/locations/{location}/players", guardian("ana@example.org")).await;
    for person in ["{player}", "{dependant}"] {
        let waivers = format!("/v1/locations/{{location}}/players/{person}/waivers");
        assert_eq!(world.refused(&waivers, waiver()).await, problem(409, "player_erased"));
    }
}

#[tokio::test]
async fn a_dependant_is_erased_alone_and_the_rest_later() {
    let world = World::at(Stage::Ready).await;
    let dependant = "/v1/locations/{location}/players/{dependant}/erase";
    assert_eq!(world.erased(dependant).await, [world.id("dependant")]);
    assert_eq!(world.readable_details().await, 1);
    assert_eq!(world.erased(dependant).await, Vec::<String>::new(), "nobody is erased twice");
    assert_eq!(world.erased(ERASE).await, [world.id("player")]);
    assert_eq!(world.readable_details().await, 0);
}

#[tokio::test]
async fn the_bands_of_the_erased_are_void() {
    let mut world = World::at(Stage::Worn).await;
    world.name("second", "B-18");
    let bands = "/v1/locations/{location}/wristbands";
    let hour = json!({"minutes": 60, "starts": "first_scan"});
    world.done(&format!("{bands}/{{second}}/initialize"), hour.clone()).await;
    let child = json!({"player_id": world.id("dependant")});
    world.done(&format!("{bands}/{{second}}/assign"), child).await;
    world.done(ERASE, json!({})).await;
    for uid in ["{uid}", "{second}"] {
        let stream = world.path(&format!("wristband-{{location}}:{uid}"));
        assert_eq!(world.last_event(&stream).await, "wristband.voided.v1");
        let scan = json!({"room_id": world.id("room")});
        let scanned = world.done(&format!("{bands}/{uid}/scan"), scan).await;
        assert_eq!((&scanned["good"], &scanned["player_id"]), (&json!(false), &Value::Null));
        world.done(&format!("{bands}/{uid}/initialize"), hour.clone()).await;
    }
}

#[tokio::test]
async fn nobody_is_erased_while_one_of_them_plays() {
    let world = World::at(Stage::Playing).await;
    assert_eq!(world.refused(ERASE, json!({})).await, problem(409, "player_in_play"));
    assert_eq!(world.readable_details().await, 2);
    world.done("/v1/locations/{location}/plays/{play}/abort", json!({"reason": "asked for"})).await;
    assert_eq!(world.erased(ERASE).await.len(), 2);
}

#[tokio::test]
async fn a_band_put_down_for_another_is_left_alone() {
    let mut world = World::at(Stage::Worn).await;
    world.wait_minutes(61);
    world.name("second", "B-18");
    let bands = "/v1/locations/{location}/wristbands";
    let hour = json!({"minutes": 60, "starts": "now"});
    world.done(&format!("{bands}/{{second}}/initialize"), hour.clone()).await;
    let same = json!({"player_id": world.id("player")});
    world.done(&format!("{bands}/{{second}}/assign"), same).await;
    // The first band is somebody else's by now.
    world.done(&format!("{bands}/{{uid}}/initialize"), hour).await;
    world.done(ERASE, json!({})).await;
    let first = world.path("wristband-{location}:{uid}");
    assert_eq!(world.last_event(&first).await, "wristband.initialized.v1");
    let second = world.path("wristband-{location}:{second}");
    assert_eq!(world.last_event(&second).await, "wristband.voided.v1");
}

#[tokio::test]
async fn an_erasure_sent_again_gets_its_answer_and_details_cannot_be_corrected_after_it() {
    let world = World::at(Stage::Ready).await;
    let (path, key) = (world.path(ERASE), [("idempotency-key", "erase-1")]);
    let first = world.service.post_with(&path, &json!({}), &key).await;
    let again = world.service.post_with(&path, &json!({}), &key).await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    let correct = "/v1/locations/{location}/players/{player}/correct";
    let late = world.refused(correct, guardian("ana@example.org")).await;
    assert_eq!(late, problem(409, "player_erased"));
}
