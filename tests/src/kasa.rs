//! python-kasa: its command line as a second opinion, and its dumps of real devices.

use std::{net::SocketAddr, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::tools::installed;

/// Runs `kasa` on the device at `address`; what it prints as JSON, `Null` for nothing.
///
/// # Errors
/// When it is not installed, or fails.
pub async fn run(address: SocketAddr, device_type: &str, arguments: &[&str]) -> Result<Value> {
    let output = Command::new(installed("kasa/bin/kasa")?)
        .args(["--json", "--type", device_type, "--host", &address.ip().to_string()])
        .args(["--port", &address.port().to_string()])
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .context("starting kasa")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "kasa {arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).with_context(|| text.clone())
}

/// The answers of the real device `name`, such as `HS103(US)_2.1_1.1.4`, read from the source archive
/// that `./tests/run` fetches.
///
/// # Errors
/// When it is not installed, or has no such device.
pub fn dump(name: &str) -> Result<Value> {
    let path = installed(&format!("kasa-source/tests/fixtures/iot/{name}.json"))?;
    let text = std::fs::read_to_string(path).context("reading a dump")?;
    serde_json::from_str(&text).context("a dump is JSON")
}
