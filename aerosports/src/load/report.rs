//! How figures are printed: a table for people, one JSON object for scripts.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::demo::ledger::quantile;

/// One measured number.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was measured; `raw: …` for a limit of the machine.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
}

impl Figure {
    /// A number with its unit.
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit }
    }

    /// `count` things in `took`.
    #[expect(clippy::cast_precision_loss, reason = "a count of seconds' work")]
    pub fn rate(name: impl Into<String>, count: usize, took: Duration, unit: &'static str) -> Self {
        Self::new(name, count as f64 / took.as_secs_f64().max(1e-9), unit)
    }

    /// Median and 99th percentile of `samples`.
    pub fn latencies(name: &str, samples: &[Duration]) -> [Self; 2] {
        [("p50", 0.5), ("p99", 0.99)].map(|(label, share)| {
            Self::new(format!("{name}, {label}"), quantile(samples, share).as_secs_f64() * 1_000.0, "ms")
        })
    }
}

/// Prints all of them.
pub fn print(figures: &[Figure], json: bool) {
    if json {
        let object: Map<String, Value> = figures
            .iter()
            .map(|figure| (figure.name.clone(), json!({"value": figure.value, "unit": figure.unit})))
            .collect();
        println!("{}", Value::Object(object));
        return;
    }
    for figure in figures {
        let digits = if figure.value < 100.0 { 2 } else { 0 };
        println!("{:<64} {:>12.digits$} {}", figure.name, figure.value, figure.unit);
    }
}
