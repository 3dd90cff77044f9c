//! The reply to `emeter.get_realtime`, in one unit per quantity whatever form it came in.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::fields::{Fields, required};
use crate::refusal::ReplyError;

/// A reading of the energy meter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Energy {
    /// Power drawn now, in watts.
    pub power_watts: f64,
    /// Mains voltage, in volts.
    pub voltage_volts: f64,
    /// Current drawn now, in amperes.
    pub current_amps: f64,
    /// Energy since the meter was last erased, in watt hours.
    pub total_watt_hours: f64,
}

impl Energy {
    /// Hardware version 1 sends `power` (W), `voltage` (V), `current` (A) and `total` (kWh);
    /// later ones `power_mw`, `voltage_mv`, `current_ma` and `total_wh`. Both occur in one
    /// model family, so the field decides, not the model.
    ///
    /// Source: replies of HS110 hardware 1.0 and 2.0.
    pub(crate) fn parse(fields: &Map<String, Value>) -> Result<Self, ReplyError> {
        let fields = Fields(fields);
        let either = |small: (&'static str, f64), large: (&'static str, f64)| {
            let value = match fields.number(small.0)? {
                // Divided, not multiplied by a thousandth: 3913 mA are 3.913 A.
                Some(number) => Some(number / small.1),
                None => fields.number(large.0)?.map(|number| number * large.1),
            };
            required(value, large.0)
        };
        Ok(Self {
            power_watts: either(("power_mw", 1e3), ("power", 1.0))?,
            voltage_volts: either(("voltage_mv", 1e3), ("voltage", 1.0))?,
            current_amps: either(("current_ma", 1e3), ("current", 1.0))?,
            total_watt_hours: either(("total_wh", 1.0), ("total", 1e3))?,
        })
    }
}
