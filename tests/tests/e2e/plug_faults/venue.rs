//! A venue of separate services with simulated plugs, a room to play in, and a look at what the log says.

use std::{net::SocketAddr, time::Duration};

use aerosports_tests::{
    Services, nats,
    plugs::{Model, Plug},
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::{BINARY, support};

/// The longest a test waits for anything.
pub const PATIENCE: Duration = Duration::from_mins(1);

const PLAYER: &str = "B-1";

pub struct Venue {
    pub services: Services,
    pub location: String,
    room: String,
    variant: String,
}

/// A plug and its id.
pub struct Light {
    pub plug: Plug,
    pub id: String,
}

/// Asks until there is an answer.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "in vain: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

impl Light {
    /// Waits until the plug is on, or off.
    pub async fn becomes(&self, on: bool) {
        let outcome = timeout(PATIENCE, self.plug.until(on)).await;
        assert!(outcome.is_ok(), "in vain: on = {on}, after {:?}", self.plug.changes());
    }

    /// Every state since the start, when it was off.
    pub fn states(&self) -> Vec<bool> {
        self.plug.changes().iter().map(|change| change.on).collect()
    }
}

impl Venue {
    /// Starts every service, the device worker included.
    pub async fn open() -> Self {
        Self::open_in(Services::start(BINARY, &nats::binaries().remove(0)).await.unwrap()).await
    }

    /// Opens a venue on services that have none yet.
    pub async fn open_in(services: Services) -> Self {
        let mut api = aerosports_tests::client(services.command_api.address, &services.admin);
        let mut make =
            async |path: &str, body: Value| support::accepted(&mut api, &format!("/v1/{path}"), &body).await;
        let open = json!({"code": "mitte", "name": "Mitte", "time_zone": "Europe/Berlin"});
        let location = support::id(&make("locations", open).await);
        let game = json!({"code": "lava", "name": "Lava", "max_players": 4});
        let game = support::id(&make("games", game).await);
        let variant = json!({"name": "Classic", "mode": "alliance", "max_players": 4});
        let variant = support::id(&make(&format!("games/{game}/variants"), variant).await);
        let here = format!("locations/{location}");
        let room = json!({"game_id": game, "name": "Volcano"});
        let room = support::id(&make(&format!("{here}/rooms"), room).await);
        make(&format!("{here}/rooms/{room}/variants/{variant}/activate"), json!({})).await;
        let player = json!({"first_name": "Ana", "last_name": "Keller", "email": "ana@example.org",
            "birth_date": "1990-05-17"});
        let player = support::id(&make(&format!("{here}/players"), player).await);
        let waiver = json!({"version": "2026-1", "signed_by": "Ana Keller"});
        make(&format!("{here}/players/{player}/waivers"), waiver).await;
        let band = format!("{here}/wristbands/{PLAYER}");
        make(&format!("{band}/initialize"), json!({"minutes": 600, "starts": "now"})).await;
        make(&format!("{band}/assign"), json!({"player_id": player})).await;
        Self { services, location, room, variant }
    }

    /// Restarts the device worker with these variables. From now on it reports over HTTP, as it does on a
    /// machine of its own.
    pub async fn reports_over_http(&mut self, environment: &[(&str, &str)]) {
        let services = &mut self.services;
        let key = services.issue("device-worker", &self.location).await.unwrap();
        let address = services.command_api.address.to_string();
        let settings = [
            ("AEROSPORTS_LOCATION", self.location.as_str()),
            ("AEROSPORTS_COMMAND_API", &address),
            ("AEROSPORTS_API_KEY", &key),
        ];
        services.device_worker.kill().await.unwrap();
        let settings = [&settings, environment].concat();
        services.device_worker = services.serve_with("device-worker", &settings).await.unwrap();
    }

    /// A command of this location; its answer.
    pub async fn command(&self, path: &str, body: &Value) -> Value {
        let mut api = aerosports_tests::client(self.services.command_api.address, &self.services.admin);
        support::accepted(&mut api, &format!("/v1/locations/{}/{path}", self.location), body).await
    }

    /// A view of this location; `None` while the service does not answer 200.
    async fn view(&self, path: &str) -> Option<Value> {
        let mut api = aerosports_tests::client(self.services.query_api.address, &self.services.admin);
        let reply = api.get(&format!("/v1/locations/{}/{path}", self.location), &[]).await.ok()?;
        reply.status.is_success().then(|| reply.json().unwrap())
    }

    async fn items(&self, path: &str) -> Vec<Value> {
        let page = self.view(path).await.unwrap_or_default();
        let mut items = page["items"].as_array().cloned().unwrap_or_default();
        items.sort_by_key(|item| item["position"].as_u64());
        items
    }

    /// Plugs one in and tells the server of it.
    pub async fn light(&self, name: &str) -> Light {
        self.light_of(Model::plug(name)).await
    }

    /// Plugs one of this model in and tells the server of it.
    pub async fn light_of(&self, model: Model) -> Light {
        let plug = Plug::start(model).await.unwrap();
        let found = json!({"mac": plug.mac(), "device_id": plug.device_id(), "model": plug.model(),
            "name": "Light", "address": plug.address().to_string(), "has_energy_meter": false});
        let id = support::id(&self.command("plugs", &found).await);
        Light { plug, id }
    }

    /// An automation that plays of the room set off; its id.
    pub async fn automate(&self, lights: &[&Light], event: &str, action: Value) -> String {
        let plugs: Vec<&str> = lights.iter().map(|light| light.id.as_str()).collect();
        let trigger = json!({"type": "event", "event": event, "room_id": self.room});
        let rule = json!({"name": "Test", "plug_ids": plugs, "trigger": trigger, "action": action});
        support::id(&self.command("automations", &rule).await)
    }

    pub async fn ask_on(&self, light: &Light, seconds: u64) {
        let ask = json!({"state": "on", "reason": "test", "for_seconds": seconds});
        self.command(&format!("plugs/{}/ask", light.id), &ask).await;
    }

    /// Whether a service can do its work, as far as it knows.
    pub async fn is_ready(&self, address: SocketAddr, ready: bool) {
        let mut client = aerosports_tests::client(address, "");
        until("readiness", async || {
            let reply = client.get("/readyz", &[]).await.ok()?;
            ((reply.status == 200) == ready).then_some(())
        })
        .await;
    }

    pub async fn start_play(&self) -> String {
        let play = json!({"room_id": self.room, "variant_id": self.variant, "wristbands": [PLAYER]});
        support::id(&self.command("plays", &play).await)
    }

    pub async fn finish_play(&self, play: &str) {
        let results = json!({"results": [{"uid": PLAYER, "points": 100, "level": 1}]});
        self.command(&format!("plays/{play}/finish"), &results).await;
    }

    /// What happened to a plug, in the log's order.
    pub async fn history(&self, light: &Light) -> Vec<Value> {
        self.items(&format!("plugs/{}/history?limit=200", light.id)).await
    }

    /// Waits until a plug's history holds such a fact.
    pub async fn reported(&self, light: &Light, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        until(what, async || self.history(light).await.into_iter().find(|fact| is_it(fact))).await
    }

    /// Waits until a plug's history has this state of its relay so often.
    pub async fn switch_reported(&self, light: &Light, state: &str, times: usize) {
        until("a switch in the history", async || {
            let history = self.history(light).await;
            let found = history.iter().filter(|fact| fact["fact"] == "switched" && fact["state"] == state);
            (found.count() >= times).then_some(())
        })
        .await;
    }

    /// Waits until an automation's log has so many skips whose reason begins so.
    pub async fn skipped(&self, automation: &str, reason: &str, times: usize) {
        until(&format!("{times} skips: {reason}"), async || {
            let log = self.log_of(automation).await;
            let found = log.iter().filter(|entry| {
                entry["fact"] == "skipped" && entry["reason"].as_str().unwrap().starts_with(reason)
            });
            (found.count() >= times).then_some(())
        })
        .await;
    }

    /// Waits until an automation's log has this many times that it switched something on; no more are there.
    pub async fn acted_on(&self, automation: &str, times: usize) {
        let found = until(&format!("{times} acts"), async || {
            let log = self.log_of(automation).await;
            let acts = log.iter().filter(|entry| entry["fact"] == "acted" && entry["action"] == "on").count();
            (acts >= times).then_some(acts)
        })
        .await;
        assert_eq!(found, times);
    }

    /// Of a plug, and of the automations that name it.
    async fn failures_have_reasons(&self, history: &[Value], view: &Value) {
        for fact in history.iter().filter(|fact| fact["fact"] == "refused" || fact["fact"] == "unreachable") {
            has_a_reason(fact);
            if fact["fact"] == "refused" {
                has_a_reason(&fact["cause"]);
            }
        }
        for automation in view["automations"].as_array().into_iter().flatten() {
            for entry in self.log_of(automation["id"].as_str().unwrap()).await {
                if ["acted", "skipped", "failed"].iter().any(|fact| entry["fact"] == *fact) {
                    has_a_reason(&entry);
                }
            }
        }
    }

    /// An automation's log, in the log's order.
    pub async fn log_of(&self, automation: &str) -> Vec<Value> {
        self.items(&format!("automations/{automation}/log?limit=200")).await
    }

    /// The plug is off, and nothing wants it on. Its history holds each change of its relay with a reason, and
    /// no other change. Each failure has a reason.
    pub async fn is_off_and_accounted_for(&self, light: &Light) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let history = self.history(light).await;
            let view = self.view(&format!("plugs/{}", light.id)).await.unwrap_or_default();
            let is_off = !light.plug.is_on() && view["relay"]["state"] == "off" && view["wanted"].is_null();
            if is_off && relay_by_log(&history) == light.states() {
                return self.failures_have_reasons(&history, &view).await;
            }
            let seen = light.plug.changes();
            assert!(Instant::now() < deadline, "seen: {seen:?}\ntold: {history:#?}\nview: {view:#}");
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Says in words why.
fn has_a_reason(entry: &Value) {
    assert!(entry["reason"].as_str().is_some_and(|reason| !reason.trim().is_empty()), "{entry}");
}

/// The changes of a relay that was off, as a history has them.
fn relay_by_log(history: &[Value]) -> Vec<bool> {
    let mut states = vec![false];
    for fact in history.iter().filter(|fact| fact["fact"] == "switched" || fact["fact"] == "overridden") {
        if fact["fact"] == "switched" {
            has_a_reason(&fact["cause"]);
        }
        states.push(fact["state"] == "on");
    }
    states.dedup();
    states.remove(0);
    states
}
