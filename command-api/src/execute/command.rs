//! What a command is to the executor: a value that says where it belongs and decides in a unit of work.

use domain::ids::LocationId;
use serde::Serialize;

use super::{Decided, UnitOfWork};

/// A typed command. Transports make one out of their requests and give it to [`super::Executor::execute`].
pub trait Command: Clone + Send + Sync {
    /// What its caller is told.
    type Answer: Serialize + Send;
    /// Its name in traces, such as `scan_wristband`.
    const NAME: &'static str;

    /// The tenant of every event it records; none for what belongs to all of them.
    fn location(&self) -> Option<LocationId>;

    /// Loads, decides, records. May be called again, when a stream moved meanwhile.
    fn decide(self, work: UnitOfWork) -> impl Future<Output = Decided<Self::Answer>> + Send;
}
