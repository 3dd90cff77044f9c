//! What the device worker reports to the command API, on the wire. Both ends use these types.
//!
//! A report is a flat JSON object: the stored form of its fact, `at` included, with `report_id`, `type` and
//! `plug_id` or `automation_id`.

mod schema;
mod wire;

pub use crate::plug::CauseItem;
pub use schema::{OccasionItem, ReportItem};

use aws_lc_rs::digest::{Context, SHA256};
use domain::{
    automation::AutomationReport,
    ids::{AutomationId, LocationId, PlugId, StreamName},
    log::CommandId,
    plug::PlugReport,
};
use jiff::Timestamp;
use uuid::{Builder, Uuid};

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
}

#[cfg(test)]
mod tests {
    use domain::{
        automation::{DoneAction, Occasion, OccasionKind},
        plug::{MacAddress, Reading, RelayState},
        values::Reason,
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::plug::tests::{because, because_json};

    const PLUG: &str = "00000000-0000-0000-0000-000000000001";
    const AUTOMATION: &str = "00000000-0000-0000-0000-000000000002";

    fn reason() -> Reason {
        Reason::stored("play started")
    }

    fn contents() -> Vec<ReportContent> {
        let plug = PlugId(Uuid::from_u128(1));
        let automation = AutomationId(Uuid::from_u128(2));
        let address = "10.0.3.40:9999".parse().unwrap();
        let cause = because();
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
    fn a_report_has_the_fields_that_its_schema_says() {
        use utoipa::PartialSchema as _;
        let schema = serde_json::to_value(schema::ReportType::schema()).unwrap();
        let types = schema["oneOf"].as_array();
        let names = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let cause = serde_json::to_value(CauseItem::schema()).unwrap();
        let occasion = serde_json::to_value(OccasionItem::schema()).unwrap();
        assert_eq!(types.unwrap().len(), contents().len());
        for content in contents() {
            let report = DeviceReport { id: Uuid::nil(), at: Timestamp::UNIX_EPOCH, content };
            let json = report.to_json().unwrap();
            let is_of_type = |schema: &&Value| schema["properties"]["type"]["enum"][0] == json["type"];
            let schema = types.unwrap().iter().find(is_of_type).unwrap();
            let mut expected = [names(&schema["properties"]), vec!["at".into(), "report_id".into()]].concat();
            expected.sort();
            assert_eq!(names(&json), expected);
            for (field, schema) in [("cause", &cause), ("trigger", &occasion)] {
                assert!(json.get(field).is_none_or(|json| names(json) == names(&schema["properties"])));
            }
        }
    }

    #[test]
    fn a_reading_that_no_meter_shows_is_refused_and_says_what_is_taken() {
        let report = |field: &str, number: f64| {
            let mut report = json!({
                "report_id": Uuid::nil(), "type": "reading", "plug_id": PLUG, "at": "1970-01-01T00:00:00Z",
                "power_watts": 1.5, "voltage_volts": 230.0, "current_amps": 0.0, "total_watt_hours": 1e6,
            });
            report[field] = json!(number);
            DeviceReport::from_json(report).map_err(|bad| bad.message)
        };
        let refused = report("power_watts", 1e308).unwrap_err();
        assert_eq!(refused, "`power_watts` must be -100000 to 100000, is 1e308");
        for (field, number) in [
            ("power_watts", -1e6),
            ("voltage_volts", -1.0),
            ("voltage_volts", 1e5),
            ("current_amps", 1e300),
            ("total_watt_hours", -0.5),
            ("total_watt_hours", 1e10),
        ] {
            assert!(report(field, number).unwrap_err().contains(field), "{field} {number}");
        }
        let taken = [("power_watts", -12.5), ("voltage_volts", 0.0), ("total_watt_hours", 1e9)];
        assert!(taken.iter().all(|(field, number)| report(field, *number).is_ok()));
    }

    #[test]
    fn a_report_is_written_as_releases_before_read_it() {
        let id = Uuid::nil().to_string();
        let expected = [
            json!({"type": "switched", "plug_id": PLUG, "state": "off", "cause": because_json()}),
            json!({"type": "refused", "plug_id": PLUG, "state": "off", "error": "play started",
                "cause": because_json()}),
            json!({"type": "unreachable", "plug_id": PLUG, "error": "play started"}),
            json!({"type": "recovered", "plug_id": PLUG}),
            json!({"type": "overridden", "plug_id": PLUG, "state": "off", "until": "1970-01-01T00:00:00Z"}),
            json!({"type": "moved", "plug_id": PLUG, "address": "10.0.3.40:9999"}),
            json!({"type": "reading", "plug_id": PLUG, "power_watts": 1.5, "voltage_volts": 230.0,
                "current_amps": 0.0, "total_watt_hours": 1e6}),
            json!({"type": "identity_refused", "plug_id": PLUG, "address": "10.0.3.40:9999",
                "found_mac": "01:01:01:01:01:01"}),
            json!({"type": "acted", "automation_id": AUTOMATION, "action": "on", "reason": "play started",
                "trigger": {"kind": "cron", "event_position": null}, "until": "1970-01-01T00:00:00Z"}),
            json!({"type": "skipped", "automation_id": AUTOMATION, "reason": "play started",
                "trigger": {"kind": "cron", "event_position": null}}),
            json!({"type": "failed", "automation_id": AUTOMATION, "plug_id": PLUG, "error": "play started",
                "trigger": {"kind": "cron", "event_position": null}}),
        ];
        for (content, mut expected) in contents().into_iter().zip(expected) {
            expected["report_id"] = json!(id);
            expected["at"] = json!("1970-01-01T00:00:00Z");
            let report = DeviceReport { id: Uuid::nil(), at: Timestamp::UNIX_EPOCH, content };
            assert_eq!(report.to_json().unwrap(), expected);
        }
    }

    #[test]
    fn an_end_is_left_out_when_nothing_is_held() {
        let occasion = Occasion { kind: OccasionKind::End, event_position: None };
        let report =
            AutomationReport::Acted { action: DoneAction::Off, occasion, reason: reason(), until: None };
        let content = ReportContent::Automation(AutomationId(Uuid::nil()), report);
        let report = DeviceReport { id: Uuid::nil(), at: Timestamp::UNIX_EPOCH, content };
        let json = report.to_json().unwrap();
        assert_eq!(json.get("until"), None);
        assert_eq!(DeviceReport::from_json(json).unwrap(), report);
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
    fn a_refusal_says_what_to_change() {
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
        assert!(changed("automation_id", json!(id)).message.contains("unknown field `automation_id`"));
        assert_eq!(changed("plug_id", json!("x")).id, Some(id));
        assert!(changed("type", json!("asked")).message.contains("unknown variant `asked`"));
        let cause =
            json!({"kind": "start", "automation_id": null, "event_position": null, "reason": "r", "x": 1});
        let switched = json!({"report_id": id, "type": "switched", "plug_id": id, "state": "on",
            "cause": cause, "at": "2026-06-10T12:00:00Z"});
        assert_eq!(DeviceReport::from_json(switched).unwrap_err().message, "unknown field `x`");
        assert!(changed("type", json!("exploded")).message.contains("unknown variant `exploded`"));
        assert!(changed("at", json!("noon")).message.starts_with("`at`"));
        assert!(changed("error", json!("")).message.contains("must not be empty"));
        assert_eq!(changed("error", json!("\u{202e}")).id, Some(id));
        assert_eq!(changed("report_id", json!(7)).id, None);
        assert_eq!(DeviceReport::from_json(json!([])).unwrap_err().id, None);
    }
}
