//! Switches a plug, or one outlet of a strip, and reads it back.
//!
//! `cargo run --example switch 192.168.1.20 on [child id, or its last two characters]`

use std::error::Error;
use std::net::SocketAddr;

use tplink_hs1xx::discovery::Target;
use tplink_hs1xx::{ChildId, Client, Outlets, Plug};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (address, on, child) = match arguments.as_slice() {
        [address, state] => (address, state == "on", None),
        [address, state, child] => (address, state == "on", Some(child)),
        _ => return Err("usage: switch ADDRESS on|off [CHILD]".into()),
    };
    let address = SocketAddr::V4(address.parse::<Target>()?.address());
    let (mut plug, info) = Plug::open(Client::new(address)).await?;
    let outlets = match child {
        Some(child) => Outlets::from(ChildId::of(&info.device_id, child)?),
        None => Outlets::Whole,
    };
    plug.set_relay(&outlets, on).await?;
    let info = plug.sys_info().await?;
    println!("{:?} on: {:?}", info.alias, info.is_on(&outlets));
    for child in &info.children {
        println!("  {:?} on: {}", child.alias, child.on);
    }
    Ok(())
}
