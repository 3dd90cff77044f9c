//! A family, found by its e-mail.

use domain::{
    ids::{LocationId, PlayerId},
    values::EmailAddress,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::players::{self, Player};
use crate::{QueryError, Tables};

/// A guardian with their dependants.
#[derive(Debug, Serialize, ToSchema)]
pub struct Family {
    /// The head of the family.
    pub guardian: Player,
    /// Oldest member first.
    pub dependants: Vec<Player>,
}

/// The family with this e-mail at `location`, not that of another location.
///
/// # Errors
/// `NotFound`; `Sql`.
pub async fn one(tables: Tables, location: LocationId, email: &EmailAddress) -> Result<Family, QueryError> {
    let mut found = players::with_email(&tables, location, email).await?;
    let guardian = found.pop().ok_or(QueryError::NotFound)?;
    let dependants = players::dependants(&tables, location, PlayerId(guardian.id)).await?;
    Ok(Family { guardian, dependants })
}
