//! Commands on players: guardians and their families. They hold personal data, so `Debug` prints none of it.

pub(super) mod add_dependant;
mod correct;
mod display_name;
mod erase;
mod move_dependant;
mod register;
mod sign_waiver;

pub use add_dependant::AddDependant;
pub use correct::{CorrectDetails, Correction};
pub use display_name::display_name;
pub use erase::{ErasePlayer, ErasedFamily};
pub use move_dependant::MoveDependant;
pub use register::RegisterGuardian;
pub use sign_waiver::SignWaiver;

use std::sync::Arc;

use domain::{
    claim::{Claim, ClaimState},
    ids::{LocationId, StreamName},
    location::Location,
    player::email_claim,
    values::EmailAddress,
};

use jiff::{civil::Date, tz::TimeZone};

use crate::execute::{ExecuteError, UnitOfWork};

/// The venue's calendar day; UTC's where there is no such venue.
pub(super) async fn today_at(work: &UnitOfWork, location: LocationId) -> Result<Date, ExecuteError> {
    let location = work.load::<Location>(location.stream()).await?;
    let zone = location.existing().map_or(TimeZone::UTC, |location| location.time_zone.zone().clone());
    Ok(work.now().to_zoned(zone).date())
}

/// The claim that another family than `owner`'s has on the mailbox `address` in the form with which it was once stored.
pub(super) async fn claim_of_ascii_form(
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
