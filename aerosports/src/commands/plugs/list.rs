//! `plugs list`: the state of plugs now. Each is asked over TCP, as for switching: a plug that answers only searches
//! must not look healthy.

use std::process::ExitCode;

use anyhow::Result;
use futures::future::join_all;
use serde_json::{Value, json};
use tplink_hs1xx::{Energy, SysInfo};

use super::{
    arguments::Search,
    discover,
    host::Host,
    outlet::Outlet,
    print::{line, printable, state},
    session::with_plug,
    trouble::Trouble,
};

/// One outlet as it is now.
struct Row {
    address: String,
    info: SysInfo,
    outlet: Outlet,
    energy: Option<Energy>,
}

/// Prints one row for each outlet. The exit code is a failure when a plug did not answer.
///
/// # Errors
/// When standard output is closed.
pub async fn run(hosts: &[Host], search: &Search, json: bool) -> Result<ExitCode> {
    let hosts = match hosts {
        [] => match found(search).await {
            Ok(hosts) => hosts,
            Err(trouble) => return Ok(trouble.fail()),
        },
        given => given.to_vec(),
    };
    let answers = join_all(hosts.iter().map(ask)).await;
    if !json {
        line(format_args!(
            "{:<21}  {:<5}  {:>8}  {:>9}  {:>7}  {:<10}  NAME",
            "ADDRESS", "STATE", "ON FOR", "POWER", "SIGNAL", "MODEL"
        ))?;
    }
    let mut code = ExitCode::SUCCESS;
    for (host, answer) in hosts.iter().zip(answers) {
        match answer {
            Ok(rows) => rows
                .iter()
                .try_for_each(|row| line(if json { row.as_json().to_string() } else { row.as_text() }))?,
            Err(trouble) => {
                code = ExitCode::FAILURE;
                if json {
                    let checks = trouble.checks.iter().collect::<Vec<_>>();
                    line(json!({"address": host.to_string(), "error": trouble.what, "check": checks}))?;
                } else {
                    line(format_args!("{:<21}  {}", host.to_string(), trouble))?;
                }
            }
        }
    }
    Ok(code)
}

/// Where a search finds plugs, in the order of their addresses.
async fn found(search: &Search) -> Result<Vec<Host>, Trouble> {
    let found = discover::plan(search).collect().await.map_err(|error| Trouble::no_network(&error))?;
    for other in &found.unsupported {
        let (ip, encryption) = (other.address.ip(), printable(&other.device.encryption));
        eprintln!("aerosports: {ip} has firmware that speaks {encryption}: not supported, not listed");
    }
    let mut addresses: Vec<_> = found.plugs.iter().map(|plug| plug.address).collect();
    if addresses.is_empty() {
        return Err(Trouble::nothing_found());
    }
    addresses.sort();
    Ok(addresses.into_iter().map(Host::Address).collect())
}

async fn ask(host: &Host) -> Result<Vec<Row>, Trouble> {
    with_plug(host, async |address, mut plug, info| {
        let mut rows = Vec::new();
        for outlet in Outlet::all(&info) {
            // A meter that fails leaves its column empty: `plugs energy` says why.
            let energy = if info.has_energy_meter { plug.energy(&outlet.outlets).await.ok() } else { None };
            rows.push(Row { address: address.to_string(), info: info.clone(), outlet, energy });
        }
        Ok(rows)
    })
    .await
}

impl Row {
    fn on_time_seconds(&self) -> Option<u32> {
        match self.outlet.number {
            None => self.info.on_time_seconds,
            Some(number) => self.info.children.get(number - 1).and_then(|child| child.on_time_seconds),
        }
    }

    fn as_text(&self) -> String {
        let on = self.outlet.is_on(&self.info);
        let on_for = self.on_time_seconds().filter(|_| on == Some(true)).map(duration).unwrap_or_default();
        let power = self.energy.map(|energy| format!("{:.1} W", energy.power_watts)).unwrap_or_default();
        let signal = self.info.rssi_dbm.map(|dbm| format!("{dbm} dBm")).unwrap_or_default();
        format!(
            "{:<21}  {:<5}  {on_for:>8}  {power:>9}  {signal:>7}  {:<10}  {}",
            self.address,
            state(on),
            printable(&self.info.model),
            self.outlet.name()
        )
    }

    fn as_json(&self) -> Value {
        let mut row = self.outlet.as_json(&self.address, &self.info);
        row["on"] = json!(self.outlet.is_on(&self.info));
        row["on_time_seconds"] = json!(self.on_time_seconds());
        row["rssi_dbm"] = json!(self.info.rssi_dbm);
        row["power_watts"] = json!(self.energy.map(|energy| energy.power_watts));
        row
    }
}

/// `59s`, `1m05s`, `2h03m`, `3d04h`.
fn duration(seconds: u32) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{minutes}m{:02}s", seconds % 60),
        3_600..86_400 => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let shown = [59, 65, 7_380, 273_600].map(duration);
        assert_eq!(shown, ["59s", "1m05s", "2h03m", "3d04h"]);
    }
}
