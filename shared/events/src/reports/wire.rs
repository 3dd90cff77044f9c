//! A report as JSON: the stored form of its fact, beside which report it is and about what.

use domain::{
    automation::AutomationEvent,
    plug::{PlugEvent, PlugReport},
};
use serde::{de::DeserializeOwned, ser::Error as _};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{BadReport, DeviceReport, ReportContent};
use crate::{
    DecodeError, EncodeError, NoKeys,
    stored::{Reading, StoredEvents, Writing},
};

/// What is reported of plugs: the facts of their stored types.
const OF_PLUGS: [&str; 8] = [
    "plug.switched",
    "plug.refused",
    "plug.unreachable",
    "plug.recovered",
    "plug.overridden",
    "plug.moved",
    "plug.reading",
    "plug.identity_refused",
];

/// What is reported of automations.
const OF_AUTOMATIONS: [&str; 3] = ["automation.acted", "automation.skipped", "automation.failed"];

impl DeviceReport {
    /// The JSON object.
    ///
    /// # Errors
    /// None that its types allow.
    pub fn to_json(&self) -> serde_json::Result<Value> {
        let (about, id, (event_type, mut json)) = match &self.content {
            ReportContent::Plug(id, report) => {
                let event = PlugEvent::Reported { report: report.clone(), at: self.at };
                ("plug_id", id.0, stored(&event)?)
            }
            ReportContent::Automation(id, report) => {
                let event = AutomationEvent::Reported { report: report.clone(), at: self.at };
                ("automation_id", id.0, stored(&event)?)
            }
        };
        if let Some(fields) = json.as_object_mut() {
            // The wire leaves out the end of what has none, as it did before there was one.
            fields.retain(|name, value| name != "until" || !value.is_null());
            let place = [("report_id", self.id.to_string()), ("type", fact(event_type).to_owned())];
            fields.extend(place.map(|(name, text)| (name.to_owned(), text.into())));
            fields.insert(about.to_owned(), id.to_string().into());
        }
        Ok(json)
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
        let fact: String = field(&mut fields, "type").map_err(bad)?;
        fields.insert("at".to_owned(), serde_json::json!(at));
        let content = content(&fact, fields, bad)?;
        Ok(Self { id, at, content })
    }
}

fn content(
    type_: &str,
    mut fields: Map<String, Value>,
    bad: impl Fn(String) -> BadReport + Copy,
) -> Result<ReportContent, BadReport> {
    let known_as = |reported: &[&'static str]| reported.iter().copied().find(|name| fact(name) == type_);
    if let Some(event_type) = known_as(&OF_PLUGS).and_then(newest::<PlugEvent>) {
        let plug = field(&mut fields, "plug_id").map_err(bad)?;
        if let PlugEvent::Reported { report, .. } = event(event_type, fields).map_err(bad)? {
            if let PlugReport::Read { reading } = &report {
                reading.check().map_err(|error| bad(error.to_string()))?;
            }
            return Ok(ReportContent::Plug(plug, report));
        }
    } else if let Some(event_type) = known_as(&OF_AUTOMATIONS).and_then(newest::<AutomationEvent>) {
        let automation = field(&mut fields, "automation_id").map_err(bad)?;
        if let AutomationEvent::Reported { report, .. } = event(event_type, fields).map_err(bad)? {
            return Ok(ReportContent::Automation(automation, report));
        }
    }
    let known: Vec<_> =
        OF_PLUGS.iter().chain(&OF_AUTOMATIONS).map(|name| format!("`{}`", fact(name))).collect();
    Err(bad(format!("unknown variant `{type_}`, expected one of {}", known.join(", "))))
}

/// `plug.switched.v1` of `plug.switched`: the version that is written, which stands before those only read.
fn newest<E: StoredEvents>(name: &str) -> Option<&'static str> {
    E::TYPES.iter().copied().find(|stored| stored.rsplit_once('.').is_some_and(|(of, _)| of == name))
}

/// `switched` of `plug.switched.v1`.
fn fact(event_type: &str) -> &str {
    event_type.split('.').nth(1).unwrap_or(event_type)
}

/// The value of a field that every report has.
fn take<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str) -> Result<T, String> {
    let value = fields.remove(name).ok_or_else(|| format!("`{name}` is missing"))?;
    serde_json::from_value(value).map_err(|error| format!("`{name}`: {error}"))
}

/// The value of a field that this type of report has.
fn field<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str) -> Result<T, String> {
    let value = fields.remove(name).ok_or_else(|| format!("missing field `{name}`"))?;
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn stored(event: &impl StoredEvents) -> serde_json::Result<(&'static str, Value)> {
    event.encode(&Writing { sealer: &NoKeys, stream_id: "" }).map_err(|error| match error {
        EncodeError::Json(error) => error,
        EncodeError::Seal(error) => serde_json::Error::custom(error),
    })
}

/// The event whose stored form is `fields`, with nothing beside it.
fn event<E: StoredEvents>(event_type: &str, fields: Map<String, Value>) -> Result<E, String> {
    let reading = Reading { event_type, opener: &NoKeys, stream_id: "", trusted: false };
    let json = Value::Object(fields);
    let event = E::decode(json.clone(), &reading).map_err(|error| match error {
        DecodeError::Shape { source, .. } => source.to_string(),
        DecodeError::Text { source, .. } => format!("a text of the report {source}"),
        other => other.to_string(),
    })?;
    let (_, known) = stored(&event).map_err(|error| error.to_string())?;
    unknown_field(&json, &known).map_or(Ok(event), |field| Err(format!("unknown field `{field}`")))
}

/// A field that `known` does not have, at any depth: the log's forms pass over what they do not know.
fn unknown_field<'a>(sent: &'a Value, known: &Value) -> Option<&'a str> {
    sent.as_object()?.iter().find_map(|(name, value)| match known.get(name) {
        None => Some(name.as_str()),
        Some(known) => unknown_field(value, known),
    })
}
