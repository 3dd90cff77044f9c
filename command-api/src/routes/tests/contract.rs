//! What every route promises, tried out on each case: bad requests are refused, say why and store nothing;
//! things of other locations are as absent as none; a good request takes effect once.

use domain::log::Position;
use serde_json::{Value, json};

use super::{
    cases::{self, Case},
    service::Reply,
    world::World,
};

/// One case in a world of its own, and what was found wrong.
struct Trial {
    case: Case,
    world: World,
    good: Value,
    faults: Vec<String>,
}

impl Trial {
    async fn of(case: Case) -> Self {
        let world = case.world().await;
        let good = (case.body)(&world);
        Self { case, world, good, faults: vec![] }
    }

    async fn send(&self, body: &Value) -> Reply {
        self.world.post(self.case.path, body.clone()).await
    }

    fn expect(&mut self, holds: bool, what: &str, reply: &Reply) {
        if !holds {
            self.faults.push(format!("{}: {what}: {} {}", self.case.path, reply.status, reply.text));
        }
    }

    /// The good body with another value in `field`.
    fn with(&self, field: &str, value: Value) -> Value {
        let mut body = self.good.clone();
        body[field] = value;
        body
    }

    fn fields(&self) -> Vec<(String, Value)> {
        self.good.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Refused fields are named by a pointer that leads to them.
    async fn refuses_field(&mut self, body: &Value, status: u16, code: &str, field: &str) {
        let reply = self.send(body).await;
        let named = reply.status == status && reply.field() == (format!("/{field}"), code.to_owned());
        self.expect(named, &format!("{status} {code} of {field}"), &reply);
    }

    async fn shape(&mut self) {
        self.refuses_field(&self.with("surprise", json!(1)), 400, "unknown", "surprise").await;
        for field in self.case.required {
            let mut body = self.good.clone();
            body.as_object_mut().unwrap().remove(*field);
            self.refuses_field(&body, 400, "missing", field).await;
        }
        for (field, _) in self.fields() {
            if !self.case.any_json.contains(&field.as_str()) {
                let reply = self.send(&self.with(&field, json!({"$ne": null}))).await;
                let named = reply.status == 400 && reply.field().0.starts_with(&format!("/{field}"));
                self.expect(named, &format!("an operator in {field}"), &reply);
            }
        }
        for body in [json!("x"), json!(7), json!(true), json!([])] {
            let reply = self.send(&body).await;
            self.expect(reply.status == 400, &format!("the body {body}"), &reply);
        }
    }

    async fn values(&mut self) {
        for (field, value) in std::mem::take(&mut self.case.refused) {
            let reply = self.send(&self.with(field, value.clone())).await;
            self.expect(reply.status == 422, &format!("{field} {value:.60}"), &reply);
        }
        for (field, value) in self.fields() {
            let hostile = match value {
                Value::String(_) => hostile_texts(),
                Value::Number(_) if !self.case.any_json.contains(&field.as_str()) => hostile_numbers(),
                _ => vec![],
            };
            for value in hostile {
                let reply = self.send(&self.with(&field, value.clone())).await;
                let refused = matches!(reply.status, 400 | 422);
                self.expect(refused, &format!("{field} {value:.60}"), &reply);
            }
        }
    }

    /// Nothing that is missing can be told from what is at another location. A code that cannot be one is refused as in
    /// a body.
    async fn places(&mut self) {
        let missing = format!("/v1/games/{}/retire", self.world.service.fresh_id());
        let nothing = self.world.service.post(&missing, &json!({})).await;
        assert_eq!(nothing.problem(), (404, "not_found".to_owned()));
        let nothing = nothing.anonymous_problem();
        let parameters: Vec<&str> = self.case.parameters().collect();
        for parameter in parameters.into_iter().filter(|parameter| !self.case.free.contains(parameter)) {
            for other in [self.world.service.fresh_id(), "no%20such%20thing".to_owned()] {
                let template = self.case.path.replace(&format!("{{{parameter}}}"), &other);
                let reply = self.world.post(&template, self.good.clone()).await;
                let absent = reply.status == 404 && reply.anonymous_problem() == nothing;
                let no_code = parameter == "uid" && other.contains('%');
                let absent = absent || no_code && reply.problem() == (400, "malformed".to_owned());
                let alike = absent || parameter == "location" && self.is_as_elsewhere(&reply).await;
                self.expect(alike, &format!("{parameter} {other}"), &reply);
            }
        }
    }

    /// A thing that the body names is missing, at the other location too.
    async fn is_as_elsewhere(&self, reply: &Reply) -> bool {
        let template = self.case.path.replace("{location}", self.world.id("elsewhere"));
        let elsewhere = self.world.post(&template, self.good.clone()).await;
        elsewhere.status == 422 && reply.anonymous_problem() == elsewhere.anonymous_problem()
    }

    async fn precondition(&mut self) {
        let path = self.world.path(self.case.path);
        let reply = self.world.service.post_with(&path, &self.good, &[("if-match", "\"999\"")]).await;
        self.expect(reply.status == 412, "If-Match of another version", &reply);
    }

    async fn takes_effect_once(&mut self) {
        let path = self.world.path(self.case.path);
        let key = [("idempotency-key", "till-7.42")];
        let before = self.world.service.head().await;
        let first = self.world.service.post_with(&path, &self.good, &key).await;
        self.expect(first.status == self.case.status, "the good body", &first);
        let answered = is_answer(&first, self.world.service.head().await);
        self.expect(answered, "stream, version, token and, of a creation, an id", &first);
        let after = self.world.service.head().await;
        self.expect(after > before, "an event", &first);
        self.events_are_marked(before, after).await;

        let again = self.world.service.post_with(&path, &self.good, &key).await;
        let same = (again.status, &again.text) == (first.status, &first.text);
        self.expect(same, "the same answer again", &again);
        let spaced = serde_json::to_string_pretty(&self.good).unwrap() + " ";
        let reused = self.world.service.raw(&path, spaced, &key).await;
        let told = reused.status == 422 && reused.problem().1 == "idempotency_key_reused";
        self.expect(told, "another body under the same key", &reused);
        let unchanged = self.world.service.head().await == after;
        self.expect(unchanged, "no event of a repeated command", &again);
    }

    /// Who did it, and whose it is.
    async fn events_are_marked(&mut self, before: u64, after: u64) {
        let events = self.world.service.store.read_log(Position(before + 1), 100).await.unwrap();
        let here = self.case.path.contains("{location}").then(|| self.world.location("location"));
        for event in events.iter().filter(|event| event.position.0 <= after) {
            let actor = event.metadata().unwrap().actor;
            // A location's opening is the new location's own.
            let place = event.location == here || self.case.path == "/v1/locations";
            if !actor.starts_with("key:") || !place {
                self.faults.push(format!("{}: {actor} {:?}", self.case.path, event.location));
            }
        }
    }

    /// Last, since some commands are good at any location.
    async fn elsewhere(&mut self) {
        if self.case.path.contains("{location}") {
            let template = self.case.path.replace("{location}", self.world.id("elsewhere"));
            let reply = self.world.post(&template, self.good.clone()).await;
            self.expect(reply.status == self.case.elsewhere, "at the other location", &reply);
        }
    }
}

fn is_answer(reply: &Reply, head: u64) -> bool {
    let json = reply.json();
    let id = json["id"].as_str().is_some_and(|id| id.parse::<uuid::Uuid>().is_ok());
    json["stream"].as_str().is_some_and(|stream| stream.contains('-'))
        && json["version"].is_u64()
        && json["token"] == format!("1.{head}")
        && id == (reply.status == 201)
}

fn hostile_texts() -> Vec<Value> {
    vec![json!("\u{0}"), json!("a\u{202e}b"), json!("a\u{200b}b"), json!("x".repeat(20_000))]
}

fn hostile_numbers() -> Vec<Value> {
    vec![json!(-1), json!(1.5), json!("60"), json!(u64::MAX), json!(1e300), json!([1])]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_are_refused_and_store_nothing() {
    let mut faults = vec![];
    for case in cases::all() {
        let mut trial = Trial::of(case).await;
        let before = trial.world.service.head().await;
        trial.shape().await;
        trial.values().await;
        trial.places().await;
        trial.precondition().await;
        if trial.world.service.head().await != before {
            trial.faults.push(format!("{}: something was stored", trial.case.path));
        }
        faults.extend(trial.faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_request_takes_effect_once_and_only_here() {
    let mut faults = vec![];
    for case in cases::all() {
        let mut trial = Trial::of(case).await;
        trial.takes_effect_once().await;
        trial.elsewhere().await;
        faults.extend(trial.faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
