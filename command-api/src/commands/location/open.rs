//! Opens a location under a code that no other has.

use domain::{
    claim::Claim,
    ids::LocationId,
    location::{
        Location,
        cross_stream::{self, NewLocation},
    },
};

use crate::execute::{Command, Created, Decided, UnitOfWork};

/// Opens a location.
#[derive(Clone, Debug)]
pub struct OpenLocation(pub NewLocation);

impl Command for OpenLocation {
    type Answer = Created;
    const NAME: &'static str = "open_location";

    fn location(&self) -> Option<LocationId> {
        Some(self.0.id)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Created> {
        let Self(new) = self;
        let id = new.id;
        let claim = work.load::<Claim>(cross_stream::code_stream(&new.code)).await?;
        let location = work.begin::<Location>(id.stream());
        work.record(cross_stream::open(&claim, &location, new)?);
        Ok(work.created(id.stream(), id.0))
    }
}
