//! The views, one file each. A new one is added to [`all`].

mod locations;

pub use locations::Locations;

use std::sync::Arc;

use crate::projection::Projection;

/// Every projection of this build.
#[must_use]
pub fn all() -> Vec<Arc<dyn Projection>> {
    vec![Arc::new(Locations)]
}
