//! Who may call, and what they may do. API keys for now; people who sign in come to the same [`Principal`].
//!
//! [`Authenticator`] turns headers into a [`Principal`]; [`authorize`] decides; the role table is
//! [`KeyKind::permissions`]. No HTTP status is chosen here: `http::problem` does that.

mod authenticator;
#[cfg(test)]
mod authenticator_tests;
mod failed_attempts;
mod issued;
mod key;
mod permission;
mod principal;
mod roles;

pub use authenticator::{API_KEY_HEADER, AuthError, Authenticator};
pub use failed_attempts::subscriber;
pub use key::{ApiKey, IssueError, MalformedKey, NewKey, issue};
pub use permission::{Permission, PermissionSet};
pub use principal::{Denied, Principal, Target, authorize};
pub use roles::{KeyKind, UnknownKind};
