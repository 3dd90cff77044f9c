//! Commands on locations.

mod change;
mod open;

pub use change::ChangeLocation;
pub use open::OpenLocation;
