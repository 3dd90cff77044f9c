//! The device's own timer: it switches the relay after a delay, without any client.
//!
//! A device holds one rule. That makes it a safety timer: armed to switch off, it does so
//! even when the client that switched on has died.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::fields::{Fields, required};
use crate::refusal::ReplyError;

/// A rule to add. Only one fits: see [`ErrorCode::TableFull`](crate::ErrorCode::TableFull).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewCountdown {
    enable: u8,
    #[serde(rename = "delay")]
    delay_seconds: u32,
    act: u8,
    name: String,
}

impl NewCountdown {
    /// Switches off `delay_seconds` after the device accepted it.
    #[must_use]
    pub fn off_after(delay_seconds: u32) -> Self {
        Self::new(delay_seconds, false)
    }

    /// Switches on `delay_seconds` after the device accepted it.
    #[must_use]
    pub fn on_after(delay_seconds: u32) -> Self {
        Self::new(delay_seconds, true)
    }

    /// Names the rule, for people who read it in the vendor's app. Default: `countdown`.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    fn new(delay_seconds: u32, on: bool) -> Self {
        Self { enable: 1, delay_seconds, act: u8::from(on), name: "countdown".to_owned() }
    }
}

/// A rule as the device reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CountdownRule {
    /// The id the device gave it.
    pub id: String,
    /// Its name; empty when the device gives none.
    pub name: String,
    /// Whether it is running; false once it has fired.
    pub enabled: bool,
    /// The delay it was added with, in seconds.
    pub delay_seconds: u32,
    /// Seconds until it fires, where the device gives them.
    pub remaining_seconds: Option<u32>,
    /// Whether it switches on; false means off.
    pub turns_on: bool,
}

impl CountdownRule {
    pub(crate) fn parse_list(fields: &Map<String, Value>) -> Result<Vec<Self>, ReplyError> {
        let rules = Fields(fields).objects("rule_list")?;
        rules.into_iter().map(Self::parse).collect()
    }

    fn parse(fields: Fields<'_>) -> Result<Self, ReplyError> {
        Ok(Self {
            id: fields.text("id").unwrap_or_default().to_owned(),
            name: fields.text("name").unwrap_or_default().to_owned(),
            enabled: required(fields.flag("enable")?, "enable")?,
            delay_seconds: required(fields.seconds("delay"), "delay")?,
            remaining_seconds: fields.seconds("remain"),
            turns_on: required(fields.flag("act")?, "act")?,
        })
    }
}
