//! The device worker's set-up: its settings and its file.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use device_worker::{Config, discovery::Search};
use domain::{ids::LocationId, plug::PlugNetworks};
use runtime::{
    config::{Secret, SettingError, Settings},
    lifecycle::Tasks,
};

use super::report_sinks::OverHttp;
use crate::{
    client::Client,
    settings::{
        address::Address,
        database::Database,
        declared::{
            API_KEY, COMMAND_API, DEVICES_FILE, DISCOVERY_TARGETS, LATE_AFTER, LOCATION, OVERRIDE_FOR,
            PLUG_NETWORKS, PLUG_PORTS, TAKE_OVER_AFTER,
        },
    },
};

/// What the settings say of the device worker.
#[derive(Debug)]
pub struct DeviceSettings {
    location: Option<LocationId>,
    file: Option<PathBuf>,
    command_api: Option<(Address, Secret<String>)>,
    search: Option<Search>,
    plug_networks: PlugNetworks,
    late_after: Duration,
    override_for: Duration,
    take_over_after: Duration,
}

impl DeviceSettings {
    /// From `settings`.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub fn read(settings: &Settings) -> Result<Self, SettingError> {
        let command_api = match settings.find(&COMMAND_API)? {
            Some(address) => Some((address, settings.get(&API_KEY)?)),
            None => None,
        };
        Ok(Self {
            location: settings.find(&LOCATION)?,
            file: settings.find(&DEVICES_FILE)?,
            command_api,
            search: settings.get(&DISCOVERY_TARGETS)?,
            plug_networks: plug_networks(settings)?,
            late_after: settings.get(&LATE_AFTER)?,
            override_for: settings.get(&OVERRIDE_FOR)?,
            take_over_after: settings.get(&TAKE_OVER_AFTER)?,
        })
    }

    /// The worker's configuration, with its file in `folder` unless a setting says otherwise.
    #[must_use]
    pub fn config(&self, folder: &Path) -> Config {
        let file = self.file.clone().unwrap_or_else(|| folder.join("devices.db"));
        let mut config = Config::new(file);
        config.location = self.location;
        config.search.clone_from(&self.search);
        config.plug_networks.clone_from(&self.plug_networks);
        config.lease_ttl = self.take_over_after;
        config.rules.late_after = self.late_after;
        config.rules.override_for = self.override_for;
        config
    }

    /// The command API by HTTP, when a setting names it.
    #[must_use]
    pub fn command_api(&self) -> Option<OverHttp> {
        let (address, key) = self.command_api.as_ref()?;
        Some(OverHttp::new(Client::new(address, key.expose())))
    }
}

/// Where plugs may be.
///
/// # Errors
/// When one of the settings cannot be used.
pub fn plug_networks(settings: &Settings) -> Result<PlugNetworks, SettingError> {
    Ok(PlugNetworks::new(settings.get(&PLUG_NETWORKS)?, settings.get(&PLUG_PORTS)?))
}

/// Switches plugs with `parts` until the process stops.
///
/// # Errors
/// When another worker uses the same file.
pub fn work_devices(
    tasks: &Tasks,
    database: &Database,
    settings: &DeviceSettings,
    parts: device_worker::Parts,
) -> Result<()> {
    let config = settings.config(database.folder().unwrap_or(Path::new("data")));
    let lock = lock(&config.file)?;
    let stop = tasks.soft();
    tasks.spawn("device-worker", async move {
        let worked = device_worker::run(config, parts, stop).await;
        drop(lock);
        worked.context("working the devices")
    });
    Ok(())
}

/// Keeps a second worker from the same file. Held as long as the worker runs.
///
/// # Errors
/// When another one has it.
fn lock(file: &Path) -> Result<File> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Config {
        let settings = Settings::from_pairs(pairs.to_vec());
        DeviceSettings::read(&settings).unwrap().config(Path::new("data"))
    }

    #[test]
    fn a_device_worker_without_settings_has_its_own_defaults() {
        let (declared, own) = (config(&[]), Config::new("data/devices.db".into()));
        assert_eq!(format!("{declared:?}"), format!("{own:?}"));
    }

    #[test]
    fn settings_reach_the_device_worker() {
        let off = config(&[("AEROSPORTS_DISCOVERY_TARGETS", "off")]);
        assert!(off.search.is_none());
        let set = config(&[
            ("AEROSPORTS_DISCOVERY_TARGETS", "10.0.3.255, 127.0.0.1:19999"),
            ("AEROSPORTS_PLUG_NETWORKS", "127.0.0.0/8, 10.1.0.0/16"),
            ("AEROSPORTS_PLUG_PORTS", "9999,10000-10010"),
            ("AEROSPORTS_DEVICES_FILE", "elsewhere.db"),
            ("AEROSPORTS_LATE_AFTER", "1s"),
            ("AEROSPORTS_OVERRIDE_FOR", "2m"),
            ("AEROSPORTS_TAKE_OVER_AFTER", "3s"),
        ]);
        assert_eq!(set.search.unwrap().targets.len(), 2);
        let (networks, ports) = (set.plug_networks.networks(), set.plug_networks.ports());
        assert_eq!((&*networks, &*ports), ("127.0.0.0/8, 10.1.0.0/16", "9999, 10000-10010"));
        assert_eq!(set.file, Path::new("elsewhere.db"));
        let lengths = (set.rules.late_after, set.rules.override_for, set.lease_ttl);
        assert_eq!(lengths, (Duration::from_secs(1), Duration::from_mins(2), Duration::from_secs(3)));
    }

    #[test]
    fn a_command_api_without_a_key_is_refused() {
        let settings = Settings::from_pairs([("AEROSPORTS_COMMAND_API", "127.0.0.1:8080")]);
        let error = DeviceSettings::read(&settings).unwrap_err().to_string();
        assert!(error.contains("AEROSPORTS_API_KEY"), "{error}");
    }

    #[test]
    fn a_file_is_used_by_one_worker_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("devices.db");
        let _first = lock(&file).unwrap();
        let error = lock(&file).unwrap_err().to_string();
        assert!(error.contains("AEROSPORTS_DEVICES_FILE"), "{error}");
    }
}
