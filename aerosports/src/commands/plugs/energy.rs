//! `plugs energy`: a reading of the meter, always in the same units.

use std::{net::SocketAddr, process::ExitCode};

use anyhow::Result;
use serde_json::json;
use tplink_hs1xx::{Energy, Plug, SysInfo};

use super::{host::Host, outlet::Outlet, print::line, session::with_plug, trouble::Trouble};

struct Readings {
    address: SocketAddr,
    info: SysInfo,
    rows: Vec<(Outlet, Energy)>,
}

/// Reads and prints.
///
/// # Errors
/// When standard output is closed.
pub async fn run(host: &Host, outlet: Option<&str>, json: bool) -> Result<ExitCode> {
    let work = async |address, plug, info| read(address, plug, info, outlet).await;
    let readings = match with_plug(host, work).await {
        Ok(readings) => readings,
        Err(trouble) => return Ok(trouble.fail()),
    };
    if !json {
        line(format_args!("{:>10}  {:>9}  {:>9}  {:>12}  NAME", "POWER", "VOLTAGE", "CURRENT", "TOTAL"))?;
    }
    for (outlet, energy) in &readings.rows {
        if json {
            let mut row = outlet.as_json(readings.address, &readings.info);
            row["power_watts"] = json!(energy.power_watts);
            row["voltage_volts"] = json!(energy.voltage_volts);
            row["current_amps"] = json!(energy.current_amps);
            row["total_watt_hours"] = json!(energy.total_watt_hours);
            line(row)?;
        } else {
            let total = format!("{:.3} kWh", energy.total_watt_hours / 1_000.0);
            line(format_args!(
                "{:>8.1} W  {:>7.1} V  {:>7.3} A  {total:>12}  {}",
                energy.power_watts,
                energy.voltage_volts,
                energy.current_amps,
                outlet.name()
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn read(
    address: SocketAddr,
    mut plug: Plug,
    info: SysInfo,
    outlet: Option<&str>,
) -> Result<Readings, Trouble> {
    let mut rows = Vec::new();
    for outlet in Outlet::choose(&info, outlet, false)? {
        let energy = plug.energy(&outlet.outlets).await;
        rows.push((outlet, energy.map_err(|error| Trouble::of_meter(address, &info, &error))?));
    }
    Ok(Readings { address, info, rows })
}
