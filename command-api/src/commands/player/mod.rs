//! Commands on players: guardians and their families. They hold personal data, so `Debug` prints none of it.

mod add_dependant;
mod correct;
mod erase;
mod register;
mod sign_waiver;

pub use add_dependant::AddDependant;
pub use correct::CorrectDetails;
pub use erase::{ErasePlayer, ErasedFamily};
pub use register::RegisterGuardian;
pub use sign_waiver::SignWaiver;
