//! A family, found by its e-mail.

use serde::Serialize;
use shared::{
    domain::{
        ids::{LocationId, PlayerId},
        values::EmailAddress,
    },
    http::Problem,
    sql::ReadStore,
};
use utoipa::ToSchema;

use super::players::{self, Player};

/// A guardian and those who hang on them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Family {
    /// The head of the family.
    pub guardian: Player,
    /// Oldest member first.
    pub dependants: Vec<Player>,
}

/// The family with this e-mail at `location`; another location's family of the same e-mail is nobody.
///
/// # Errors
/// 404; 503, 500.
pub async fn one(db: &ReadStore, location: LocationId, email: &EmailAddress) -> Result<Family, Problem> {
    let mut found = players::with_email(db, location, email.as_str()).await?;
    let guardian = found.pop().ok_or_else(Problem::not_found)?;
    let dependants = players::dependants(db, location, PlayerId(guardian.id)).await?;
    Ok(Family { guardian, dependants })
}
