//! What the device worker tells the command API, on the wire: both ends use these types.
//!
//! A report is a flat JSON object with `report_id`, `type`, `plug_id` or `automation_id`, `at`, and what its
//! type needs.

use core::net::SocketAddr;

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::{Builder, Uuid};

use domain::log::CommandId;
use domain::{
    automation::{AutomationReport, DoneAction, Occasion, OccasionKind},
    ids::{AutomationId, LocationId, PlugId, StreamName},
    plug::{Cause, CauseKind, MacAddress, PlugReport, Reading, RelayState},
    values::{InvalidValue, Reason},
};

/// Most reports in one request.
pub const MOST_REPORTS: usize = 100;

/// One report.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceReport {
    /// Made by the worker, for ever: sent again, a report takes effect once.
    pub id: Uuid,
    /// When, at the device.
    pub at: Timestamp,
    /// About what, and what.
    pub content: ReportContent,
}

/// About what a report is, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub enum ReportContent {
    /// About a plug.
    Plug(PlugId, PlugReport),
    /// About an automation.
    Automation(AutomationId, AutomationReport),
}

/// Why a JSON value is no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadReport {
    /// Which, as far as it could be told.
    pub id: Option<Uuid>,
    /// What to change.
    pub message: String,
}

impl DeviceReport {
    /// The JSON object.
    ///
    /// # Errors
    /// None that its types allow.
    pub fn to_json(&self) -> serde_json::Result<Value> {
        let report = match &self.content {
            ReportContent::Plug(plug, report) => of_plug(*plug, report),
            ReportContent::Automation(automation, report) => of_automation(*automation, report),
        };
        serde_json::to_value(ReportItem { report_id: self.id, at: self.at, report })
    }

    /// The command that keeps it: the same whenever it is sent, another at another location.
    #[must_use]
    pub fn command(&self, location: LocationId) -> CommandId {
        let mut hash = Context::new(&SHA256);
        hash.update(b"aerosports.report.v1");
        hash.update(location.0.as_bytes());
        hash.update(self.id.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finish().as_ref()[..16]);
        CommandId(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// SHA-256 of what it says, so that its id is not used for another.
    ///
    /// # Errors
    /// As [`Self::to_json`].
    pub fn hash(&self) -> serde_json::Result<[u8; 32]> {
        let mut context = Context::new(&SHA256);
        context.update(self.to_json()?.to_string().as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Ok(hash)
    }

    /// The stream it is kept in.
    #[must_use]
    pub fn stream(&self) -> StreamName {
        match &self.content {
            ReportContent::Plug(plug, _) => plug.stream(),
            ReportContent::Automation(automation, _) => automation.stream(),
        }
    }

    /// The report in a JSON object.
    ///
    /// # Errors
    /// [`BadReport`] with what to change.
    pub fn from_json(json: Value) -> Result<Self, BadReport> {
        let Value::Object(mut fields) = json else {
            return Err(BadReport { id: None, message: "a report is a JSON object".into() });
        };
        let id: Uuid = take(&mut fields, "report_id").map_err(|message| BadReport { id: None, message })?;
        let bad = |message: String| BadReport { id: Some(id), message };
        let at = take(&mut fields, "at").map_err(bad)?;
        let report: ReportType =
            serde_json::from_value(Value::Object(fields)).map_err(|e| bad(e.to_string()))?;
        let content = report.checked().map_err(|error| bad(format!("a text of the report {error}")))?;
        Ok(Self { id, at, content })
    }
}

/// The value of a field that every report has.
fn take<T: serde::de::DeserializeOwned>(fields: &mut Map<String, Value>, name: &str) -> Result<T, String> {
    let value = fields.remove(name).ok_or_else(|| format!("`{name}` is missing"))?;
    serde_json::from_value(value).map_err(|error| format!("`{name}`: {error}"))
}

/// A report as it is written.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportItem {
    /// Made by the worker, for ever: sent again, in whatever request, a report takes effect once.
    report_id: Uuid,
    /// When, at the device; may be long ago.
    at: Timestamp,
    #[serde(flatten)]
    report: ReportType,
}

/// What is reported.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum ReportType {
    /// The plug was switched and read back.
    Switched {
        #[schema(value_type = Uuid)]
        plug_id: PlugId,
        /// The state now: `on` or `off`.
        #[schema(value_type = String)]
        state: RelayState,
        cause: CauseItem,
    },
    /// The plug answered and did not switch.
    Refused {
        #[schema(value_type = Uuid)]
        plug_id: PlugId,
        /// The state it should have had: `on` or `off`.
        #[schema(value_type = String)]
        state: RelayState,
        /// What it said.
        error: String,
        cause: CauseItem,
    },
    /// The plug stopped answering.
    Unreachable {
        #[schema(value_type = Uuid)]
        plug_id: PlugId,
        /// What was tried and how it failed.
        error: String,
    },
    /// The plug answers again.
    Recovered {
        #[schema(value_type = Uuid)]
        plug_id: PlugId,
    },
    /// The relay was seen in a state that nobody commanded.
    Overridden {
        #[schema(value_type = Uuid)]
        plug_id: PlugId,
        /// The state seen: `on` or `off`.
        #[schema(value_type = String)]
        state: RelayState,
        /// How long that is respected.
        until: Timestamp,
    },
    /// The plug answers at another address.
    Moved {
        #[schema(value_type = Uuid)]
        plug_id: PlugId,
        /// Where: `host:port`.
        #[schema(value_type = String)]
        address: SocketAddr,
    },
    /// The energy meter was read.
    Reading {
        #[schema(value_type = Uuid)]
        plug_id: PlugId,
        power_watts: f64,
        voltage_volts: f64,
        current_amps: f64,
        /// Since the meter was last erased.
        total_watt_hours: f64,
    },
    /// At the plug's address another device answered, which was left alone.
    IdentityRefused {
        #[schema(value_type = Uuid)]
        plug_id: PlugId,
        /// Where: `host:port`.
        #[schema(value_type = String)]
        address: SocketAddr,
        /// Who was found there, if it said.
        #[schema(value_type = Option<String>)]
        found_mac: Option<MacAddress>,
    },
    /// The worker did something for an automation.
    Acted {
        #[schema(value_type = Uuid)]
        automation_id: AutomationId,
        /// `on`, `off` or `pulse`.
        #[schema(value_type = String)]
        action: DoneAction,
        trigger: OccasionItem,
        /// For people.
        reason: String,
        /// When the last of what it holds on now ends at the latest; absent when it holds nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The worker did nothing for an automation although its trigger came.
    Skipped {
        #[schema(value_type = Uuid)]
        automation_id: AutomationId,
        /// Why.
        reason: String,
        trigger: OccasionItem,
    },
    /// A plug of an automation could not be switched.
    Failed {
        #[schema(value_type = Uuid)]
        automation_id: AutomationId,
        /// Which.
        #[schema(value_type = Option<Uuid>)]
        plug_id: Option<PlugId>,
        /// What went wrong.
        error: String,
        trigger: OccasionItem,
    },
}

/// Why the worker switched, or tried to.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CauseItem {
    /// `automation`, `force`, `ask`, `release`, `hold_end`, `override_end`, `limit`, `unwanted`, `start`,
    /// `shutdown`, `unbound` or `retired`.
    #[schema(value_type = String)]
    kind: CauseKind,
    /// The automation, where one was at work.
    #[schema(value_type = Option<Uuid>)]
    automation_id: Option<AutomationId>,
    /// The position in the log of the event that led to it, where one did.
    event_position: Option<u64>,
    /// For people: 1 to 300 characters.
    reason: String,
}

/// What made the worker look at an automation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OccasionItem {
    /// `event`, `cron`, `every`, `force`, `pulse`, `end` or `change`.
    #[schema(value_type = String)]
    kind: OccasionKind,
    /// The position in the log of the event that led to it, where one did.
    event_position: Option<u64>,
}

fn of_plug(plug_id: PlugId, report: &PlugReport) -> ReportType {
    match report {
        PlugReport::Switched { state, cause } => {
            ReportType::Switched { plug_id, state: *state, cause: cause.into() }
        }
        PlugReport::Refused { state, error, cause } => {
            ReportType::Refused { plug_id, state: *state, error: error.to_string(), cause: cause.into() }
        }
        PlugReport::Unreachable { error } => ReportType::Unreachable { plug_id, error: error.to_string() },
        PlugReport::Recovered => ReportType::Recovered { plug_id },
        PlugReport::Overridden { state, until } => {
            ReportType::Overridden { plug_id, state: *state, until: *until }
        }
        PlugReport::Moved { address } => ReportType::Moved { plug_id, address: *address },
        PlugReport::Read { reading } => ReportType::Reading {
            plug_id,
            power_watts: reading.power_watts,
            voltage_volts: reading.voltage_volts,
            current_amps: reading.current_amps,
            total_watt_hours: reading.total_watt_hours,
        },
        PlugReport::IdentityRefused { address, found } => {
            ReportType::IdentityRefused { plug_id, address: *address, found_mac: *found }
        }
    }
}

fn of_automation(automation_id: AutomationId, report: &AutomationReport) -> ReportType {
    match report {
        AutomationReport::Acted { action, occasion, reason, until } => ReportType::Acted {
            automation_id,
            action: *action,
            trigger: occasion.into(),
            reason: reason.to_string(),
            until: *until,
        },
        AutomationReport::Skipped { reason, occasion } => {
            ReportType::Skipped { automation_id, reason: reason.to_string(), trigger: occasion.into() }
        }
        AutomationReport::Failed { plug, error, occasion } => ReportType::Failed {
            automation_id,
            plug_id: *plug,
            error: error.to_string(),
            trigger: occasion.into(),
        },
    }
}

impl ReportType {
    /// With its texts checked.
    fn checked(self) -> Result<ReportContent, InvalidValue> {
        use ReportContent::{Automation, Plug};
        Ok(match self {
            Self::Switched { plug_id, state, cause } => {
                Plug(plug_id, PlugReport::Switched { state, cause: cause.checked()? })
            }
            Self::Refused { plug_id, state, error, cause } => {
                let (error, cause) = (Reason::new(&error)?, cause.checked()?);
                Plug(plug_id, PlugReport::Refused { state, error, cause })
            }
            Self::Unreachable { plug_id, error } => {
                Plug(plug_id, PlugReport::Unreachable { error: Reason::new(&error)? })
            }
            Self::Recovered { plug_id } => Plug(plug_id, PlugReport::Recovered),
            Self::Overridden { plug_id, state, until } => {
                Plug(plug_id, PlugReport::Overridden { state, until })
            }
            Self::Moved { plug_id, address } => Plug(plug_id, PlugReport::Moved { address }),
            Self::Reading { plug_id, power_watts, voltage_volts, current_amps, total_watt_hours } => {
                let reading = Reading { power_watts, voltage_volts, current_amps, total_watt_hours };
                Plug(plug_id, PlugReport::Read { reading })
            }
            Self::IdentityRefused { plug_id, address, found_mac } => {
                Plug(plug_id, PlugReport::IdentityRefused { address, found: found_mac })
            }
            Self::Acted { automation_id, action, trigger, reason, until } => {
                let (occasion, reason) = (trigger.into(), Reason::new(&reason)?);
                Automation(automation_id, AutomationReport::Acted { action, occasion, reason, until })
            }
            Self::Skipped { automation_id, reason, trigger } => {
                let (occasion, reason) = (trigger.into(), Reason::new(&reason)?);
                Automation(automation_id, AutomationReport::Skipped { reason, occasion })
            }
            Self::Failed { automation_id, plug_id, error, trigger } => {
                let (occasion, error) = (trigger.into(), Reason::new(&error)?);
                Automation(automation_id, AutomationReport::Failed { plug: plug_id, error, occasion })
            }
        })
    }
}

impl From<&Cause> for CauseItem {
    fn from(cause: &Cause) -> Self {
        Self {
            kind: cause.kind,
            automation_id: cause.automation,
            event_position: cause.event_position,
            reason: cause.reason.to_string(),
        }
    }
}

impl CauseItem {
    fn checked(self) -> Result<Cause, InvalidValue> {
        let Self { kind, automation_id, event_position, reason } = self;
        Ok(Cause { kind, automation: automation_id, event_position, reason: Reason::new(&reason)? })
    }
}

impl From<&Occasion> for OccasionItem {
    fn from(occasion: &Occasion) -> Self {
        Self { kind: occasion.kind, event_position: occasion.event_position }
    }
}

impl From<OccasionItem> for Occasion {
    fn from(item: OccasionItem) -> Self {
        Self { kind: item.kind, event_position: item.event_position }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reason() -> Reason {
        Reason::stored("play started")
    }

    fn contents() -> Vec<ReportContent> {
        let plug = PlugId(Uuid::from_u128(1));
        let automation = AutomationId(Uuid::from_u128(2));
        let address = "10.0.3.40:9999".parse().unwrap();
        let cause = Cause {
            kind: CauseKind::HoldEnd,
            automation: Some(automation),
            event_position: Some(7),
            reason: reason(),
        };
        let occasion = Occasion { kind: OccasionKind::Cron, event_position: None };
        let reading =
            Reading { power_watts: 1.5, voltage_volts: 230.0, current_amps: 0.0, total_watt_hours: 1e6 };
        let (state, until) = (RelayState::Off, Timestamp::UNIX_EPOCH);
        let plug_reports = [
            PlugReport::Switched { state, cause: cause.clone() },
            PlugReport::Refused { state, error: reason(), cause },
            PlugReport::Unreachable { error: reason() },
            PlugReport::Recovered,
            PlugReport::Overridden { state, until },
            PlugReport::Moved { address },
            PlugReport::Read { reading },
            PlugReport::IdentityRefused { address, found: Some(MacAddress([1; 6])) },
        ];
        let automation_reports = [
            AutomationReport::Acted {
                action: DoneAction::On,
                occasion,
                reason: reason(),
                until: Some(Timestamp::UNIX_EPOCH),
            },
            AutomationReport::Skipped { reason: reason(), occasion },
            AutomationReport::Failed { plug: Some(plug), error: reason(), occasion },
        ];
        let plugs = plug_reports.into_iter().map(|report| ReportContent::Plug(plug, report));
        let automations =
            automation_reports.into_iter().map(|report| ReportContent::Automation(automation, report));
        plugs.chain(automations).collect()
    }

    #[test]
    fn a_report_arrives_as_it_was_sent() {
        for content in contents() {
            let report = DeviceReport { id: Uuid::from_u128(9), at: Timestamp::UNIX_EPOCH, content };
            assert_eq!(DeviceReport::from_json(report.to_json().unwrap()), Ok(report));
        }
    }

    #[test]
    fn a_report_is_one_command_of_one_location_for_ever() {
        let content = ReportContent::Plug(PlugId(Uuid::nil()), PlugReport::Recovered);
        let report = DeviceReport { id: Uuid::from_u128(9), at: Timestamp::UNIX_EPOCH, content };
        let other = DeviceReport { id: Uuid::from_u128(8), ..report.clone() };
        let (here, there) = (LocationId(Uuid::from_u128(1)), LocationId(Uuid::from_u128(2)));
        assert_ne!(report.command(here), report.command(there));
        assert_ne!(report.command(here), other.command(here));
        let later =
            DeviceReport { at: Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1), ..report.clone() };
        assert_eq!(report.command(here), later.command(here));
        assert_ne!(report.hash().unwrap(), later.hash().unwrap());
        assert_eq!(report.command(here).to_string(), "2fe3ba30-fb21-8166-aed4-3e170ddd5bac");
    }

    #[test]
    fn a_report_is_flat() {
        let content = ReportContent::Plug(PlugId(Uuid::nil()), PlugReport::Recovered);
        let report = DeviceReport { id: Uuid::nil(), at: Timestamp::UNIX_EPOCH, content };
        let nil = Uuid::nil().to_string();
        let expected =
            json!({"report_id": nil, "type": "recovered", "plug_id": nil, "at": "1970-01-01T00:00:00Z"});
        assert_eq!(report.to_json().unwrap(), expected);
    }

    #[test]
    fn what_is_no_report_is_told_what_to_change() {
        let id = Uuid::from_u128(9);
        let good = json!({"report_id": id, "type": "unreachable", "plug_id": id, "error": "no answer",
            "at": "2026-06-10T12:00:00Z"});
        assert!(DeviceReport::from_json(good.clone()).is_ok());
        let changed = |field: &str, value: Value| {
            let mut report = good.clone();
            report[field] = value;
            DeviceReport::from_json(report).unwrap_err()
        };
        assert!(changed("surprise", json!(1)).message.contains("unknown field `surprise`"));
        assert!(changed("type", json!("exploded")).message.contains("unknown variant `exploded`"));
        assert!(changed("at", json!("noon")).message.starts_with("`at`"));
        assert!(changed("error", json!("")).message.contains("must not be empty"));
        assert_eq!(changed("error", json!("\u{202e}")).id, Some(id));
        assert_eq!(changed("report_id", json!(7)).id, None);
        assert_eq!(DeviceReport::from_json(json!([])).unwrap_err().id, None);
    }
}
