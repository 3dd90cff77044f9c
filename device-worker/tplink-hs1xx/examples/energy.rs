//! Prints the reading of a plug's energy meter, or of each meter of a strip.
//!
//! `cargo run --example energy 192.168.1.20`

use std::error::Error;
use std::net::SocketAddr;

use tplink_hs1xx::discovery::Target;
use tplink_hs1xx::{Client, Outlets, Plug};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: energy ADDRESS")?;
    let address = SocketAddr::V4(address.parse::<Target>()?.address());
    let (mut plug, info) = Plug::open(Client::new(address)).await?;
    let mut meters = vec![(info.alias, Outlets::Whole)];
    if !info.children.is_empty() {
        let children = info.children.into_iter();
        meters = children.map(|child| (child.alias, child.id.into())).collect();
    }
    for (name, outlets) in meters {
        let reading = plug.energy(&outlets).await?;
        println!(
            "{name:?}: {:.1} W, {:.1} V, {:.3} A, {:.0} Wh",
            reading.power_watts, reading.voltage_volts, reading.current_amps, reading.total_watt_hours
        );
    }
    Ok(())
}
