//! Facts about one claimed key.

/// What happened to a unique key (a location's code, a family's e-mail).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimEvent {
    /// The key now belongs to `owner`.
    Claimed {
        /// The stream of the thing that has the key.
        owner: String,
    },
    /// The key is free again.
    Released,
}
