//! The methods of plugs and strips.
//!
//! Source: softScheck, "Reverse Engineering the TP-Link HS110" (module and method names,
//! arguments).

use serde::Serialize;
use serde_json::{Map, Value};

use crate::countdown::{CountdownRule, NewCountdown};
use crate::energy::Energy;
use crate::fields::Fields;
use crate::refusal::ReplyError;
use crate::request::Method;
use crate::sysinfo::SysInfo;

type Object = Map<String, Value>;

/// `system.get_sysinfo`: identity and state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct GetSysInfo {}

impl Method for GetSysInfo {
    type Reply = SysInfo;
    const MODULE: &'static str = "system";
    const NAME: &'static str = "get_sysinfo";

    fn parse(fields: &Object) -> Result<SysInfo, ReplyError> {
        SysInfo::parse(fields)
    }
}

/// `system.set_relay_state`: on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SetRelayState {
    state: u8,
}

impl SetRelayState {
    /// On or off.
    #[must_use]
    pub fn new(on: bool) -> Self {
        Self { state: u8::from(on) }
    }
}

impl Method for SetRelayState {
    type Reply = ();
    const MODULE: &'static str = "system";
    const NAME: &'static str = "set_relay_state";

    fn parse(_: &Object) -> Result<(), ReplyError> {
        Ok(())
    }
}

/// `system.set_dev_alias`: the owner's name for a device or outlet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAlias {
    alias: String,
}

impl SetAlias {
    /// The new name.
    pub fn new(alias: impl Into<String>) -> Self {
        Self { alias: alias.into() }
    }
}

impl Method for SetAlias {
    type Reply = ();
    const MODULE: &'static str = "system";
    const NAME: &'static str = "set_dev_alias";

    fn parse(_: &Object) -> Result<(), ReplyError> {
        Ok(())
    }
}

/// `system.reboot`: restarts the device, which is then away for some seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reboot {
    #[serde(rename = "delay")]
    delay_seconds: u32,
}

impl Reboot {
    /// Restarts `delay_seconds` after the answer.
    #[must_use]
    pub fn after(delay_seconds: u32) -> Self {
        Self { delay_seconds }
    }
}

impl Method for Reboot {
    type Reply = ();
    const MODULE: &'static str = "system";
    const NAME: &'static str = "reboot";

    fn parse(_: &Object) -> Result<(), ReplyError> {
        Ok(())
    }
}

/// `emeter.get_realtime`: a reading of the energy meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct GetEnergy {}

impl Method for GetEnergy {
    type Reply = Energy;
    const MODULE: &'static str = "emeter";
    const NAME: &'static str = "get_realtime";

    fn parse(fields: &Object) -> Result<Energy, ReplyError> {
        Energy::parse(fields)
    }
}

/// `count_down.get_rules`: the device's timer, none or one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct GetCountdown {}

impl Method for GetCountdown {
    type Reply = Vec<CountdownRule>;
    const MODULE: &'static str = "count_down";
    const NAME: &'static str = "get_rules";

    fn parse(fields: &Object) -> Result<Vec<CountdownRule>, ReplyError> {
        CountdownRule::parse_list(fields)
    }
}

/// `count_down.add_rule`: arms the timer. Answers the id of the rule; empty when the device gives none.
///
/// A second rule is refused with [`ErrorCode::TableFull`](crate::ErrorCode::TableFull).
impl Method for NewCountdown {
    type Reply = String;
    const MODULE: &'static str = "count_down";
    const NAME: &'static str = "add_rule";

    fn parse(fields: &Object) -> Result<String, ReplyError> {
        Ok(Fields(fields).text("id").unwrap_or_default().to_owned())
    }
}

/// `count_down.delete_all_rules`: disarms the timer; nothing happens when it is not armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DeleteCountdowns {}

impl Method for DeleteCountdowns {
    type Reply = ();
    const MODULE: &'static str = "count_down";
    const NAME: &'static str = "delete_all_rules";

    fn parse(_: &Object) -> Result<(), ReplyError> {
        Ok(())
    }
}
