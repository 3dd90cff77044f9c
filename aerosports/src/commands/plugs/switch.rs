//! `plugs switch`: sets a relay and believes only what it reads back.

use std::{net::SocketAddr, process::ExitCode};

use anyhow::Result;
use tplink_hs1xx::{Plug, SysInfo};

use super::{
    arguments::State, host::Host, outlet::Outlet, print::line, session::with_plug, trouble::Trouble,
};

/// What a plug did.
struct Switched {
    address: SocketAddr,
    before: SysInfo,
    outlets: Vec<Outlet>,
}

/// Switches and says what happened.
///
/// # Errors
/// When standard output is closed.
pub async fn run(host: &Host, state: State, outlet: Option<&str>, json: bool) -> Result<ExitCode> {
    let on = state == State::On;
    let switching = async |address, plug, info| switch(address, plug, info, on, outlet).await;
    let done = match with_plug(host, switching).await {
        Ok(done) => done,
        Err(trouble) => return Ok(trouble.fail()),
    };
    for outlet in &done.outlets {
        let was = outlet.is_on(&done.before);
        if json {
            let mut row = outlet.as_json(done.address, &done.before);
            row["on"] = on.into();
            row["was_on"] = was.into();
            line(row)?;
        } else {
            let already = if was == Some(on) { " already" } else { "" };
            let word = if on { "on" } else { "off" };
            line(format_args!("{} at {} is{already} {word}", outlet.name(), done.address))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn switch(
    address: SocketAddr,
    mut plug: Plug,
    before: SysInfo,
    on: bool,
    outlet: Option<&str>,
) -> Result<Switched, Trouble> {
    let outlets = Outlet::choose(&before, outlet, true)?;
    for outlet in &outlets {
        plug.set_relay(&outlet.outlets, on).await.map_err(|error| Trouble::at(address, &error))?;
    }
    let after = plug.sys_info().await.map_err(|error| Trouble::at(address, &error))?;
    if let Some(stuck) = outlets.iter().find(|outlet| outlet.is_on(&after) != Some(on)) {
        let word = if on { "off" } else { "on" };
        return Err(Trouble {
            what: format!("{} at {address} said yes, but its relay is still {word}", stuck.name()),
            checks: vec![
                "whether somebody else switches it: the button, the vendor's app, a device worker",
                "its relay: switch it by its button and listen for the click",
            ],
        });
    }
    Ok(Switched { address, before, outlets })
}
