//! Energy meters, in the two forms that firmware has.

use serde_json::{Value, json};

const MAINS_VOLTS: f64 = 230.0;

/// How a meter words its readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meter {
    /// `power` in W, `voltage` in V, `current` in A, `total` in kWh.
    Old,
    /// `power_mw`, `voltage_mv`, `current_ma`, `total_wh`.
    New,
}

impl Meter {
    /// The reply to `get_realtime`.
    pub(crate) fn reading(self, watts: f64, watt_hours: f64) -> Value {
        let amps = watts / MAINS_VOLTS;
        match self {
            Self::Old => json!({
                "current": amps, "voltage": MAINS_VOLTS, "power": watts, "total": watt_hours / 1e3,
            }),
            Self::New => json!({
                "current_ma": whole(amps * 1e3), "voltage_mv": whole(MAINS_VOLTS * 1e3),
                "power_mw": whole(watts * 1e3), "total_wh": whole(watt_hours),
            }),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the new form has whole numbers")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}
