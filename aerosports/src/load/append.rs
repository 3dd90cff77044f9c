//! The append path alone, beside plain batched inserts of the same rows.

use anyhow::{Context as _, Result};
use runtime::clock::SharedClock;
use store::{bench::Load as Appends, sqlite::bench};

use super::report::Figure;
use crate::cli::Load;

/// Commands appended in each round.
const COMMANDS: usize = 150_000;

/// Appends a second for several numbers of callers, and the raw loop's share in the same round.
///
/// # Errors
/// When the store cannot be written.
pub async fn measure(options: &Load, clock: &SharedClock) -> Result<Vec<Figure>> {
    let mut figures = vec![];
    for callers in [1, 64, 512] {
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let commands = options.scaled(if callers == 1 { 5_000 } else { COMMANDS });
        let report = bench::measure(folder.path(), clock.clone(), Appends { commands, callers }).await?;
        let (append, raw) = (report.append.per_second(), report.raw.per_second());
        let batch = report.append.batch_size();
        figures.push(Figure::new(
            format!("raw: plain inserts, {batch} commands a commit"),
            raw,
            "commands/s",
        ));
        figures.push(Figure::new(format!("append path, {callers} callers"), append, "commands/s"));
        figures.push(Figure::new(format!("append path, {callers} callers, share of raw"), append / raw, ""));
    }
    Ok(figures)
}
