//! `aerosports migrate`: brings the database's tables up to date.

use anyhow::Result;
use runtime::config::Settings;

use crate::{
    composition::{clock, master_key},
    settings::database::Database,
};

/// Applies what is missing and says what that was; makes a master key where one is made.
///
/// # Errors
/// When the database cannot be reached, or is newer than this build.
pub async fn run(settings: &Settings) -> Result<()> {
    let database = Database::of(settings)?;
    let applied = database.migrate(&clock()).await?;
    if applied.is_empty() {
        println!("up to date");
    }
    for name in applied {
        println!("applied {name}");
    }
    master_key::prepare(&database, settings).await
}
