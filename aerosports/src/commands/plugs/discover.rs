//! `plugs discover`: what answers a search, each as soon as it answers.

use std::{process::ExitCode, time::Duration};

use anyhow::Result;
use serde_json::{Value, json};
use tplink_hs1xx::{
    Discovery,
    discovery::{Found, Sighting, UnsupportedDevice},
};

use super::{
    arguments::Search,
    outlet::Outlet,
    print::{line, printable, state},
    trouble::Trouble,
};

/// Times a search is sent: datagrams get lost.
const PACKETS: u32 = 3;

/// Prints what answers.
///
/// # Errors
/// When standard output is closed.
pub async fn run(search: &Search, json: bool) -> Result<ExitCode> {
    let mut search = match plan(search).start().await {
        Ok(search) => search,
        Err(error) => return Ok(Trouble::no_network(&error).fail()),
    };
    let mut found = 0;
    while let Some(sighting) = search.next().await {
        if found == 0 && !json {
            line(format_args!(
                "{:<21}  {:<10}  {:<5}  {:<17}  {:<7}  NAME",
                "ADDRESS", "MODEL", "STATE", "MAC", "SIGNAL"
            ))?;
        }
        found += 1;
        match (&sighting, json) {
            (Sighting::Plug(plug), true) => line(plug_as_json(plug))?,
            (Sighting::Plug(plug), false) => print_plug(plug)?,
            (Sighting::Unsupported(device), true) => line(device_as_json(device))?,
            (Sighting::Unsupported(device), false) => print_unsupported(device)?,
        }
    }
    if found == 0 {
        return Ok(Trouble::nothing_found().fail());
    }
    Ok(ExitCode::SUCCESS)
}

/// The search as the command line has it.
pub fn plan(search: &Search) -> Discovery {
    let plan = Discovery::new().packets(PACKETS).interval(Duration::from_secs_f64(search.wait) / PACKETS);
    if search.targets.is_empty() { plan } else { plan.targets(search.targets.iter().copied()) }
}

fn print_plug(plug: &Found) -> Result<()> {
    let info = &plug.info;
    let mac = info.mac.map(|mac| mac.to_string()).unwrap_or_default();
    let signal = info.rssi_dbm.map(|dbm| format!("{dbm} dBm")).unwrap_or_default();
    let relay = if info.children.is_empty() { state(info.relay_on) } else { "strip" };
    let (model, alias) = (printable(&info.model), printable(&info.alias));
    line(format_args!("{:<21}  {model:<10}  {relay:<5}  {mac:<17}  {signal:<7}  {alias}", plug.address))?;
    for outlet in Outlet::all(info).iter().filter(|outlet| outlet.number.is_some()) {
        line(format_args!("{:<35}{:<5}  {:<26}  {}", "", state(outlet.is_on(info)), "", outlet.name()))?;
    }
    Ok(())
}

fn print_unsupported(other: &UnsupportedDevice) -> Result<()> {
    let device = &other.device;
    let mac = device.mac.map(|mac| mac.to_string()).unwrap_or_default();
    let (model, encryption) = (printable(&device.model), printable(&device.encryption));
    Ok(line(format_args!(
        "{:<21}  {model:<10}  {:<5}  {mac:<17}  {:<7}  firmware speaks {encryption}: not supported",
        other.address.ip(),
        "?",
        ""
    ))?)
}

fn plug_as_json(plug: &Found) -> Value {
    let mut row = json!(plug.info);
    row["address"] = json!(plug.address.to_string());
    row
}

fn device_as_json(other: &UnsupportedDevice) -> Value {
    json!({
        "address": other.address.ip().to_string(),
        "model": other.device.model,
        "mac": other.device.mac,
        "unsupported_firmware": other.device.encryption,
    })
}
