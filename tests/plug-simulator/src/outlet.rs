//! One relay with its meter and its timer.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// One relay.
#[derive(Debug)]
pub(crate) struct Outlet {
    /// The full id on a strip; empty on a plug.
    pub(crate) id: String,
    pub(crate) alias: String,
    load_watts: f64,
    on_since: Option<Instant>,
    watt_hours: f64,
    rule: Option<Rule>,
}

/// The one rule of a timer.
#[derive(Debug)]
struct Rule {
    id: String,
    name: String,
    delay_seconds: u64,
    turns_on: bool,
    /// `None` once it has fired, or when it was added disabled.
    due: Option<Instant>,
}

/// `table is full`.
const TABLE_FULL: i64 = -10;
/// `invalid argument`.
pub(crate) const INVALID_ARGUMENT: i64 = -3;

impl Outlet {
    pub(crate) fn new(id: String, alias: String, load_watts: f64) -> Self {
        Self { id, alias, load_watts, on_since: None, watt_hours: 0.0, rule: None }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on_since.is_some()
    }

    /// Whether that was a change.
    pub(crate) fn switch(&mut self, on: bool, now: Instant) -> bool {
        if on == self.is_on() {
            return false;
        }
        self.watt_hours = self.watt_hours(now);
        self.on_since = on.then_some(now);
        true
    }

    pub(crate) fn on_time_seconds(&self, now: Instant) -> u64 {
        self.on_for(now).as_secs()
    }

    pub(crate) fn watts(&self) -> f64 {
        if self.is_on() { self.load_watts } else { 0.0 }
    }

    pub(crate) fn watt_hours(&self, now: Instant) -> f64 {
        self.watt_hours + self.watts() * self.on_for(now).as_secs_f64() / 3_600.0
    }

    fn on_for(&self, now: Instant) -> Duration {
        self.on_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// Arms the timer and gives the rule's id.
    pub(crate) fn add_rule(&mut self, arguments: &Value, now: Instant) -> Result<Value, i64> {
        if self.rule.is_some() {
            return Err(TABLE_FULL);
        }
        let number = |name: &str| arguments[name].as_u64().ok_or(INVALID_ARGUMENT);
        let delay_seconds = number("delay")?;
        let due = (number("enable")? == 1).then(|| now + Duration::from_secs(delay_seconds));
        let id = format!("{:032X}", rand::random::<u128>());
        let name = arguments["name"].as_str().unwrap_or_default().to_owned();
        let answer = json!({"id": id});
        self.rule = Some(Rule { id, name, delay_seconds, turns_on: number("act")? == 1, due });
        Ok(answer)
    }

    pub(crate) fn rules(&self, now: Instant) -> Value {
        let rules = self.rule.iter().map(|rule| {
            let remain = rule.due.map_or(0, |due| due.saturating_duration_since(now).as_secs());
            json!({
                "id": rule.id, "name": rule.name, "enable": u8::from(rule.due.is_some()),
                "delay": rule.delay_seconds, "act": u8::from(rule.turns_on), "remain": remain,
            })
        });
        json!({"rule_list": rules.collect::<Vec<_>>()})
    }

    pub(crate) fn disarm(&mut self) {
        self.rule = None;
    }

    /// When the timer fires next.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.rule.as_ref()?.due
    }

    /// The state the timer wants from `now` on, once.
    pub(crate) fn fire(&mut self, now: Instant) -> Option<bool> {
        let rule = self.rule.as_mut()?;
        rule.due.take_if(|due| *due <= now)?;
        Some(rule.turns_on)
    }
}
