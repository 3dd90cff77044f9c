//! `aerosports bus`: makes the stream of events in NATS anew, when it holds what is not of this store. Nothing is lost:
//! the command APIs fill it from the store.

use ::bus::nats::{MessageKey, NatsConfig, messages, remake};
use anyhow::{Context as _, Result};
use runtime::{clock::SharedClock, config::Settings};

use super::confirm::confirm;
use crate::{
    cli::Bus,
    composition::{event_store::EventStore, master_key},
    settings::{database::Database, declared::NATS},
};

/// Carries out `command`.
///
/// # Errors
/// When the store or the bus cannot be reached, or nobody confirms.
pub async fn run(command: Bus, settings: &Settings, clock: SharedClock) -> Result<()> {
    let Bus::Remake { yes } = command;
    let nats = configuration(settings)?.context("say which bus with --nats")?;
    let store = Database::of(settings)?.open(clock).await?;
    let outcome = make_anew(&store, &nats, yes).await;
    store.close().await;
    outcome
}

/// How an operator's command talks to the bus, if one is named. It publishes nothing.
///
/// # Errors
/// When a setting cannot be used.
pub(super) fn configuration(settings: &Settings) -> Result<Option<NatsConfig>> {
    let Some(url) = settings.find(&NATS)? else { return Ok(None) };
    // Without the master key nobody knows which messages are ours; the store's comparison goes on without.
    let master = master_key::load(&Database::of(settings)?, settings).ok();
    Ok(Some(NatsConfig {
        name: "aerosports operator".to_owned(),
        publish: false,
        key: master.map(|master| MessageKey::new(&master.bus_key())),
        ..NatsConfig::new(url.expose())
    }))
}

async fn make_anew(store: &EventStore, nats: &NatsConfig, yes: bool) -> Result<()> {
    let stream = nats.stream_name();
    match messages(nats, store.shared()).await.context("looking at the bus")? {
        Some(count) => println!("The stream {stream} holds {count} messages, which are deleted."),
        None => println!("There is no stream {stream}; it is made."),
    }
    println!("The command APIs fill it from the store, which ends at {}.", store.head().await?.token());
    if !yes {
        confirm(&format!("Make it anew? Type {stream} to go on:"), &stream)?;
    }
    remake(nats, store.shared()).await.context("making the stream anew")?;
    println!("{stream} was made anew");
    Ok(())
}
