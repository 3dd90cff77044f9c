//! Keeps a batch of reports of the device worker. Each report is a command of its own, so it takes effect once in
//! whatever batch it comes; the batch only answers for all of them.

use std::sync::Arc;

use domain::{ids::LocationId, location::Location};
use events::reports::{BadReport, DeviceReport};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::report_each::{ReportDone, keep_each};
use crate::execute::{
    Accepted, Answer, Changed, Command, CommandContext, Decided, ExecuteError, Executor, UnitOfWork,
};

/// What became of the reports.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReportsDone {
    /// How many are kept, now or since an earlier try.
    pub accepted: u32,
    /// An answer for each report, in their order.
    pub items: Vec<ReportDone>,
    /// The location's stream.
    pub stream: String,
    /// Its version.
    pub version: u64,
}

/// Keeps reports, as far as each is one.
#[derive(Clone)]
pub struct KeepReports {
    location: LocationId,
    items: Arc<[Result<DeviceReport, BadReport>]>,
    executor: Executor,
    context: CommandContext,
}

impl KeepReports {
    /// Keeps `items` about things of `location`, under `context`.
    ///
    /// # Errors
    /// See [`ExecuteError`]; some of the reports may have been kept, and all may be sent again.
    pub async fn run(
        executor: &Executor,
        context: CommandContext,
        location: LocationId,
        items: Vec<Result<DeviceReport, BadReport>>,
    ) -> Result<Accepted<ReportsDone>, ExecuteError> {
        // The reports take effect before this command does, so a repeated command must be found out first.
        if let Some(earlier) = executor.earlier_answer(&context).await? {
            return Ok(earlier);
        }
        let (executor, items) = (executor.clone(), items.into());
        let batch = Self { location, items, executor: executor.clone(), context: context.clone() };
        executor.execute(&context, batch).await
    }

    async fn keep(&self) -> Result<Vec<ReportDone>, ExecuteError> {
        let good: Vec<DeviceReport> = self.items.iter().flatten().cloned().collect();
        let mut kept = keep_each(&self.executor, &self.context, self.location, &good).await?.into_iter();
        let done = self.items.iter().filter_map(|item| match item {
            Ok(_) => kept.next(),
            Err(bad) => Some(ReportDone::refused(bad.id, 400, "malformed", &bad.message)),
        });
        Ok(done.collect())
    }
}

impl Command for KeepReports {
    type Answer = ReportsDone;
    const NAME: &'static str = "keep_reports";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<ReportsDone> {
        let stream = self.location.stream();
        let location = work.load::<Location>(stream.clone()).await?;
        location.existing().map_err(ExecuteError::refused)?;
        let actual = work.version(&stream).unwrap_or_default();
        if let Some(expected) = self.context.if_match.filter(|expected| *expected != actual) {
            return Err(ExecuteError::PreconditionFailed { expected, actual });
        }
        let items = self.keep().await?;
        let accepted = items.iter().filter(|done| done.status == 200).map(|_| 1).sum();
        let Changed { stream: name, version } = work.standing(&stream);
        Ok(Answer::ok(stream, ReportsDone { accepted, items, stream: name, version }))
    }
}
