//! Corrects a person's details. A guardian's new e-mail must be nobody else's.

use domain::{
    claim::{Claim, ClaimState},
    ids::{LocationId, PlayerId},
    location::Location,
    player::{
        FamilyEmail, Identity, PersonalDetails, Player, PlayerError,
        cross_stream::{self, EmailClaims},
        email_claim,
    },
    values::{EmailAddress, Name, Phone},
};
use jiff::civil::Date;

use super::claim_of_ascii_form;
use crate::execute::{Changed, Command, Decided, ExecuteError, UnitOfWork};

/// What is said anew; what is not said stays.
#[derive(Clone, Default)]
pub struct Correction {
    /// First name.
    pub first_name: Option<Name>,
    /// Last name.
    pub last_name: Option<Name>,
    /// The family's key: a guardian has one, a dependant has none.
    pub email: Option<EmailAddress>,
    /// Birth date.
    pub birth_date: Option<Date>,
    /// Whether the person said to be an adult.
    pub adult_declared: Option<bool>,
    /// Telephone number.
    pub phone: Option<Phone>,
}

impl Correction {
    /// Who it is, once corrected from what was `known`; none when a first name is neither known nor said.
    fn of(self, known: Option<&PersonalDetails>) -> Option<PersonalDetails> {
        let Self { first_name, last_name, email, birth_date, adult_declared, phone } = self;
        Some(PersonalDetails {
            first_name: first_name.or_else(|| known.map(|known| known.first_name.clone()))?,
            last_name: last_name.or_else(|| known?.last_name.clone()),
            email: email.or_else(|| known?.email.clone()),
            birth_date: birth_date.or_else(|| known?.birth_date),
            adult_declared: adult_declared.unwrap_or_else(|| known.is_some_and(|known| known.adult_declared)),
            phone: phone.or_else(|| known?.phone.clone()),
        })
    }
}

fn parted(details: PersonalDetails) -> (Identity, Option<EmailAddress>) {
    let PersonalDetails { first_name, last_name, email, birth_date, adult_declared, phone } = details;
    (Identity { first_name, last_name, birth_date, adult_declared, phone }, email)
}

/// Corrects details.
#[derive(Clone)]
pub struct CorrectDetails {
    /// Whose.
    pub id: PlayerId,
    /// Where.
    pub location: LocationId,
    /// What is said anew.
    pub correction: Correction,
}

impl Command for CorrectDetails {
    type Answer = Changed;
    const NAME: &'static str = "correct_details";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { id, location: location_id, correction } = self;
        let player = work.load::<Player>(id.stream()).await?;
        player.existing_at(location_id).map_err(ExecuteError::refused)?;
        let known = work.details(&[id]).await?.pop().flatten();
        let corrected =
            correction.of(known.as_ref()).ok_or_else(|| ExecuteError::refused(PlayerError::Erased))?;
        if known.as_ref() == Some(&corrected) {
            return Ok(work.changed(id.stream()));
        }
        let (person, email) = parted(corrected);
        let earlier = match &email {
            Some(address) => claim_of_ascii_form(&work, location_id, address, &id.stream()).await?,
            None => None,
        };
        let email = email.map(|address| FamilyEmail { key: work.email_key(location_id, &address), address });
        let location = work.load::<Location>(location_id.stream()).await?;
        let held = player.existing_at(location_id).map_err(ExecuteError::refused)?.email_key.as_deref();
        let claims = EmailClaims {
            held: claim(&work, held).await?,
            wanted: match earlier {
                Some(claim) => claim.as_ref().clone(),
                None => claim(&work, email.as_ref().map(|email| email.key.as_str())).await?,
            },
        };
        let now = work.now();
        let correct = cross_stream::CorrectDetails { id, location: location_id, person, email, now };
        work.record(cross_stream::correct_details(&location, &player, &claims, correct)?);
        Ok(work.changed(id.stream()))
    }
}

async fn claim(work: &UnitOfWork, key: Option<&str>) -> Result<ClaimState, ExecuteError> {
    match key {
        Some(key) => Ok(work.load::<Claim>(email_claim(key)).await?.as_ref().clone()),
        None => Ok(ClaimState::default()),
    }
}
