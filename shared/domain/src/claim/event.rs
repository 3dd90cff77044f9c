//! Facts about one claimed or shared key.

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
    /// `owner` is one of those that share the key.
    Joined {
        /// The stream of the thing that shares it.
        owner: String,
        /// In what manner, for those who may only share it alike.
        manner: String,
    },
    /// `owner` shares the key no more.
    Left {
        /// The stream of the thing that shared it.
        owner: String,
    },
}
