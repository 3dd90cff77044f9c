//! Makes a plug known that was found, or names the plug that has its identity already.

use domain::{
    claim::Claim,
    ids::LocationId,
    location::Location,
    plug::{
        NewPlug, Plug,
        cross_stream::{self, Registered, Registration},
    },
};

use crate::execute::{Answer, Changed, Command, Created, Decided, UnitOfWork};

/// Registers a plug.
#[derive(Clone, Debug)]
pub struct RegisterPlug(pub NewPlug);

impl Command for RegisterPlug {
    type Answer = Created;
    const NAME: &'static str = "register_plug";

    fn location(&self) -> Option<LocationId> {
        Some(self.0.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Created> {
        let Self(new) = self;
        let id = new.id;
        let location = work.load::<Location>(new.location.stream()).await?;
        let claim = work.load::<Claim>(new.identity.claim_stream()).await?;
        let device = work.load::<Claim>(new.identity.device_stream()).await?;
        let (owner, other) =
            (cross_stream::owner(&claim), cross_stream::registered_beside(&device, &new.identity));
        let current = work.load::<Plug>(owner.unwrap_or(id).stream()).await?;
        let other = work.load::<Plug>(other.unwrap_or(id).stream()).await?;
        let whole = work.load::<Claim>(new.identity.whole().claim_stream()).await?;
        let known =
            Registered { claim: &claim, current: &current, device: &device, other: &other, whole: &whole };
        match cross_stream::register(&location, known, new)? {
            Registration::New(changes) => {
                work.record(changes);
                Ok(work.created(id.stream(), id.0))
            }
            Registration::Known(known, changes) => {
                work.record(changes);
                let Changed { stream, version } = work.standing(&known.stream());
                Ok(Answer::ok(known.stream(), Created { id: known.0, stream, version }))
            }
        }
    }
}
