//! What every adapter of the command API works with.

use std::sync::Arc;

use auth::Authenticator;
use domain::plug::PlugNetworks;

use crate::execute::Executor;

/// The command API's state. Cheap to clone.
#[derive(Clone)]
pub struct CommandApi {
    /// Runs commands.
    pub executor: Executor,
    /// Knows callers.
    pub authenticator: Arc<Authenticator>,
    /// Where plugs may be.
    pub plug_networks: Arc<PlugNetworks>,
}
