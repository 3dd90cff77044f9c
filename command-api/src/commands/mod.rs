//! The application layer: what can be asked of the system, one file a command. Each is a typed value that loads,
//! decides and records in a unit of work, and answers with a struct. No transport: routes, the scheduler and device
//! reports make these values and give them to [`crate::execute::Executor::execute`].
//!
//! A command on one thing alone needs no file. It is a variant of the domain's own command, which the aggregate's
//! `change.rs` carries out.

pub mod automation;
pub mod game;
pub mod location;
pub mod party;
pub mod play;
pub mod player;
pub mod plug;
pub mod room;
pub mod setting;
#[cfg(test)]
mod tests;
pub mod wristband;

use domain::{BrokenRule, Refusal, RefusalKind};

/// Says which field of a command a refusal is about.
trait AboutField {
    /// When what is refused is that something is `missing`, the fault is in `field`, which named it. Another
    /// location's thing is as missing as none.
    fn about(self, missing: &impl BrokenRule, field: &'static str) -> Self;
}

impl AboutField for Refusal {
    fn about(self, missing: &impl BrokenRule, field: &'static str) -> Self {
        if self.code == missing.code() { self.of_field(field) } else { self }
    }
}

/// The status of an item refused among many: that of the item alone.
pub(crate) fn item_status(kind: RefusalKind) -> u16 {
    match kind {
        RefusalKind::NotFound => 404,
        RefusalKind::Conflict => 409,
        RefusalKind::Rule => 422,
    }
}
