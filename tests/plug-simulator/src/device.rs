//! What a device answers and does, without I/O: requests and moments in, JSON and relay changes out.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::{
    fault::Fault,
    model::Model,
    outlet::{INVALID_ARGUMENT, Outlet},
    record::{Cause, Record},
};

const MODULE_NOT_SUPPORTED: i64 = -1;
const METHOD_NOT_SUPPORTED: i64 = -2;
const ENTRY_NOT_EXIST: i64 = -14;

/// A device.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) model: Model,
    pub(crate) fault: Fault,
    pub(crate) record: Record,
    pub(crate) outlets: Vec<Outlet>,
    /// A restart asked for over the network, after this delay.
    pub(crate) reboot_after: Option<Duration>,
}

impl Device {
    pub(crate) fn new(model: Model, now: Instant) -> Self {
        let outlets = outlets_of(&model);
        let on = on_in_dump(&model);
        let mut device =
            Self { model, fault: Fault::None, record: Record::default(), outlets, reboot_after: None };
        for outlet in on {
            device.outlets[outlet].switch(true, now);
        }
        device
    }

    /// Becomes another device, with nothing but the record kept.
    pub(crate) fn replace(&mut self, model: Model) {
        self.outlets = outlets_of(&model);
        self.model = model;
    }

    /// The answer to a request; `None` when it is no JSON object.
    pub(crate) fn answer(&mut self, request: &[u8], now: Instant) -> Option<Value> {
        let request: Map<String, Value> = serde_json::from_slice(request).ok()?;
        let context = request.get("context").map(|context| &context["child_ids"]);
        let modules = request.iter().filter(|(module, _)| *module != "context");
        Some(
            modules
                .map(|(module, methods)| (module.clone(), self.module(module, methods, context, now)))
                .collect(),
        )
    }

    /// The answer to a search: ids of outlets are short in datagrams.
    pub(crate) fn answer_datagram(&mut self, request: &[u8], now: Instant) -> Option<Value> {
        let mut answer = self.answer(request, now)?;
        let children = answer.pointer_mut("/system/get_sysinfo/children").and_then(Value::as_array_mut);
        for child in children.into_iter().flatten() {
            if let Some(short) = child["id"].as_str().and_then(|id| id.get(id.len().checked_sub(2)?..)) {
                child["id"] = Value::from(short);
            }
        }
        Some(answer)
    }

    fn module(&mut self, module: &str, methods: &Value, context: Option<&Value>, now: Instant) -> Value {
        let has_module = match module {
            "system" => true,
            "emeter" => self.model.meter.is_some(),
            "count_down" => self.model.has_countdown,
            _ => false,
        };
        if !has_module {
            return refusal(MODULE_NOT_SUPPORTED);
        }
        let mut answers = Map::new();
        for (method, arguments) in methods.as_object().into_iter().flatten() {
            let answer = match self.fault.refusal_of(method) {
                Some(code) => Err(code),
                None => {
                    self.outlets_in(context).and_then(|ids| self.method(module, method, arguments, &ids, now))
                }
            };
            answers.insert(method.clone(), answer.map_or_else(refusal, accepted));
        }
        Value::Object(answers)
    }

    /// Which outlets a request is for: all of them without a context, and none when one is unknown.
    fn outlets_in(&self, context: Option<&Value>) -> Result<Vec<usize>, i64> {
        let Some(ids) = context else { return Ok((0..self.outlets.len()).collect()) };
        let ids = ids.as_array().ok_or(INVALID_ARGUMENT)?;
        let place = |id: &Value| {
            self.outlets.iter().position(|outlet| !outlet.id.is_empty() && id == outlet.id.as_str())
        };
        ids.iter().map(|id| place(id).ok_or(ENTRY_NOT_EXIST)).collect()
    }

    fn method(
        &mut self,
        module: &str,
        method: &str,
        arguments: &Value,
        outlets: &[usize],
        now: Instant,
    ) -> Result<Value, i64> {
        let first = *outlets.first().ok_or(INVALID_ARGUMENT)?;
        match (module, method) {
            ("system", "get_sysinfo") => Ok(self.sysinfo(now)),
            ("system", "set_relay_state") => self.set_relay(arguments, outlets, now),
            ("system", "set_dev_alias") => self.set_alias(arguments, outlets),
            ("system", "reboot") => {
                let seconds = arguments["delay"].as_u64().ok_or(INVALID_ARGUMENT)?;
                self.reboot_after = Some(Duration::from_secs(seconds));
                Ok(json!({}))
            }
            ("emeter", "get_realtime") => self.energy(outlets, now),
            // A device fresh from its box: nothing in its history.
            ("emeter", "get_daystat") => Ok(json!({"day_list": []})),
            ("emeter", "get_monthstat") => Ok(json!({"month_list": []})),
            ("count_down", "get_rules") => Ok(self.outlets[first].rules(now)),
            ("count_down", "add_rule") => self.outlets[first].add_rule(arguments, now),
            ("count_down", "delete_all_rules") => {
                for outlet in outlets {
                    self.outlets[*outlet].disarm();
                }
                Ok(json!({}))
            }
            _ => Err(METHOD_NOT_SUPPORTED),
        }
    }

    fn set_relay(&mut self, arguments: &Value, outlets: &[usize], now: Instant) -> Result<Value, i64> {
        let on = match arguments["state"].as_u64() {
            Some(0) => false,
            Some(1) => true,
            _ => return Err(INVALID_ARGUMENT),
        };
        if self.fault != Fault::StuckRelay {
            for outlet in outlets {
                self.switch(*outlet, on, Cause::Request, now);
            }
        }
        Ok(json!({}))
    }

    /// Switches an outlet and remembers it, when that is a change.
    pub(crate) fn switch(&mut self, outlet: usize, on: bool, cause: Cause, now: Instant) {
        if self.outlets.get_mut(outlet).is_some_and(|outlet| outlet.switch(on, now)) {
            self.record.change(outlet, on, cause, now);
        }
    }

    fn set_alias(&mut self, arguments: &Value, outlets: &[usize]) -> Result<Value, i64> {
        let alias = arguments["alias"].as_str().ok_or(INVALID_ARGUMENT)?.to_owned();
        match outlets {
            [outlet] if !self.model.children.is_empty() => self.outlets[*outlet].alias = alias,
            _ => self.model.alias = alias,
        }
        Ok(json!({}))
    }

    fn energy(&self, outlets: &[usize], now: Instant) -> Result<Value, i64> {
        let meter = self.model.meter.ok_or(MODULE_NOT_SUPPORTED)?;
        if let Some(reading) = &self.model.reading {
            return Ok(reading.clone());
        }
        let chosen = || outlets.iter().filter_map(|outlet| self.outlets.get(*outlet));
        let watts = chosen().map(Outlet::watts).sum();
        Ok(meter.reading(watts, chosen().map(|outlet| outlet.watt_hours(now)).sum()))
    }

    fn sysinfo(&self, now: Instant) -> Value {
        let Model { name, description, hardware, alias, device_id, mac, .. } = &self.model;
        let own = json!({
            "sw_ver": "1.0.6 Build 200821 Rel.090909", "hw_ver": hardware, "model": name,
            "deviceId": device_id, "alias": alias, "mac": mac, "mic_type": "IOT.SMARTPLUGSWITCH",
            "dev_name": description, "rssi": -52, "led_off": 0, "updating": 0, "status": "new",
            "feature": if self.model.meter.is_some() { "TIM:ENE" } else { "TIM" },
        });
        let mut info = self.model.sysinfo.clone().unwrap_or(own);
        info["alias"] = json!(alias);
        if self.model.children.is_empty() {
            info["relay_state"] = json!(u8::from(self.outlets[0].is_on()));
            info["on_time"] = json!(self.outlets[0].on_time_seconds(now));
            return info;
        }
        let child = |outlet: &Outlet| {
            json!({
                "id": outlet.id, "alias": outlet.alias, "state": u8::from(outlet.is_on()),
                "on_time": outlet.on_time_seconds(now), "next_action": {"type": -1},
            })
        };
        info["children"] = self.outlets.iter().map(child).collect();
        info["child_num"] = json!(self.outlets.len());
        info
    }

    /// When the next timer fires.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.outlets.iter().filter_map(Outlet::due).min()
    }

    /// Does what timers want by `now`.
    pub(crate) fn fire(&mut self, now: Instant) {
        for outlet in 0..self.outlets.len() {
            if let Some(on) = self.outlets[outlet].fire(now) {
                self.switch(outlet, on, Cause::Countdown, now);
            }
        }
    }

    /// Starts anew: timers are forgotten; relays are as the model has it.
    pub(crate) fn boot(&mut self, now: Instant) {
        self.reboot_after = None;
        for outlet in 0..self.outlets.len() {
            self.outlets[outlet].disarm();
            if !self.model.remembers_state {
                self.switch(outlet, false, Cause::Power, now);
            }
        }
    }
}

fn outlets_of(model: &Model) -> Vec<Outlet> {
    if model.children.is_empty() {
        return vec![Outlet::new(String::new(), model.alias.clone(), model.load_watts)];
    }
    let dumped = |place: usize| model.sysinfo.as_ref()?.pointer(&format!("/children/{place}/id"))?.as_str();
    let child = |(place, alias): (usize, &String)| {
        let id = dumped(place).map_or_else(|| format!("{}{place:02}", model.device_id), str::to_owned);
        Outlet::new(id, alias.clone(), model.load_watts)
    };
    model.children.iter().enumerate().map(child).collect()
}

/// Which outlets were on when the dump was made; none without one.
fn on_in_dump(model: &Model) -> Vec<usize> {
    let Some(sysinfo) = &model.sysinfo else { return Vec::new() };
    let children = sysinfo["children"]
        .as_array()
        .map_or_else(Vec::new, |children| children.iter().map(|child| &child["state"]).collect());
    let states = if children.is_empty() { vec![&sysinfo["relay_state"]] } else { children };
    states.iter().enumerate().filter(|(_, state)| **state == 1).map(|(place, _)| place).collect()
}

fn accepted(mut answer: Value) -> Value {
    answer["err_code"] = json!(0);
    answer
}

fn refusal(code: i64) -> Value {
    let text = match code {
        MODULE_NOT_SUPPORTED => "module not support",
        METHOD_NOT_SUPPORTED => "member not support",
        INVALID_ARGUMENT => "invalid argument",
        ENTRY_NOT_EXIST => "entry not exist",
        _ => "refused",
    };
    json!({"err_code": code, "err_msg": text})
}
