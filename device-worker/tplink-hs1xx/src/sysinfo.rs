//! The reply to `system.get_sysinfo`: who the device is and what its outlets do.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::fields::{Fields, required};
use crate::identity::{ChildId, DeviceId, Identity, Mac};
use crate::refusal::ReplyError;
use crate::request::Outlets;

/// State of a device as it reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SysInfo {
    /// The device id.
    pub device_id: DeviceId,
    /// The MAC address, from `mac` or `mic_mac`.
    pub mac: Option<Mac>,
    /// The owner's name for it; free text, empty when the device gives none.
    pub alias: String,
    /// Model and region, such as `HS110(EU)`; empty when the device gives none.
    pub model: String,
    /// Firmware version; empty when the device gives none.
    pub software_version: String,
    /// Hardware version; empty when the device gives none.
    pub hardware_version: String,
    /// State of the one relay of a plug. `None` on strips: see [`children`](Self::children).
    pub relay_on: Option<bool>,
    /// Seconds since the relay was switched on; 0 while off.
    pub on_time_seconds: Option<u32>,
    /// Strength of the Wi-Fi signal in dBm, from about -30 (strong) down to -90 (lost).
    pub rssi_dbm: Option<i32>,
    /// Whether it measures energy (`ENE` among its features).
    pub has_energy_meter: bool,
    /// The outlets of a strip, in their order on the strip; none on a plug.
    pub children: Vec<Child>,
}

/// One outlet of a strip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Child {
    /// The full id, also where the device gives only its last two characters.
    pub id: ChildId,
    /// The owner's name for it; free text, empty when the device gives none.
    pub alias: String,
    /// Whether it is on.
    pub on: bool,
    /// Seconds since it was switched on; 0 while off.
    pub on_time_seconds: Option<u32>,
}

impl SysInfo {
    /// What tells this device from another.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity { device_id: self.device_id.clone(), mac: self.mac }
    }

    /// The outlet with this id.
    #[must_use]
    pub fn child(&self, id: &ChildId) -> Option<&Child> {
        self.children.iter().find(|child| child.id == *id)
    }

    /// Whether the outlets are on (`Some(true)`) or off (`Some(false)`), all of them alike.
    ///
    /// `None` when they differ, when one of them does not exist, or when the device has no
    /// relay: a caller that reads back what it switched takes it as "not as wanted".
    #[must_use]
    pub fn is_on(&self, outlets: &Outlets) -> Option<bool> {
        let states = self.states(outlets)?;
        let first = *states.first()?;
        states.iter().all(|on| *on == first).then_some(first)
    }

    /// Whether at least one of the outlets is on.
    ///
    /// `None` when one of them does not exist, or when the device has no relay.
    #[must_use]
    pub fn is_any_on(&self, outlets: &Outlets) -> Option<bool> {
        let states = self.states(outlets)?;
        (!states.is_empty()).then(|| states.contains(&true))
    }

    fn states(&self, outlets: &Outlets) -> Option<Vec<bool>> {
        match outlets {
            Outlets::Whole if self.children.is_empty() => self.relay_on.map(|on| vec![on]),
            Outlets::Whole => Some(self.children.iter().map(|child| child.on).collect()),
            Outlets::Children(ids) => ids.iter().map(|id| self.child(id).map(|child| child.on)).collect(),
        }
    }

    pub(crate) fn parse(fields: &Map<String, Value>) -> Result<Self, ReplyError> {
        let fields = Fields(fields);
        let id = fields.text("deviceId").and_then(|id| id.parse().ok());
        let device_id: DeviceId = required(id, "deviceId")?;
        let children = fields
            .objects("children")?
            .into_iter()
            .map(|child| Child::parse(&device_id, child))
            .collect::<Result<_, _>>()?;
        let owned = |name| fields.text(name).unwrap_or_default().to_owned();
        Ok(Self {
            mac: ["mac", "mic_mac"].iter().find_map(|name| fields.text(name)?.parse().ok()),
            alias: owned("alias"),
            model: owned("model"),
            software_version: owned("sw_ver"),
            hardware_version: owned("hw_ver"),
            relay_on: fields.flag("relay_state")?,
            on_time_seconds: fields.seconds("on_time"),
            rssi_dbm: fields.integer("rssi").and_then(|dbm| i32::try_from(dbm).ok()),
            has_energy_meter: fields
                .text("feature")
                .is_some_and(|features| features.split(':').any(|feature| feature == "ENE")),
            children,
            device_id,
        })
    }
}

impl Child {
    fn parse(device: &DeviceId, fields: Fields<'_>) -> Result<Self, ReplyError> {
        let id = fields.text("id").and_then(|id| ChildId::of(device, id).ok());
        Ok(Self {
            id: required(id, "children[].id")?,
            alias: fields.text("alias").unwrap_or_default().to_owned(),
            on: required(fields.flag("state")?, "children[].state")?,
            on_time_seconds: fields.seconds("on_time"),
        })
    }
}
