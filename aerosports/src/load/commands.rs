//! Commands over HTTP: many connections initialise wristbands, each answered when it is durable.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::{
    report::Figure,
    venue::{Volley, volley},
};
use crate::{cli::Load, client::Client, composition::one_process};

/// Accepted commands a second, and how long each took.
///
/// # Errors
/// When `up` does not start or a command is refused.
pub async fn measure(options: &Load) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let running = one_process::start_on_loopback(folder.path()).await?;
    let key = running.admin_key().await?;
    let wristbands = Wristbands::open(running.address, &key).await?;
    let mut figures = vec![];
    for connections in [1, 16, options.connections] {
        let Volley { latencies, took } =
            wristbands.initialise(&format!("N{connections}"), connections, options.seconds).await?;
        let name = format!("HTTP, durable: initialise a wristband, {connections} connections");
        figures.push(Figure::rate(&name, latencies.len(), took, "commands/s"));
        figures.extend(Figure::latencies(&name, &latencies));
    }
    running.stop().await?;
    Ok(figures)
}

/// A location whose wristbands clients initialise.
pub struct Wristbands {
    address: SocketAddr,
    api_key: String,
    location: String,
}

impl Wristbands {
    /// Opens the location at the command API at `address`.
    ///
    /// # Errors
    /// When it is refused or not answered.
    pub async fn open(address: SocketAddr, api_key: &str) -> Result<Self> {
        let mut client = Client::new(address, api_key);
        let code = format!("load-{}", std::process::id());
        let body = json!({"code": code, "name": "Load", "time_zone": "Europe/Berlin"}).to_string();
        let reply = client.post("/v1/locations", &[], body).await?;
        anyhow::ensure!(reply.status == 201, "opening a location: {} {}", reply.status, reply.text());
        let location = reply.json::<Value>()?["id"].as_str().context("no id")?.to_owned();
        Ok(Self { address, api_key: api_key.to_owned(), location })
    }

    /// Has `connections` clients initialise one after the other for `seconds`. `prefix` tells these from
    /// those of another call.
    ///
    /// # Errors
    /// When an answer is not 2xx.
    pub async fn initialise(&self, prefix: &str, connections: usize, seconds: u64) -> Result<Volley> {
        let request = |client, turn| {
            let uid = format!("{prefix}-{client}-{turn}");
            let body = r#"{"minutes":60,"starts":"now"}"#.to_owned();
            (format!("/v1/locations/{}/wristbands/{uid}/initialize", self.location), Some(body))
        };
        volley(self.address, &self.api_key, connections, seconds, request).await
    }
}
