//! Commands on automations: rules that switch plugs.

mod change;
mod create;
mod named;
mod operate;
mod respecify;

pub use change::ChangeAutomation;
pub use create::CreateAutomation;
pub use operate::{ForceAutomation, PulseAutomation, UnforceAutomation};
pub use respecify::RespecifyAutomation;
