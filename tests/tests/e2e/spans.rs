//! The spans of a command's way: from the request over commit, bus and views to the plug.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aerosports::{client::Client, composition::one_process};
use aerosports_tests::{
    NatsServer, nats,
    plugs::{Model, Plug},
};
use bus::nats::{NatsBus, NatsConfig};
use serde_json::json;
use tokio::time::{Instant, sleep};
use tracing::{
    Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
};

const PATIENCE: Duration = Duration::from_mins(1);

/// A span as an exporter would see it.
#[derive(Clone, Debug, Default)]
struct Seen {
    name: &'static str,
    parent: Option<&'static str>,
    fields: HashMap<&'static str, String>,
}

impl Seen {
    fn has(&self, field: &str, value: &str) -> bool {
        self.fields.get(field).is_some_and(|found| found == value)
    }

    fn number(&self, field: &str) -> Option<u64> {
        self.fields.get(field)?.parse().ok()
    }

    /// Whether `position` lies between its two fields.
    fn covers(&self, [from, to]: [&str; 2], position: u64) -> bool {
        let range = self.number(from).zip(self.number(to));
        range.is_some_and(|(from, to)| (from..=to).contains(&position))
    }
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

/// Keeps every span.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Spans>>);

#[derive(Default)]
struct Spans {
    seen: Vec<Seen>,
    /// Where in `seen` the newest span with an id is: ids are used again.
    newest: HashMap<u64, usize>,
}

impl Recorder {
    fn lock(&self) -> MutexGuard<'_, Spans> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a span `name` such as `is_it`.
    async fn span(&self, name: &str, is_it: impl Fn(&Seen) -> bool) -> Seen {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = {
                let spans = self.lock();
                spans.seen.iter().find(|span| span.name == name && is_it(span)).cloned()
            };
            if let Some(found) = found {
                return found;
            }
            assert!(Instant::now() < deadline, "no such span {name}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let parent = span.parent().map(|parent| parent.name());
        let mut seen = Seen { name: span.name(), parent, ..Seen::default() };
        attributes.record(&mut seen);
        let mut spans = self.lock();
        let at = spans.seen.len();
        spans.seen.push(seen);
        spans.newest.insert(id.into_u64(), at);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut spans = self.lock();
        if let Some(at) = spans.newest.get(&id.into_u64()).copied() {
            values.record(&mut spans.seen[at]);
        }
    }
}

#[tokio::test]
async fn a_command_is_followed_by_spans_from_its_request_to_the_plug_that_it_switches() {
    let recorder = Recorder::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(recorder.clone())).unwrap();
    let (folder, nats_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let nats = NatsServer::start(&nats::binaries().remove(0), nats_folder.path()).await.unwrap();
    let running = one_process::start_on_loopback(folder.path()).await.unwrap();
    // The venue's own process has no bus of its own; this one publishes the same log.
    let publish = NatsConfig { publish: true, ..NatsConfig::new(nats.url()) };
    let _bus = NatsBus::start(publish, running.store.shared()).await.unwrap();
    let plug = Plug::start(Model::plug("Fog")).await.unwrap();
    let mut api = Client::new(running.address, &running.admin_key().await.unwrap());
    let mut send = async |path: &str, request: &str, body: serde_json::Value| {
        let reply = api.post(path, &[("x-request-id", request)], body.to_string()).await.unwrap();
        assert!(reply.status.is_success(), "{path}: {}", reply.text());
        reply.json::<serde_json::Value>().unwrap()
    };
    let open = json!({"code": "mitte", "name": "Mitte", "time_zone": "Europe/Berlin"});
    let here = crate::support::id(&send("/v1/locations", "open", open).await);
    let found = json!({"mac": plug.mac(), "device_id": plug.device_id(), "model": plug.model(),
        "name": "Fog", "address": plug.address().to_string(), "has_energy_meter": false});
    let fog = crate::support::id(&send(&format!("/v1/locations/{here}/plugs"), "register", found).await);
    // What was asked before the worker began to work is history to it, and switches nothing.
    recorder.span("plug_exchange", |span| span.has("method", "look")).await;
    let ask = json!({"state": "on", "reason": "test", "for_seconds": 60});
    send(&format!("/v1/locations/{here}/plugs/{fog}/ask"), "the-ask", ask).await;

    let request = recorder.span("request", |span| span.has("request_id", "the-ask")).await;
    assert!(request.has("method", "POST"), "{request:?}");
    assert!(request.has("route", "/v1/locations/{location}/plugs/{plug}/ask"), "{request:?}");
    let stream = format!("plug-{fog}");
    let of_the_ask = |span: &Seen| span.has("stream", &stream) && span.has("command", "ask_plug");
    let command = recorder.span("command", of_the_ask).await;
    assert_eq!(command.parent, Some("request"), "{command:?}");
    assert!(command.has("location", &here) && command.fields.contains_key("command_id"), "{command:?}");
    let position = command.number("position").unwrap();
    recorder.span("commit", |span| span.covers(["first", "last"], position)).await;
    recorder.span("publish", |span| span.covers(["first", "last"], position)).await;
    let of_plugs = |span: &Seen| span.has("projection", "plugs") && span.covers(["from", "to"], position);
    recorder.span("projection_batch", of_plugs).await;
    let switched = |span: &Seen| span.has("method", "switch_on") && span.has("plug", &fog);
    recorder.span("plug_exchange", switched).await;
    running.stop().await.unwrap();
}
