//! Commands on the catalogue: games and their variants, the same for every location.

mod add;
mod add_variant;
mod change;

pub use add::AddGame;
pub use add_variant::AddVariant;
pub use change::ChangeGame;
