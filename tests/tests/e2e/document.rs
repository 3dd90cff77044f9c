//! The document `/openapi.json` describes what is served: a day that sends every command and asks for every
//! view, each answer held against its schema. The harness holds the answers of all other tests against it too.

use std::collections::BTreeMap;

use aerosports::client::Client;
use aerosports_tests::{Up, WallClock, contract};
use runtime::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::{BINARY, support};

const VENUE: &str = "/v1/locations/{location}";

/// A venue in the making; `{name}` in a path or body stands for the id with that name.
struct Day {
    up: Up,
    client: Client,
    clock: WallClock,
    ids: BTreeMap<&'static str, String>,
    token: String,
}

impl Day {
    async fn begin() -> Self {
        let clock = WallClock::right();
        let up = Up::start_with(BINARY, &clock.environment()).await.unwrap();
        let client = up.client();
        Self { up, client, clock, ids: BTreeMap::new(), token: "1.0".to_owned() }
    }

    fn filled(&self, template: &str) -> String {
        let template = template.replace("{venue}", VENUE);
        self.ids.iter().fold(template, |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }

    /// A command that is accepted.
    async fn done(&mut self, path: &str, body: Value) -> Value {
        let path = self.filled(path);
        let body: Value = serde_json::from_str(&self.filled(&body.to_string())).unwrap();
        let answer = support::accepted(&mut self.client, &path, &body).await;
        answer["token"].as_str().unwrap().clone_into(&mut self.token);
        answer
    }

    /// A creation, whose id is `name` from now on.
    async fn made(&mut self, name: &'static str, path: &str, body: Value) {
        let answer = self.done(path, body).await;
        self.ids.insert(name, support::id(&answer));
    }

    async fn all_done(&mut self, commands: Vec<(&str, Value)>) {
        for (path, body) in commands {
            self.done(path, body).await;
        }
    }

    /// A view that shows something: an object, or a list that is not empty.
    async fn shows(&mut self, path: &str) {
        let path = self.filled(path);
        let body = support::shown(&mut self.client, &path, &self.token).await;
        assert!(body.get("items").is_none_or(|items| items != &json!([])), "{path} shows nothing: {body}");
    }

    async fn all_shown(&mut self, paths: &[&str]) {
        for path in paths {
            self.shows(path).await;
        }
    }

    async fn catalogue(&mut self) {
        let game = |code: &str| json!({"code": code, "name": "Laser maze", "max_players": 8});
        let variant = || {
            json!({
                "name": "Night", "mode": "pvp", "max_players": 8, "levels": 100, "max_iterations": 10,
                "iteration_seconds": 60, "instructions": "Run.", "media_links": ["https://cdn.example.org/n.mp4"],
            })
        };
        self.made("game", "/v1/games", game("laser")).await;
        self.made("old_game", "/v1/games", game("climb")).await;
        self.made("variant", "/v1/games/{game}/variants", variant()).await;
        self.made("old_variant", "/v1/games/{game}/variants", variant()).await;
        self.all_done(vec![
            ("/v1/games/{game}/change", json!({"name": "Maze"})),
            ("/v1/games/{game}/variants/{variant}/change", json!({"name": "Midnight"})),
            ("/v1/games/{game}/variants/{old_variant}/retire", json!({})),
            ("/v1/games/{old_game}/retire", json!({})),
        ])
        .await;
        self.shows("/v1/games").await;
    }

    async fn venue(&mut self) {
        let venue = json!({"code": "pier", "name": "Pier", "time_zone": "America/New_York"});
        self.made("location", "/v1/locations", venue).await;
        let settings = json!({
            "time_zone": "Europe/Berlin", "reward_tiers": [{"name": "Bronze", "over_points": 10}],
            "opening_hours": [{"weekday": 1, "opens": "09:00:00", "closes": "22:00:00"}],
        });
        let room = json!({
            "game_id": "{game}", "name": "Room 1", "controllers": [{"name": "floor", "address": "10.0.3.21:7000"}],
        });
        self.made("room", "{venue}/rooms", room).await;
        self.ids.insert("key", "feature.night_mode".to_owned());
        self.all_done(vec![
            ("{venue}/rename", json!({"name": "Old pier"})),
            ("{venue}/settings", settings),
            ("{venue}/disable", json!({"reason": "storm"})),
            ("{venue}/enable", json!({})),
            ("{venue}/rooms/{room}/reconfigure", json!({"name": "Cave", "overrides": {"volume": "7"}})),
            ("{venue}/rooms/{room}/out-of-service", json!({"reason": "paint"})),
            ("{venue}/rooms/{room}/return", json!({})),
            ("{venue}/rooms/{room}/variants/{variant}/activate", json!({"custom": {"speed": "2"}})),
            ("{venue}/rooms/{room}/variants/{variant}/deactivate", json!({})),
            ("{venue}/rooms/{room}/variants/{variant}/activate", json!({"custom": {"speed": "3"}})),
            ("/v1/settings/{key}/set", json!({"value": "on", "type": "text"})),
            ("/v1/settings/{key}/unset", json!({})),
            ("{venue}/settings/{key}/set", json!({"value": 1.5, "type": "number", "room_id": "{room}"})),
            ("{venue}/settings/{key}/set", json!({"value": {"any": ["thing"]}})),
            ("{venue}/settings/{key}/unset", json!({"room_id": "{room}"})),
        ])
        .await;
        self.all_shown(&[
            "/v1/locations",
            "{venue}",
            "{venue}/rooms",
            "{venue}/rooms/{room}",
            "{venue}/settings",
            "{venue}/occupancy",
        ])
        .await;
    }

    async fn people(&mut self) {
        let person = |first: &str, email: &str| json!({"first_name": first, "last_name": "Ruiz", "email": email, "birth_date": "1990-05-31"});
        self.made("player", "{venue}/players", person("Ana", "ana@example.org")).await;
        self.made("guest", "{venue}/players", person("Di", "di@example.org")).await;
        self.made("leaver", "{venue}/players", person("Cy", "cy@example.org")).await;
        let child = json!({"first_name": "Bo", "last_name": "Ruiz", "birth_date": "2016-03-01"});
        self.made("dependant", "{venue}/players/{player}/dependants", child).await;
        let waiver = || json!({"version": "2026-1", "signed_by": "Ana Ruiz"});
        self.all_done(vec![
            ("{venue}/players/{player}/correct", person("Anna", "ana@example.org")),
            ("{venue}/players/{player}/waivers", waiver()),
            ("{venue}/players/{dependant}/waivers", waiver()),
            ("{venue}/players/{guest}/waivers", waiver()),
            ("{venue}/players/{leaver}/erase", json!({})),
            ("{venue}/players/{dependant}/move", json!({"guardian_id": "{guest}"})),
            ("{venue}/parties", json!({"families": [party("eva@example.org"), party("di@example.org")]})),
        ])
        .await;
        self.all_shown(&[
            "{venue}/players",
            "{venue}/players/{player}",
            "{venue}/players/{leaver}",
            "{venue}/families/ana@example.org",
            "{venue}/players?has_time=false",
        ])
        .await;
    }

    async fn wristbands(&mut self) {
        let items = json!([
            {"uid": "G-1", "minutes": 60, "starts": "now", "player_id": "{guest}"},
            {"uid": "two words", "minutes": 60, "starts": "now"},
        ]);
        let hour = || json!({"minutes": 60, "starts": "first_scan"});
        let in_a_month = SystemClock.now() + jiff::SignedDuration::from_hours(30 * 24);
        self.ids.insert("in_a_month", in_a_month.to_string());
        self.all_done(vec![
            ("{venue}/wristbands/B-1/scan", json!({"room_id": "{room}"})),
            ("{venue}/wristbands/B-1/initialize", hour()),
            ("{venue}/wristbands/B-1/assign", json!({"player_id": "{player}"})),
            ("{venue}/wristbands/B-1/scan", json!({"room_id": "{room}"})),
            ("{venue}/wristbands/B-1/add-time", json!({"minutes": 30})),
            ("{venue}/wristbands/add-time", json!({"uids": ["B-1", "B-77"], "minutes": 10, "reason": "fog"})),
            ("{venue}/wristbands/B-1/unassign", json!({"reason": "wrong person"})),
            ("{venue}/wristbands/B-1/assign", json!({"player_id": "{player}", "replace": true})),
            ("{venue}/wristbands/B-1/transfer", json!({"to": "B-2"})),
            ("{venue}/wristbands/B-8/pass", json!({"valid_until": "{in_a_month}"})),
            ("{venue}/wristbands/B-8/set-end", json!({"reason": "came home"})),
            ("{venue}/wristbands/B-3/initialize", json!({"minutes": 1, "starts": "now"})),
            ("{venue}/wristbands/B-3/assign", json!({"player_id": "{dependant}"})),
        ])
        .await;
        self.bulk(items).await;
        self.clock.set(120);
        self.done("{venue}/wristbands/B-3/renew", hour()).await;
        self.done("{venue}/wristbands/G-1/void", json!({"reason": "lost"})).await;
        self.all_shown(&[
            "{venue}/wristbands/B-2",
            "{venue}/wristbands/B-2/summary",
            "{venue}/guests",
            "{venue}/players/{player}/wristbands",
        ])
        .await;
    }

    async fn bulk(&mut self, mut items: Value) {
        // The malformed item refuses all of them.
        let path = self.filled("{venue}/wristbands/bulk");
        let body = self.filled(&json!({"items": items}).to_string());
        let reply = self.client.post(&path, &[], body).await.unwrap();
        assert_eq!(reply.status, 422, "{}", reply.text());
        items[1]["uid"] = json!("B-2");
        let answer = self.done("{venue}/wristbands/bulk", json!({"items": items})).await;
        let statuses: Vec<_> =
            answer["items"].as_array().unwrap().iter().map(|item| &item["status"]).collect();
        assert_eq!(statuses, [200, 409], "one is done, one has time left: {answer}");
    }

    async fn plays(&mut self) {
        let play = || json!({"room_id": "{room}", "variant_id": "{variant}", "wristbands": ["B-2"]});
        let results = json!({"results": [{"uid": "B-2", "points": 700, "level": 2, "lives": 1}]});
        self.made("play", "{venue}/plays", play()).await;
        self.all_shown(&["{venue}/plays", "{venue}/plays/{play}", "{venue}/occupancy"]).await;
        self.done("{venue}/plays/{play}/finish", results.clone()).await;
        let score = "{venue}/plays/{play}/scores/{player}";
        let corrected = json!({"points": 900, "level": 3, "lives": 0, "reason": "sensor"});
        self.done(&format!("{score}/correct"), corrected).await;
        self.all_shown(&[
            "{venue}/plays",
            "{venue}/leaderboards?window=all",
            "{venue}/leaderboards/variants/{variant}?window=all",
            "{venue}/leaderboards/players/{player}?window=all",
            "{venue}/wristbands/B-2/summary",
        ])
        .await;
        self.done(&format!("{score}/void"), json!({"reason": "cheat"})).await;
        let now = SystemClock.now().to_string();
        let recorded = json!({
            "room_id": "{room}", "variant_id": "{variant}", "started_at": now, "ended_at": now,
            "results": results["results"],
        });
        self.made("recorded", "{venue}/plays/record", recorded).await;
        self.made("play", "{venue}/plays", play()).await;
        self.done("{venue}/plays/{play}/abort", json!({"reason": "smoke"})).await;
        self.shows("{venue}/plays").await;
    }

    async fn plugs(&mut self) {
        let plug = json!({
            "mac": "50:C7:BF:00:00:99", "device_id": "8006BB", "model": "HS110(EU)", "name": "Fog",
            "has_energy_meter": true,
        });
        self.made("plug", "{venue}/plugs", plug.clone()).await;
        self.made("plug", "{venue}/plugs", plug).await;
        let rule = json!({
            "name": "Fog", "plug_ids": ["{plug}"],
            "trigger": {"type": "event", "event": "play_started", "room_id": "{room}", "variant_id": "{variant}"},
            "action": {"type": "on", "seconds": 20},
            "gates": {
                "players_active": {"grace_seconds": 60}, "quiet_hours": [{"from": "22:00", "to": "07:00"}],
                "opening_hours": true,
            },
            "limits": {"min_interval_seconds": 5, "max_on_seconds": 600},
        });
        self.made("automation", "{venue}/automations", rule.clone()).await;
        self.all_done(vec![
            ("{venue}/plugs/{plug}/bind", json!({"room_id": "{room}"})),
            ("{venue}/plugs/{plug}/rename", json!({"name": "Siren"})),
            ("{venue}/plugs/{plug}/ask", json!({"state": "on", "reason": "cleaning", "for_seconds": 600})),
            ("{venue}/automations/{automation}/change", rule),
            ("{venue}/automations/{automation}/disable", json!({"reason": "too loud"})),
            ("{venue}/automations/{automation}/enable", json!({})),
            ("{venue}/automations/{automation}/force", json!({"state": "on", "for_seconds": 60})),
            ("{venue}/automations/{automation}/unforce", json!({})),
            ("{venue}/automations/{automation}/pulse", json!({"milliseconds": 250})),
            ("{venue}/plugs/reports", json!({"items": reports()})),
        ])
        .await;
        self.all_shown(&[
            "{venue}/plugs",
            "{venue}/plugs/{plug}",
            "{venue}/plugs/{plug}/history",
            "{venue}/plugs/{plug}/history?of=readings",
            "{venue}/automations",
            "{venue}/automations/{automation}",
            "{venue}/automations/{automation}/log",
        ])
        .await;
        self.all_done(vec![
            ("{venue}/plugs/{plug}/release", json!({})),
            ("{venue}/plugs/{plug}/retire", json!({"reason": "burnt"})),
        ])
        .await;
        self.shows("{venue}/plugs/{plug}").await;
    }
}

/// A family that comes to a party.
fn party(email: &str) -> Value {
    json!({
        "guardian": {"first_name": "Eva", "last_name": "Lind", "email": email, "adult_declared": true, "phone": "030 12345"},
        "children": [{"first_name": "Tim", "birth_date": "2016-03-01"}],
        "waiver": {"version": "2026-1", "signed_by": "Eva Lind", "drawing": "M0 0 L9 9"},
        "wristbands": [{"uid": "P-1", "for": 0, "minutes": 60, "starts": "first_scan"}],
    })
}

/// One report of every kind, and one that is refused.
fn reports() -> Vec<Value> {
    let cause = json!({
        "kind": "automation", "automation_id": "{automation}", "event_position": 3, "reason": "a play began",
    });
    let trigger = json!({"kind": "event", "event_position": 3});
    let until = "2126-06-10T13:00:00Z";
    let kinds = [
        ("switched", json!({"state": "on", "cause": cause})),
        ("refused", json!({"state": "off", "error": "no", "cause": cause})),
        ("unreachable", json!({"error": "connect: timed out"})),
        ("recovered", json!({})),
        ("overridden", json!({"state": "off", "until": until})),
        ("moved", json!({"address": "10.0.3.41:9999"})),
        (
            "reading",
            json!({"power_watts": 1.5, "voltage_volts": 230.0, "current_amps": 0.1, "total_watt_hours": 2.0}),
        ),
        ("identity_refused", json!({"address": "10.0.3.42:9999", "found_mac": "50:C7:BF:00:00:98"})),
        ("acted", json!({"action": "on", "reason": "a play began", "trigger": trigger, "until": until})),
        ("skipped", json!({"reason": "quiet hours", "trigger": trigger})),
        ("failed", json!({"plug_id": "{plug}", "error": "no answer", "trigger": trigger})),
        ("exploded", json!({})),
    ];
    let numbered = kinds.into_iter().enumerate();
    numbered.map(|(number, (kind, facts))| report(number, kind, facts)).collect()
}

fn report(number: usize, kind: &str, mut facts: Value) -> Value {
    let of_automation = matches!(kind, "acted" | "skipped" | "failed");
    let (of, id) = if of_automation { ("automation_id", "{automation}") } else { ("plug_id", "{plug}") };
    facts["report_id"] = json!(format!("0197a000-0000-7000-8000-{number:012}"));
    facts["type"] = json!(kind);
    facts["at"] = json!("2026-06-10T11:59:00Z");
    facts[of] = json!(id);
    facts
}

#[tokio::test]
async fn every_operation_answers_as_documented() {
    let mut day = Day::begin().await;
    day.catalogue().await;
    day.venue().await;
    day.people().await;
    day.wristbands().await;
    day.plays().await;
    day.plugs().await;
    day.all_shown(&["/v1/projections", "/healthz", "/readyz"]).await;
    let contract = contract::of(day.up.process.address).unwrap();
    assert_eq!(contract.untried(), Vec::<String>::new(), "no 2xx answer of these was seen");
}
