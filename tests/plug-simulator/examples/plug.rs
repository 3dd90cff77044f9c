//! A simulated plug with an energy meter, to try things out with. Prints what it would be registered as,
//! then every change of its relay, until it is interrupted.
//!
//! `cargo run -p plug-simulator --example plug [address]`, 127.0.0.1:9999 when none is given.

use std::net::SocketAddrV4;

use plug_simulator::{Model, Plug};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9999".to_owned());
    let address: SocketAddrV4 =
        address.parse().map_err(|_| format!("{address} is no address: write it as 127.0.0.1:9999"))?;
    let plug = Plug::start_at(Model::new_meter("Fog machine").with_load(900.0), address)
        .await
        .map_err(|error| format!("{address} cannot be listened on ({error}): give another one"))?;
    let found = json!({
        "mac": plug.mac(), "device_id": plug.device_id(), "model": plug.model(), "name": "Fog machine",
        "address": plug.address().to_string(), "has_energy_meter": plug.has_energy_meter(),
    });
    println!("{found}");
    loop {
        plug.until(true).await;
        println!("on");
        plug.until(false).await;
        println!("off");
    }
}
