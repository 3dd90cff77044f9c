//! What kind of device a simulated one is.

use std::fmt::Write as _;

use serde_json::Value;

use crate::meter::Meter;

/// Kind, name and identity of a device. Each new one has an identity of its own.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) hardware: &'static str,
    pub(crate) alias: String,
    pub(crate) device_id: String,
    pub(crate) mac: String,
    /// Names of a strip's outlets; none on a plug.
    pub(crate) children: Vec<String>,
    pub(crate) meter: Option<Meter>,
    pub(crate) load_watts: f64,
    pub(crate) has_countdown: bool,
    pub(crate) remembers_state: bool,
    /// What a real device answered to `get_sysinfo`.
    pub(crate) sysinfo: Option<Value>,
    /// What a real device answered to `get_realtime`.
    pub(crate) reading: Option<Value>,
}

impl Model {
    /// A plug without a meter: HS103.
    #[must_use]
    pub fn plug(alias: &str) -> Self {
        Self::of("HS103(US)", "Smart Wi-Fi Plug Mini", "2.1", alias)
    }

    /// A plug whose meter says watts and kilowatt hours: HS110, hardware 1.
    #[must_use]
    pub fn old_meter(alias: &str) -> Self {
        let model = Self::of("HS110(EU)", "Smart Wi-Fi Plug With Energy Monitoring", "1.0", alias);
        Self { meter: Some(Meter::Old), ..model }
    }

    /// A plug whose meter says milliwatts and watt hours: KP115.
    #[must_use]
    pub fn new_meter(alias: &str) -> Self {
        let model = Self::of("KP115(EU)", "Smart Wi-Fi Plug Mini", "1.0", alias);
        Self { meter: Some(Meter::New), ..model }
    }

    /// A strip of three outlets without meters: KP303.
    #[must_use]
    pub fn strip(alias: &str) -> Self {
        Self::of("KP303(UK)", "Wi-Fi Smart Power Strip", "1.0", alias).with_children(3)
    }

    /// A strip of six outlets, each with a meter: HS300.
    #[must_use]
    pub fn metered_strip(alias: &str) -> Self {
        let model = Self::of("HS300(US)", "Wi-Fi Smart Power Strip", "2.0", alias).with_children(6);
        Self { meter: Some(Meter::New), ..model }
    }

    /// A device as a real one described itself: an object of modules, of methods, of answers. Its relays
    /// start as they were then. `None` when there is no state in it.
    #[must_use]
    pub fn of_dump(dump: &Value) -> Option<Self> {
        let sysinfo = dump.pointer("/system/get_sysinfo")?;
        let text = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
        let children = sysinfo["children"].as_array().into_iter().flatten();
        let reading = dump.pointer("/emeter/get_realtime").cloned();
        Some(Self {
            device_id: text(sysinfo, "deviceId")?,
            mac: text(sysinfo, "mac").or_else(|| text(sysinfo, "mic_mac"))?,
            children: children.filter_map(|child| text(child, "alias")).collect(),
            meter: reading.as_ref().map(|_| Meter::New),
            sysinfo: Some(sysinfo.clone()),
            reading,
            ..Self::plug(&text(sysinfo, "alias")?)
        })
    }

    /// What each outlet draws while on; 40 W when nothing is said.
    #[must_use]
    pub fn with_load(self, watts: f64) -> Self {
        Self { load_watts: watts, ..self }
    }

    /// Without the device's own timer.
    #[must_use]
    pub fn without_countdown(self) -> Self {
        Self { has_countdown: false, ..self }
    }

    /// Switched off after power loss, instead of as before.
    #[must_use]
    pub fn starting_off(self) -> Self {
        Self { remembers_state: false, ..self }
    }

    /// Of this identity: forty hexadecimal digits, and six octets with colons.
    #[must_use]
    pub fn with_identity(self, device_id: &str, mac: &str) -> Self {
        Self { device_id: device_id.to_owned(), mac: mac.to_owned(), ..self }
    }

    fn of(name: &'static str, description: &'static str, hardware: &'static str, alias: &str) -> Self {
        let octets: [u8; 5] = rand::random();
        // 02: locally administered, so never the address of a real device.
        let mac = octets.iter().fold("02".to_owned(), |mut mac, octet| {
            let _ = write!(mac, ":{octet:02X}");
            mac
        });
        let device_id = format!("8006{:032X}{:04X}", rand::random::<u128>(), rand::random::<u16>());
        Self {
            name,
            description,
            hardware,
            alias: alias.to_owned(),
            device_id,
            mac,
            children: Vec::new(),
            meter: None,
            load_watts: 40.0,
            has_countdown: true,
            remembers_state: true,
            sysinfo: None,
            reading: None,
        }
    }

    fn with_children(self, count: usize) -> Self {
        let children = (1..=count).map(|number| format!("{} {number}", self.alias)).collect();
        Self { children, ..self }
    }
}
