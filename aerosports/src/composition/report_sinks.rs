//! How a device worker's reports reach the command API: in the same process, or over HTTP.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use command_api::{devices, execute::Executor};
use device_worker::{Answer, FoundPlug, ReportSink};
use domain::{
    ids::{LocationId, PlugId},
    plug::NewPlug,
};
use events::reports::DeviceReport;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::client::Client;

/// The longest a report may take to be stored.
const PATIENCE: Duration = Duration::from_secs(10);

/// The command API in this process.
pub struct InProcess(pub Executor);

#[async_trait]
impl ReportSink for InProcess {
    async fn send(&self, location: LocationId, reports: &[String]) -> Result<Vec<Answer>> {
        let read: Vec<_> = reports.iter().map(|report| read(report)).collect();
        let good: Vec<DeviceReport> = read.iter().flatten().cloned().collect();
        let mut done = devices::report(&self.0, PATIENCE, location, &good).await?.into_iter();
        let mut answers = Vec::with_capacity(read.len());
        for report in read {
            answers.push(match report {
                Ok(_) => {
                    let done = done.next().context("a report has no answer")?;
                    Answer { status: done.status, code: done.code }
                }
                Err(error) => Answer { status: 400, code: Some(format!("{error:#}")) },
            });
        }
        Ok(answers)
    }

    async fn register(&self, location: LocationId, plug: &FoundPlug) -> Result<()> {
        let new = NewPlug {
            id: PlugId(self.0.clock().new_uuid()),
            location,
            identity: plug.identity.clone(),
            model: plug.model.clone(),
            name: plug.name.clone(),
            address: Some(plug.address),
            has_energy_meter: plug.has_energy_meter,
            found: true,
        };
        devices::register(&self.0, PATIENCE, new).await?;
        Ok(())
    }
}

fn read(report: &str) -> Result<DeviceReport> {
    Ok(DeviceReport::from_json(serde_json::from_str(report)?)?)
}

/// The command API of another process, with a key of kind `device-worker`.
pub struct OverHttp(Mutex<Client>);

#[derive(Deserialize)]
struct Done {
    items: Vec<ItemDone>,
}

#[derive(Deserialize)]
struct ItemDone {
    status: u16,
    code: Option<String>,
}

impl OverHttp {
    /// Through `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self(Mutex::new(client))
    }

    async fn post(&self, path: &str, body: &Value) -> Result<crate::client::Reply> {
        let reply = self.0.lock().await.post(path, &[], body.to_string()).await?;
        let hint = match reply.status {
            StatusCode::FORBIDDEN => {
                ": a key reports for its own location only, set AEROSPORTS_LOCATION to that"
            }
            _ => "",
        };
        ensure!(reply.status.is_success(), "{}{hint}: {}", reply.status, reply.text());
        Ok(reply)
    }
}

#[async_trait]
impl ReportSink for OverHttp {
    async fn send(&self, location: LocationId, reports: &[String]) -> Result<Vec<Answer>> {
        let items: Vec<Value> =
            reports.iter().map(|report| serde_json::from_str(report)).collect::<Result<_, _>>()?;
        let path = format!("/v1/locations/{location}/plugs/reports");
        let done: Done = self.post(&path, &json!({ "items": items })).await?.json()?;
        Ok(done.items.into_iter().map(|item| Answer { status: item.status, code: item.code }).collect())
    }

    async fn register(&self, location: LocationId, plug: &FoundPlug) -> Result<()> {
        let mut body = json!({
            "mac": plug.identity.mac,
            "device_id": plug.identity.device_id,
            "model": plug.model.as_str(),
            "name": plug.name.as_str(),
            "address": plug.address,
            "has_energy_meter": plug.has_energy_meter,
        });
        if let (Some(child), Value::Object(fields)) = (&plug.identity.child_id, &mut body) {
            fields.insert("child_id".to_owned(), child.as_str().into());
        }
        self.post(&format!("/v1/locations/{location}/plugs"), &body).await?;
        Ok(())
    }
}
