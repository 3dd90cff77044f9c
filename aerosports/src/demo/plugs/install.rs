//! Plugs everything in and tells the server, by the commands that people would use.

use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use plug_simulator::{Model, Plug};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{FOG, Machine, Notes, Outlet, Plugs, SIREN};
use crate::demo::{
    api::Api,
    venue::{Venue, create},
};

/// Outlets of the strip that the lights of the first rooms are on.
const STRIP: usize = 3;

impl Plugs {
    /// Starts the devices, registers them, binds them to rooms and automates them.
    ///
    /// # Errors
    /// When no loopback address is to be had, or a command is refused or not answered.
    pub async fn install(api: &mut Api, venue: &Venue) -> Result<Self> {
        let rooms: Vec<Uuid> = venue.rooms.iter().map(|room| room.id).collect();
        let (first, last) = rooms.first().zip(rooms.last()).context("a venue has rooms")?;
        let mut lights = Vec::new();
        let strip = device(Model::strip("Hall lights")).await?;
        for (number, room) in rooms.iter().enumerate() {
            let (device, place) = match number {
                0..STRIP => (strip.clone(), number),
                _ => (device(Model::plug("Lights")).await?, 0),
            };
            let light = register(api, venue, &device, place, &format!("Lights {}", number + 1)).await?;
            bind(api, venue, &light, *room).await?;
            let trigger = json!({"type": "event", "event": "play_started", "room_id": room});
            automate(api, venue, &light, trigger, json!({"type": "while_play"})).await?;
            lights.push((*room, light));
        }
        let fog = device(Model::new_meter("Fog machine").with_load(900.0)).await?;
        let fog = register(api, venue, &fog, 0, "Fog machine").await?;
        bind(api, venue, &fog, *first).await?;
        let trigger = json!({"type": "event", "event": "play_started", "room_id": first});
        automate(api, venue, &fog, trigger, json!({"type": "on", "seconds": FOG.as_secs()})).await?;
        let siren = device(Model::old_meter("Siren")).await?;
        let siren = register(api, venue, &siren, 0, "Siren").await?;
        let trigger = json!({"type": "event", "event": "play_finished", "room_id": last});
        let pulse = json!({"type": "pulse", "milliseconds": u64::try_from(SIREN.as_millis())?});
        let siren_automation = automate(api, venue, &siren, trigger, pulse).await?;
        let fridge = device(Model::plug("Fridge")).await?;
        fridge.press(0, true);
        let fridge = register(api, venue, &fridge, 0, "Fridge").await?;
        Ok(Self {
            lights,
            fog: Machine { room: *first, outlet: fog, runs: FOG, calls: Mutex::default() },
            siren: Machine { room: *last, outlet: siren, runs: SIREN, calls: Mutex::default() },
            siren_automation,
            fridge,
            notes: Mutex::new(Notes::default()),
        })
    }
}

async fn device(model: Model) -> Result<Arc<Plug>> {
    Ok(Arc::new(Plug::start(model).await.context("a loopback address for a simulated plug")?))
}

async fn register(
    api: &mut Api,
    venue: &Venue,
    device: &Arc<Plug>,
    place: usize,
    name: &str,
) -> Result<Outlet> {
    let found = json!({
        "mac": device.mac(), "device_id": device.device_id(), "child_id": device.child_id(place),
        "model": device.model(), "name": name, "address": device.address().to_string(),
        "has_energy_meter": device.has_energy_meter(),
    });
    let id = create(api, &venue.path("plugs"), &found).await?;
    Ok(Outlet { id, name: name.to_owned(), device: device.clone(), place })
}

async fn bind(api: &mut Api, venue: &Venue, outlet: &Outlet, room: Uuid) -> Result<()> {
    let path = venue.path(&format!("plugs/{}/bind", outlet.id));
    api.command(&path, &json!({"room_id": room})).await?.accepted().context(path)?;
    Ok(())
}

async fn automate(
    api: &mut Api,
    venue: &Venue,
    outlet: &Outlet,
    trigger: Value,
    action: Value,
) -> Result<Uuid> {
    let rule = json!({"name": outlet.name, "plug_ids": [outlet.id], "trigger": trigger, "action": action});
    create(api, &venue.path("automations"), &rule).await
}
