//! The master key: whether it is there, and the one that the store was written with.

use anyhow::{Context as _, Result};
use runtime::config::Settings;
use sealing::{Keyring, compare_master_key};

use super::report::Report;
use crate::{
    composition::{event_store::EventStore, master_key},
    settings::database::Database,
};

const ADVICE: &str = "put the right master key back, from the backup that is kept apart from the database: without it no \
                      name, e-mail or birth date can be read";

/// Whether names can be read.
pub(super) async fn check(
    store: &EventStore,
    database: &Database,
    settings: &Settings,
    report: &mut Report,
) -> Result<bool> {
    let master = match master_key::load(database, settings) {
        Ok(master) => master,
        Err(error) => {
            report.error("master_key", format!("{error:#}"), ADVICE);
            return Ok(false);
        }
    };
    let keyring = Keyring::new(&master).context("the master key")?;
    if let Err(error) = compare_master_key(&**store, &keyring).await {
        report.error("master_key", error.to_string(), ADVICE);
        return Ok(false);
    }
    Ok(true)
}
