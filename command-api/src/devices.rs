//! The adapter for a device worker in this process: what it reports and the plugs it found become commands, without
//! HTTP.

use std::time::Duration;

use domain::{
    ids::{LocationId, PlugId},
    plug::NewPlug,
};
use events::reports::DeviceReport;

use crate::{
    commands::plug::{RegisterPlug, ReportDone, keep_each},
    execute::{CommandContext, ExecuteError, Executor},
};

/// The worker's name as an actor.
const TASK: &str = "device-worker";

/// Keeps `reports` about things of `location`: see [`keep_each`]. The worker waits for `patience`.
///
/// # Errors
/// As [`keep_each`].
pub async fn report(
    executor: &Executor,
    patience: Duration,
    location: LocationId,
    reports: &[DeviceReport],
) -> Result<Vec<ReportDone>, ExecuteError> {
    let context = CommandContext::system(TASK, executor.clock(), patience);
    keep_each(executor, &context, location, reports).await
}

/// Makes a plug known that was found at `new.location`, and says its id: that of the plug which has the
/// identity already, if one of the location does.
///
/// # Errors
/// `plug_registered_elsewhere`, `device_registered_whole`, `device_registered_by_outlet`, and whatever keeps a
/// command from taking effect.
pub async fn register(executor: &Executor, patience: Duration, new: NewPlug) -> Result<PlugId, ExecuteError> {
    let context = CommandContext::system(TASK, executor.clock(), patience);
    let registered = executor.execute(&context, RegisterPlug(new)).await?.answer()?;
    Ok(PlugId(registered.id))
}
