//! The device worker's set-up: its settings, its file, and how its reports reach the command API.

use std::{
    fs::{File, TryLockError},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use async_trait::async_trait;
use command_api::{devices, execute::Executor};
use device_worker::{Answer, Config, FoundPlug, ReportSink, discovery::Search};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    config::{Secret, SettingError, Settings},
    domain::{
        ids::{LocationId, PlugId},
        plug::{Model, NewPlug},
        values::{Name, Reason},
    },
    reports::DeviceReport,
};
use tokio::sync::Mutex;

use crate::client::Client;

/// The longest a report may take to be kept.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the settings say of the device worker.
#[derive(Debug)]
pub struct DeviceSettings {
    location: Option<LocationId>,
    file: Option<PathBuf>,
    command_api: Option<(SocketAddr, Secret<String>)>,
    search: Option<Search>,
    late_after: Option<Duration>,
    override_for: Option<Duration>,
    take_over_after: Option<Duration>,
}

/// A lease shorter than this is lost by a busy machine.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

impl DeviceSettings {
    /// From `settings`.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub fn read(settings: &Settings) -> Result<Self, SettingError> {
        let command_api = settings.parsed("AEROSPORTS_COMMAND_API", "an address such as 127.0.0.1:8080")?;
        let api_key = settings.secret("AEROSPORTS_API_KEY")?;
        let command_api = match (command_api, api_key) {
            (Some(_), None) => return Err(SettingError::Missing("AEROSPORTS_API_KEY".to_owned())),
            (address, key) => address.zip(key),
        };
        Ok(Self {
            location: settings.parsed("AEROSPORTS_LOCATION", "a location's id")?,
            file: settings.text("AEROSPORTS_DEVICES_FILE")?.map(PathBuf::from),
            command_api,
            search: search(settings)?,
            late_after: settings.duration("AEROSPORTS_LATE_AFTER")?,
            override_for: settings.duration("AEROSPORTS_OVERRIDE_FOR")?,
            take_over_after: take_over_after(settings)?,
        })
    }

    /// Without any search, whatever was set.
    #[must_use]
    pub fn without_search(self) -> Self {
        Self { search: None, ..self }
    }

    /// The worker's configuration, with its file in `folder` unless a setting says otherwise.
    #[must_use]
    pub fn config(&self, folder: &Path) -> Config {
        let file = self.file.clone().unwrap_or_else(|| folder.join("devices.db"));
        let mut config = Config::new(file);
        config.location = self.location;
        config.search.clone_from(&self.search);
        config.lease_ttl = self.take_over_after.unwrap_or(config.lease_ttl);
        config.rules.late_after = self.late_after.unwrap_or(config.rules.late_after);
        config.rules.override_for = self.override_for.unwrap_or(config.rules.override_for);
        config
    }

    /// The command API by HTTP, when a setting names it.
    #[must_use]
    pub fn command_api(&self) -> Option<OverHttp> {
        let (address, key) = self.command_api.as_ref()?;
        Some(OverHttp(Mutex::new(Client::new(*address, key.expose()))))
    }
}

fn take_over_after(settings: &Settings) -> Result<Option<Duration>, SettingError> {
    const NAME: &str = "AEROSPORTS_TAKE_OVER_AFTER";
    match settings.duration(NAME)? {
        Some(length) if length < SHORTEST_LEASE => Err(SettingError::refused(NAME, "1s or longer")),
        length => Ok(length),
    }
}

fn search(settings: &Settings) -> Result<Option<Search>, SettingError> {
    const NAME: &str = "AEROSPORTS_DISCOVERY_TARGETS";
    if settings.text(NAME)?.as_deref().map(str::trim) == Some("off") {
        return Ok(None);
    }
    let targets = settings.list(NAME, "IPv4 addresses such as 192.168.1.255, separated by commas, or off")?;
    let usual = Search::default();
    Ok(Some(if targets.is_empty() { usual } else { Search { targets, ..usual } }))
}

/// Keeps a second worker from the same file. Held as long as the worker runs.
///
/// # Errors
/// When another one has it.
pub fn lock(file: &Path) -> Result<File> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    }
    let path = file.with_extension("lock");
    let lock = File::create(&path).with_context(|| format!("making {}", path.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => bail!(
            "{} is in use by another device worker: stop that one, or set AEROSPORTS_DEVICES_FILE",
            file.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}

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
            model: Model::stored(&clipped(&plug.model)),
            name: Name::stored(&clipped(&plug.name)),
            address: Some(plug.address),
            has_energy_meter: plug.has_energy_meter,
        };
        devices::register(&self.0, PATIENCE, new).await?;
        Ok(())
    }
}

fn read(report: &str) -> Result<DeviceReport> {
    Ok(DeviceReport::from_json(serde_json::from_str(report)?)?)
}

/// What a device calls itself, made fit to be a name.
fn clipped(text: &str) -> String {
    let visible = Reason::clipped(text).to_string();
    visible.chars().take(Name::MAX).collect::<String>().trim_end().to_owned()
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
            "model": clipped(&plug.model),
            "name": clipped(&plug.name),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_bad_ones_named() {
        let read = |pairs: &[(&str, &str)]| DeviceSettings::read(&Settings::from_pairs(pairs.to_vec()));
        let usual = read(&[]).unwrap().config(Path::new("data"));
        assert_eq!(usual.file, Path::new("data/devices.db"));
        assert_eq!(usual.search.unwrap().targets.len(), 1);
        assert!(
            read(&[("AEROSPORTS_DISCOVERY_TARGETS", "off")]).unwrap().config(Path::new("x")).search.is_none()
        );
        let two = read(&[("AEROSPORTS_DISCOVERY_TARGETS", "10.0.3.255, 127.0.0.1:19999")]).unwrap();
        assert_eq!(two.config(Path::new("x")).search.unwrap().targets.len(), 2);
        let address = ("AEROSPORTS_COMMAND_API", "127.0.0.1:8080");
        for (name, pairs) in [
            ("AEROSPORTS_DISCOVERY_TARGETS", vec![("AEROSPORTS_DISCOVERY_TARGETS", "plugs")]),
            ("AEROSPORTS_LOCATION", vec![("AEROSPORTS_LOCATION", "mitte")]),
            ("AEROSPORTS_LATE_AFTER", vec![("AEROSPORTS_LATE_AFTER", "soon")]),
            ("AEROSPORTS_TAKE_OVER_AFTER", vec![("AEROSPORTS_TAKE_OVER_AFTER", "20ms")]),
            ("AEROSPORTS_API_KEY", vec![address]),
        ] {
            let error = read(&pairs).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn names_of_devices_become_names() {
        assert_eq!(clipped(" Fog\u{200B}\n "), "Fog");
        assert_eq!(clipped(&"x".repeat(200)).len(), 100);
    }

    #[test]
    fn one_worker_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("devices.db");
        let _first = lock(&file).unwrap();
        let error = lock(&file).unwrap_err().to_string();
        assert!(error.contains("AEROSPORTS_DEVICES_FILE"), "{error}");
    }
}
