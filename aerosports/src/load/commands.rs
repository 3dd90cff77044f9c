//! Commands over HTTP: many connections initialise wristbands, each answered when it is durable.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::{
    report::Figure,
    venue::{Volley, volley},
};
use crate::{cli::Load, client::Client, up};

/// Accepted commands a second, and how long each took.
///
/// # Errors
/// When `up` does not start or a command is refused.
pub async fn measure(options: &Load) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let running = up::start_on_loopback(folder.path()).await?;
    let key = running.admin_key().await?;
    let mut client = Client::new(running.address, &key);
    let body = json!({"code": "load", "name": "Load", "time_zone": "Europe/Berlin"}).to_string();
    let reply = client.post("/v1/locations", &[], body).await?;
    anyhow::ensure!(reply.status == 201, "opening a location: {} {}", reply.status, reply.text());
    let location = reply.json::<Value>()?["id"].as_str().context("no id")?.to_owned();
    let mut figures = vec![];
    for connections in [1, 16, options.connections] {
        let path = |client, turn| {
            let uid = format!("N{connections}-{client}-{turn}");
            let body = r#"{"minutes":60,"starts":"now"}"#.to_owned();
            (format!("/v1/locations/{location}/wristbands/{uid}/initialize"), Some(body))
        };
        let Volley { latencies, took } =
            volley(running.address, &key, connections, options.seconds, path).await?;
        let name = format!("HTTP, durable: initialise a wristband, {connections} connections");
        figures.push(Figure::rate(&name, latencies.len(), took, "commands/s"));
        figures.extend(Figure::latencies(&name, &latencies));
    }
    running.stop().await?;
    Ok(figures)
}
