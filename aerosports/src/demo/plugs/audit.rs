//! The end of the day: the siren, the dark, and everything that was not as it should have been.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{IN_TIME, Machine, Outlet, Plugs, locked, outlet::Period};
use crate::demo::{api::Api, venue::Venue};

/// How long the views may take to show what plugs did: the worker reports from an outbox.
const REPORTED_WITHIN: Duration = Duration::from_secs(10);

/// What the demo saw of its plugs.
#[derive(Debug, Default)]
pub struct Seen {
    /// From the answer to a play's start to the lights.
    pub lit: Vec<Duration>,
    /// From the answer to a play's end to the dark.
    pub dark: Vec<Duration>,
    /// How often each plug was switched over the network, on and off: the log must tell of every time.
    pub switched: BTreeMap<Uuid, Switches>,
    /// What was not as it should have been.
    pub differences: Vec<String>,
}

/// How often something was switched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// On.
    pub on: usize,
    /// Off.
    pub off: usize,
}

impl Seen {
    /// Switches of all plugs together.
    #[must_use]
    pub fn switches(&self) -> usize {
        self.switched.values().map(|times| times.on + times.off).sum()
    }
}

impl Plugs {
    /// Blows the siren, waits until everything is off, compares, and lets the plugs go.
    ///
    /// # Errors
    /// When a command is refused or not answered, or a view cannot be read.
    pub async fn close(self, api: &mut Api, venue: &Venue) -> Result<Seen> {
        let path = venue.path(&format!("automations/{}/pulse", self.siren_automation));
        api.command(&path, &json!({})).await?.accepted().context(path)?;
        self.siren.call(self.siren.room);
        let sounded = timeout(IN_TIME, self.siren.outlet.until(true)).await.is_ok();
        let all_off = async {
            for outlet in self.managed() {
                outlet.until(false).await;
            }
        };
        let longest = self.fog.runs + IN_TIME;
        let dark = timeout(longest, all_off).await.is_ok();
        let mut seen = self.seen();
        if !sounded {
            seen.differences.push("the siren did not sound at the end of the day".to_owned());
        }
        if dark {
            seen.differences.extend(self.unlike_views(api, venue).await.context("the views of plugs")?);
        } else {
            let left = self.managed().filter(|outlet| outlet.is_on());
            seen.differences.extend(left.map(|outlet| format!("{} was left on", outlet.name)));
        }
        self.let_go(api, venue).await?;
        Ok(seen)
    }

    fn seen(&self) -> Seen {
        let notes = std::mem::take(&mut *locked(&self.notes));
        let mut differences = notes.differences;
        for machine in [&self.fog, &self.siren] {
            differences.extend(machine.differences());
        }
        if !self.fridge.is_on() || self.fridge.switches() != Switches::default() {
            differences.push("the fridge was switched, though nobody manages it".to_owned());
        }
        let switched = self.managed().map(|outlet| (outlet.id, outlet.switches())).collect();
        Seen { lit: notes.lit, dark: notes.dark, switched, differences }
    }

    /// Waits until the views say of every relay what is so; what they still say wrongly at the end.
    async fn unlike_views(&self, api: &mut Api, venue: &Venue) -> Result<Vec<String>> {
        let begun = Instant::now();
        loop {
            let listed = api.pages(&venue.path("plugs")).await?;
            let wrong: Vec<_> = self.managed().filter_map(|outlet| unlike(outlet, &listed)).collect();
            if wrong.is_empty() || begun.elapsed() > REPORTED_WITHIN {
                return Ok(wrong);
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Nobody looks for them once the demo is over.
    async fn let_go(&self, api: &mut Api, venue: &Venue) -> Result<()> {
        for outlet in self.managed().chain([&self.fridge]) {
            let path = venue.path(&format!("plugs/{}/retire", outlet.id));
            api.command(&path, &json!({"reason": "the demo is over"})).await?.accepted().context(path)?;
        }
        Ok(())
    }
}

/// What a listing says wrongly of an outlet that is off and wanted on by nobody.
fn unlike(outlet: &Outlet, listed: &[Value]) -> Option<String> {
    let Some(row) = listed.iter().find(|row| row["id"] == outlet.id.to_string()) else {
        return Some(format!("{} is not listed", outlet.name));
    };
    let (relay, wanted) = (&row["relay"]["state"], &row["wanted"]);
    // What nobody switched may not have been looked at yet.
    let is_unknown = relay.is_null() && outlet.switches() == Switches::default();
    ((relay != "off" && !is_unknown) || !wanted.is_null())
        .then(|| format!("{} is off; the view has the relay {relay}, and wanted is {wanted}", outlet.name))
}

impl Outlet {
    fn switches(&self) -> Switches {
        Switches { on: self.switched(true), off: self.switched(false) }
    }
}

impl Machine {
    fn differences(&self) -> Vec<String> {
        let (name, calls, periods) = (&self.outlet.name, locked(&self.calls), self.outlet.periods());
        let missed =
            calls.iter().filter(|call| !periods.iter().any(|period| answers(period, **call))).count();
        let too_long = periods.iter().filter(|period| self.outlasts(period, &calls)).count();
        let mut differences = Vec::new();
        if missed > 0 {
            differences.push(format!("{name}: {missed} of {} calls were not followed", calls.len()));
        }
        if too_long > 0 {
            differences.push(format!("{name}: on for too long, {too_long} times"));
        }
        differences
    }

    /// Whether current flows longer than its last call explains.
    fn outlasts(&self, period: &Period, calls: &[Instant]) -> bool {
        let end = period.to.unwrap_or_else(Instant::now);
        let last = calls.iter().filter(|call| **call <= end).max();
        last.is_none_or(|last| end.duration_since(*last) > self.runs + IN_TIME)
    }
}

/// Whether current flows soon after a call; it may flow already.
fn answers(period: &Period, call: Instant) -> bool {
    period.from <= call + IN_TIME && period.to.is_none_or(|to| to >= call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_answers_calls_during_and_shortly_before_it() {
        let start = Instant::now() + Duration::from_mins(10);
        let at = |seconds| start + Duration::from_secs(seconds);
        let period = Period { from: at(10), to: Some(at(13)) };
        assert!(answers(&period, at(10)) && answers(&period, at(8)) && answers(&period, at(12)));
        assert!(!answers(&period, at(14)), "it was over before the call");
        assert!(!answers(&period, at(2)), "it came too late");
    }
}
