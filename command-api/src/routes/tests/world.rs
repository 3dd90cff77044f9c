//! A venue with something of everything in it, made through the API, and another venue beside it.

use std::collections::BTreeMap;

use domain::ids::LocationId;
use jiff::SignedDuration;
use runtime::clock::Clock as _;
use serde_json::{Value, json};

use super::service::{Reply, Service};

/// How far a venue's day has come. Each stage includes those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::routes) enum Stage {
    /// Two locations; a game with two variants and another with one; a room at each location; a family; a
    /// plug with an automation.
    Open,
    /// The variant is active in the room, the family has signed.
    Ready,
    /// A band has an hour on it.
    Loaded,
    /// The guardian wears it.
    Worn,
    /// And plays.
    Playing,
    /// With 100 points.
    Played,
}

/// The venue, with the ids of what is in it by the names they have in paths.
pub(in crate::routes) struct World {
    pub(super) service: Service,
    ids: BTreeMap<&'static str, String>,
}

impl World {
    pub(super) async fn at(stage: Stage) -> Self {
        let mut world = Self { service: Service::new().await, ids: BTreeMap::new() };
        let fresh = world.service.fresh_id();
        world.ids.extend([
            ("uid", "B-17".to_owned()),
            ("key", "feature.night_mode".to_owned()),
            ("play", fresh),
        ]);
        world.open().await;
        let steps = [
            (Stage::Ready, "/v1/locations/{location}/rooms/{room}/variants/{variant}/activate", json!({})),
            (Stage::Ready, "/v1/locations/{location}/players/{player}/waivers", waiver()),
            (Stage::Ready, "/v1/locations/{location}/players/{dependant}/waivers", waiver()),
            (
                Stage::Loaded,
                "/v1/locations/{location}/wristbands/{uid}/initialize",
                json!({"minutes": 60, "starts": "now"}),
            ),
            (
                Stage::Worn,
                "/v1/locations/{location}/wristbands/{uid}/assign",
                json!({"player_id": world.id("player")}),
            ),
        ];
        for (needed, path, body) in steps {
            if needed <= stage {
                world.done(path, body).await;
            }
        }
        if stage >= Stage::Playing {
            let play = json!({
                "room_id": world.id("room"),
                "variant_id": world.id("variant"),
                "wristbands": [world.id("uid")],
            });
            world.made("play", "/v1/locations/{location}/plays", play).await;
        }
        if stage >= Stage::Played {
            let results = json!({"results": [{"uid": world.id("uid"), "points": 100, "level": 2}]});
            world.done("/v1/locations/{location}/plays/{play}/finish", results).await;
        }
        world
    }

    async fn open(&mut self) {
        let venue = |code: &str| json!({"code": code, "name": code, "time_zone": "Europe/Berlin"});
        self.made("location", "/v1/locations", venue("home")).await;
        self.made("elsewhere", "/v1/locations", venue("elsewhere")).await;
        let game = |code: &str| json!({"code": code, "name": "Laser maze", "max_players": 8});
        self.made("game", "/v1/games", game("laser")).await;
        self.made("other_game", "/v1/games", game("climb")).await;
        let variant = || json!({"name": "Classic", "mode": "alliance", "max_players": 4});
        self.made("variant", "/v1/games/{game}/variants", variant()).await;
        self.made("second_variant", "/v1/games/{game}/variants", variant()).await;
        self.made("foreign_variant", "/v1/games/{other_game}/variants", variant()).await;
        let room = json!({"game_id": self.id("game"), "name": "Room 1"});
        self.made("room", "/v1/locations/{location}/rooms", room.clone()).await;
        self.made("room_elsewhere", "/v1/locations/{elsewhere}/rooms", room).await;
        self.made("player", "/v1/locations/{location}/players", guardian("ana@example.org")).await;
        let child = json!({"first_name": "Bo", "last_name": "Ruiz", "birth_date": "2016-03-01"});
        self.made("dependant", "/v1/locations/{location}/players/{player}/dependants", child).await;
        self.made("plug", "/v1/locations/{location}/plugs", plug("8006AA")).await;
        let fog = fog(self.id("plug"));
        self.made("automation", "/v1/locations/{location}/automations", fog).await;
    }

    /// `template` with the ids of this world in the place of its parameters.
    pub(super) fn path(&self, template: &str) -> String {
        let replace = |path: String, (name, id): (&&str, &String)| path.replace(&format!("{{{name}}}"), id);
        self.ids.iter().fold(template.to_owned(), replace)
    }

    pub(in crate::routes) fn id(&self, name: &str) -> &str {
        &self.ids[name]
    }

    pub(super) fn location(&self, name: &str) -> LocationId {
        self.id(name).parse().unwrap()
    }

    /// From now on `name` means `id`.
    pub(super) fn name(&mut self, name: &'static str, id: &str) {
        self.ids.insert(name, id.to_owned());
    }

    pub(super) async fn post(&self, template: &str, body: Value) -> Reply {
        self.service.post(&self.path(template), &body).await
    }

    /// A command that is accepted.
    pub(super) async fn done(&self, template: &str, body: Value) -> Value {
        self.post(template, body).await.accepted()
    }

    /// A creation, whose id is `name` from now on.
    pub(super) async fn made(&mut self, name: &'static str, template: &str, body: Value) {
        let answer = self.done(template, body).await;
        self.name(name, answer["id"].as_str().unwrap());
    }

    /// The refusal of a command, which must not be accepted.
    pub(super) async fn refused(&self, template: &str, body: Value) -> (u16, String) {
        let before = self.service.head().await;
        let problem = self.post(template, body).await.problem();
        assert_eq!(self.service.head().await, before, "a refused command stores nothing");
        problem
    }

    /// The time in so many minutes, or so many ago.
    pub(in crate::routes) fn in_minutes(&self, minutes: i64) -> String {
        (self.service.clock.now() + SignedDuration::from_mins(minutes)).to_string()
    }

    pub(super) fn wait_minutes(&self, minutes: i64) {
        self.service.clock.pass(SignedDuration::from_mins(minutes));
    }
}

/// An adult to register.
pub(in crate::routes) fn guardian(email: &str) -> Value {
    json!({"first_name": "Ana", "last_name": "Ruiz", "email": email, "birth_date": "1990-05-31"})
}

/// A plug to register.
pub(super) fn plug(device: &str) -> Value {
    json!({"mac": "50:C7:BF:00:00:01", "device_id": device, "model": "HS110(EU)", "name": "Fog"})
}

/// An automation to create.
pub(super) fn fog(plug: &str) -> Value {
    json!({
        "name": "Fog on start", "plug_ids": [plug], "trigger": {"type": "event", "event": "play_started"},
        "action": {"type": "on", "seconds": 20},
    })
}

/// A signature.
pub(super) fn waiver() -> Value {
    json!({"version": "2026-1", "signed_by": "Ana Ruiz"})
}
