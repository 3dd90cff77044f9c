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

use std::sync::Arc;

use domain::{
    claim::{Claim, ClaimState},
    ids::{LocationId, StreamName},
    player::email_claim,
    values::EmailAddress,
};

use crate::execute::{ExecuteError, UnitOfWork};

/// The claim that another family than `owner`'s has on the mailbox `address` in the form with which it was once stored.
async fn claim_of_ascii_form(
    work: &UnitOfWork,
    location: LocationId,
    address: &EmailAddress,
    owner: &StreamName,
) -> Result<Option<Arc<ClaimState>>, ExecuteError> {
    let Some(earlier) = address.ascii_form() else { return Ok(None) };
    let claim = work.load::<Claim>(email_claim(&work.email_key(location, &earlier))).await?;
    let others = claim.owner.as_deref().is_some_and(|current| current != owner.as_str());
    Ok(others.then_some(claim))
}
