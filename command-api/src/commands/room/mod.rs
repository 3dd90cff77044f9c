//! Commands on rooms: games installed at a location.

mod activate_variant;
mod change;
mod install;

pub use activate_variant::ActivateVariant;
pub use change::ChangeRoom;
pub use install::InstallRoom;
