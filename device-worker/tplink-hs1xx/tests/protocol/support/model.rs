//! What a well-behaved device answers: a plug with one relay, or a strip.

use serde_json::{Value, json};

pub const DEVICE_ID: &str = "8006AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
pub const MAC: &str = "50:C7:BF:00:00:01";

#[derive(Clone)]
pub struct Model {
    sysinfo: Value,
    rules: Vec<Value>,
    new_emeter: bool,
}

impl Model {
    pub fn plug() -> Self {
        Self {
            sysinfo: json!({
                "alias": "Lamp", "mac": MAC, "deviceId": DEVICE_ID, "model": "HS110(EU)",
                "sw_ver": "1.5.2", "hw_ver": "2.0", "relay_state": 0, "on_time": 0,
                "rssi": -61, "feature": "TIM:ENE", "some_new_field": {"a": [1]},
            }),
            rules: Vec::new(),
            new_emeter: true,
        }
    }

    pub fn strip() -> Self {
        let mut model = Self::plug();
        let sysinfo = model.sysinfo.as_object_mut().unwrap();
        sysinfo.remove("relay_state");
        sysinfo.remove("mac");
        sysinfo.insert("mic_mac".into(), json!("50C7BF000001"));
        sysinfo.insert("model".into(), json!("HS300(US)"));
        let child = |place: usize| {
            json!({"id": format!("{DEVICE_ID}0{place}"), "alias": format!("Outlet {place}"),
                   "state": 0, "on_time": 0, "next_action": {"type": -1}})
        };
        let children = (0..6).map(child).collect::<Vec<_>>();
        sysinfo.insert("children".into(), json!(children));
        model
    }

    pub fn with_device_id(mut self, id: &str) -> Self {
        self.sysinfo["deviceId"] = json!(id);
        self
    }

    pub fn with_mac(mut self, mac: &str) -> Self {
        self.sysinfo["mac"] = json!(mac);
        self
    }

    pub fn with_old_emeter(mut self) -> Self {
        self.new_emeter = false;
        self
    }

    /// The reply to `get_sysinfo`, with child ids as short as UDP replies have them.
    pub fn datagram(&self) -> Vec<u8> {
        let mut sysinfo = self.sysinfo.clone();
        for child in sysinfo["children"].as_array_mut().into_iter().flatten() {
            let id = child["id"].as_str().unwrap();
            child["id"] = json!(id[id.len() - 2..]);
        }
        json!({"system": {"get_sysinfo": sysinfo}}).to_string().into_bytes()
    }

    pub fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        let request: Value = serde_json::from_slice(request).unwrap();
        let context = &request["context"]["child_ids"];
        let mut modules = request.as_object().unwrap().iter();
        let (module, methods) = modules.find(|(name, _)| *name != "context").unwrap();
        let (method, arguments) = methods.as_object().unwrap().iter().next().unwrap();
        let answer = self
            .obey(&format!("{module}.{method}"), arguments, context)
            .unwrap_or_else(|code| json!({"err_code": code, "err_msg": "no"}));
        json!({module: {method: answer}}).to_string().into_bytes()
    }

    fn obey(&mut self, name: &str, arguments: &Value, context: &Value) -> Result<Value, i64> {
        let mut answer = match name {
            "system.get_sysinfo" => self.sysinfo.clone(),
            "system.set_relay_state" => self.switch(&arguments["state"], context)?,
            "system.set_dev_alias" => {
                self.sysinfo["alias"] = arguments["alias"].clone();
                json!({})
            }
            "system.reboot" => json!({}),
            "emeter.get_realtime" if self.new_emeter => json!({
                "voltage_mv": 230_100, "current_ma": 50, "power_mw": 11_500, "total_wh": 1_234
            }),
            "emeter.get_realtime" => json!({
                "voltage": 230.1, "current": 0.05, "power": 11.5, "total": 1.234
            }),
            "count_down.get_rules" => json!({"rule_list": self.rules}),
            "count_down.add_rule" => self.add_rule(arguments)?,
            "count_down.delete_all_rules" => {
                self.rules.clear();
                json!({})
            }
            _ => return Err(-2),
        };
        answer["err_code"] = json!(0);
        Ok(answer)
    }

    fn switch(&mut self, state: &Value, context: &Value) -> Result<Value, i64> {
        let Some(children) = self.sysinfo["children"].as_array_mut() else {
            self.sysinfo["relay_state"] = state.clone();
            return Ok(json!({}));
        };
        let wanted = context.as_array();
        let known = |id: &Value| children.iter().any(|child| child["id"] == *id);
        if !wanted.into_iter().flatten().all(known) {
            return Err(-14);
        }
        for child in children {
            if wanted.is_none_or(|ids| ids.contains(&child["id"])) {
                child["state"] = state.clone();
            }
        }
        Ok(json!({}))
    }

    fn add_rule(&mut self, arguments: &Value) -> Result<Value, i64> {
        if !self.rules.is_empty() {
            return Err(-10);
        }
        let mut rule = arguments.clone();
        rule["id"] = json!("RULE1");
        rule["remain"] = arguments["delay"].clone();
        self.rules.push(rule);
        Ok(json!({"id": "RULE1"}))
    }
}
