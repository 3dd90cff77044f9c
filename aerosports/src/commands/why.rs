//! `aerosports events why`: from what a view shows to the events that made it, the commands and callers behind those, what
//! the callers were answered, and what plugs did because of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write as _},
};

use anyhow::{Context as _, Result, bail};
use domain::{
    ids::{LocationId, PlayerId, StreamName},
    log::{Position, Version},
};
use events::RecordedEvent;
use query_api::{
    Tables,
    views::{leaderboards, window::Window},
};
use read_model::{leaderboards::LEADERBOARDS, players::PLAYERS};
use read_store::ReadModel;
use runtime::{clock::SharedClock, config::Settings};
use serde_json::{Value, json};
use store::EventLog;
use uuid::Uuid;

use super::{events::as_json, opened::Opened};

/// What a player's bests follow from.
static BESTS: [&ReadModel; 2] = [&LEADERBOARDS, &PLAYERS];
/// Events read at once.
const PAGE: usize = 4_000;
/// Views whose rows follow one stream each, and the category of that.
const OF_ONE_STREAM: [(&str, &str); 7] = [
    ("locations", "location"),
    ("games", "game"),
    ("rooms", "room"),
    ("players", "player"),
    ("plays", "play"),
    ("plugs", "plug"),
    ("automations", "automation"),
];

/// What is asked about.
pub(super) struct Question {
    pub(super) view: String,
    pub(super) key: String,
    pub(super) location: Option<Uuid>,
    pub(super) json: bool,
}

/// Answers `question`.
///
/// # Errors
/// When there is no such view or row, or the database cannot be read.
pub(super) async fn run(question: &Question, settings: &Settings, clock: SharedClock) -> Result<()> {
    let opened = Opened::open(settings, clock).await?;
    let answered = answer(question, &opened).await;
    opened.close().await;
    print(&answered?, question.json)
}

async fn answer(question: &Question, opened: &Opened) -> Result<Value> {
    let (row, streams) = match (&*question.view, question.location) {
        ("leaderboards", Some(location)) => bests(opened, location, &question.key).await?,
        ("wristbands", Some(location)) => {
            (Value::Null, vec![StreamName::new("wristband", format!("{location}:{}", question.key))])
        }
        ("leaderboards" | "wristbands", None) => bail!("say at which location with --location"),
        (view, _) => (Value::Null, vec![one_stream(view, &question.key)?]),
    };
    let mut events = Vec::new();
    for stream in &streams {
        events.extend(whole(&*opened.store, stream).await?);
    }
    if events.is_empty() {
        bail!(
            "there is no event of {}",
            streams.iter().map(StreamName::as_str).collect::<Vec<_>>().join(", ")
        );
    }
    events.sort_by_key(|event| event.position);
    let plugs = plugs(&*opened.store, &events).await?;
    let names = key_names(opened).await?;
    let mut explained = Vec::new();
    for event in &events {
        explained.push(explain(event, &*opened.store, &plugs, &names).await?);
    }
    Ok(json!({"view": question.view, "key": question.key, "row": row, "events": explained}))
}

/// A player's row on the leaderboards, and the streams of the plays that made it.
async fn bests(opened: &Opened, location: Uuid, player: &str) -> Result<(Value, Vec<StreamName>)> {
    let player = PlayerId(player.parse().context("the player's id")?);
    let tables = Tables::new(opened.db.clone(), &BESTS);
    let of = (LocationId(location), player);
    let bests = leaderboards::player(tables, of, Window::All, opened.clock.now()).await;
    let bests = bests.with_context(|| format!("player {player} at location {location}"))?;
    let plays: BTreeSet<_> = bests.items.iter().map(|best| best.play_id).collect();
    let streams = plays.iter().map(|play| StreamName::new("play", play)).collect();
    Ok((serde_json::to_value(&bests.items)?, streams))
}

fn one_stream(view: &str, key: &str) -> Result<StreamName> {
    let found = OF_ONE_STREAM.iter().find(|(name, _)| *name == view);
    let (_, category) = found.with_context(|| {
        let names = OF_ONE_STREAM.map(|(name, _)| name).join(", ");
        format!("nothing is known of {view}: leaderboards, wristbands, {names} can be asked about")
    })?;
    format!("{category}-{key}").parse().with_context(|| format!("{key} is no key of {view}"))
}

async fn whole(log: &dyn EventLog, stream: &StreamName) -> Result<Vec<RecordedEvent>> {
    let (mut events, mut next) = (Vec::new(), Version(1));
    loop {
        let page = log.read_stream(stream, next, PAGE).await?;
        let Some(last) = page.last() else { return Ok(events) };
        next = last.version.next();
        events.extend(page);
    }
}

/// What plugs reported because of `events`, by the position of the event.
async fn plugs(log: &dyn EventLog, events: &[RecordedEvent]) -> Result<BTreeMap<u64, Vec<Value>>> {
    let causes: BTreeSet<_> = events.iter().map(|event| event.position.0).collect();
    let (mut found, mut next) = (BTreeMap::new(), causes.first().copied().map_or(Position(1), Position));
    loop {
        let page = log.read_log(next, PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        for event in page.iter().filter(|event| event.event_type.starts_with("plug.")) {
            let shown = as_json(event);
            let cause = shown["data"]["cause"]["event_position"].as_u64();
            if let Some(cause) = cause.filter(|cause| causes.contains(cause)) {
                found.entry(cause).or_insert_with(Vec::new).push(shown);
            }
        }
        next = last.position.next();
    }
}

/// What people call the API keys, by the name that events give their callers.
async fn key_names(opened: &Opened) -> Result<BTreeMap<String, String>> {
    let keys = opened.store.list_api_keys().await?;
    Ok(keys.into_iter().map(|key| (format!("key:{}", key.id), key.name)).collect())
}

async fn explain(
    event: &RecordedEvent,
    log: &dyn EventLog,
    plugs: &BTreeMap<u64, Vec<Value>>,
    names: &BTreeMap<String, String>,
) -> Result<Value> {
    let mut shown = as_json(event);
    let Ok(metadata) = event.metadata() else { return Ok(shown) };
    let answer = log.answer(metadata.command_id).await?;
    let answer = answer.map(|answer| {
        let body = serde_json::from_str::<Value>(&answer.body).unwrap_or(Value::Null);
        json!({"status": answer.status, "body": body})
    });
    let request = metadata.request_id.unwrap_or_else(|| metadata.correlation_id.to_string());
    shown["caller"] = json!({"actor": metadata.actor, "key_name": names.get(&metadata.actor)});
    shown["request_id"] = request.into();
    // Kept for seven days.
    shown["answer"] = answer.unwrap_or(Value::Null);
    shown["plugs"] = plugs.get(&event.position.0).cloned().unwrap_or_default().into();
    Ok(shown)
}

fn print(answer: &Value, json: bool) -> Result<()> {
    let mut out = io::stdout().lock();
    if json {
        return Ok(writeln!(out, "{answer}")?);
    }
    if !answer["row"].is_null() {
        writeln!(out, "{} shows {}", answer["view"], answer["row"])?;
    }
    for event in answer["events"].as_array().into_iter().flatten() {
        writeln!(out, "{}  {}  {}", event["position"], event["recorded_at"], event["type"])?;
        let (caller, request) = (&event["caller"], &event["request_id"]);
        writeln!(out, "    by {} ({}), request {request}", caller["actor"], caller["key_name"])?;
        writeln!(out, "    answered {}", event["answer"])?;
        for plug in event["plugs"].as_array().into_iter().flatten() {
            writeln!(out, "    {} of {} at {}", plug["type"], plug["stream"], plug["recorded_at"])?;
        }
    }
    Ok(())
}
