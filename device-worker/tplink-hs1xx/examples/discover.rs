//! Lists the plugs of the network, or those at the addresses given.
//!
//! `cargo run --example discover [192.168.1.255 | 192.168.1.20 | 127.0.0.1:19999 …]`

use std::error::Error;

use tplink_hs1xx::Discovery;
use tplink_hs1xx::discovery::{Sighting, Target};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let targets =
        std::env::args().skip(1).map(|text| text.parse::<Target>()).collect::<Result<Vec<_>, _>>()?;
    let mut plan = Discovery::new();
    if !targets.is_empty() {
        plan = plan.targets(targets);
    }
    let mut search = plan.start().await?;
    while let Some(sighting) = search.next().await {
        match sighting {
            Sighting::Plug(found) => {
                let info = &found.info;
                println!("{} {} {:?} {}", found.address, info.model, info.alias, info.identity());
                for child in &info.children {
                    println!("  {} {:?} on={}", child.id, child.alias, child.on);
                }
            }
            Sighting::Unsupported(other) => {
                let device = &other.device;
                println!("{} {} speaks {}: not supported", other.address, device.model, device.encryption);
            }
        }
    }
    Ok(())
}
