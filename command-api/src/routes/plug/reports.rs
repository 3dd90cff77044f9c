//! `POST /v1/locations/{location}/plugs/reports`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{ids::LocationId, location::Location},
    http::{CommandAnswer, CommandMeta, CommandRequest, FieldErrors, Problem, ValidPath},
    reports::{DeviceReport, MOST_REPORTS, ReportItem},
};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    devices::{ReportDone, Teller, report},
    execute::{Answer, CommandContext, ExecuteError, Executor, Session},
};

/// What the device worker has to tell.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportsRequest {
    /// The reports, oldest first.
    // Any JSON at first: one report that is none must not keep the others from being kept.
    #[schema(value_type = Vec<ReportItem>, min_items = 1, max_items = 100)]
    items: Vec<Value>,
}

/// What became of the reports.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportsDone {
    /// The location's stream.
    pub stream: String,
    /// Its version.
    pub version: u64,
    /// How many are kept, now or since an earlier try.
    pub accepted: u32,
    /// An answer for each report, in their order.
    pub items: Vec<ReportDone>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<ReportsRequest>,
) -> Result<CommandAnswer<ReportsDone>, Problem> {
    let CommandRequest { body: ReportsRequest { items }, meta } = request;
    let mut errors = FieldErrors::default();
    if !(1..=MOST_REPORTS).contains(&items.len()) {
        errors.refuse("items", "invalid_length", format!("`items` holds 1 to {MOST_REPORTS}."));
    }
    let items = errors.finish(Some(items))?;
    // The reports take effect before this command does, so it must be known that it is not a repeated one.
    if let Some(earlier) = app.executor.earlier_answer(&CommandContext::of(&meta, Some(location))).await? {
        return Ok(CommandAnswer::new(earlier.status, earlier.body, earlier.token));
    }
    app.run(&meta, Some(location), |session| run(session, &app.executor, &meta, location, &items)).await
}

async fn run(
    session: Session,
    executor: &Executor,
    meta: &CommandMeta,
    location: LocationId,
    items: &[Value],
) -> Result<Answer, ExecuteError> {
    let venue = session.load::<Location>(location.stream()).await?;
    venue.existing().map_err(ExecuteError::refused)?;
    let version = session.version(&location.stream()).unwrap_or_default();
    if let Some(expected) = meta.if_match.filter(|expected| *expected != version) {
        return Err(ExecuteError::PreconditionFailed { expected, actual: version });
    }
    let done = keep(executor, &Teller::of(meta), location, items).await?;
    let accepted = done.iter().filter(|done| done.status == 200).count();
    let items = serde_json::to_value(done).map_err(shared::events::EncodeError::from)?;
    Ok(Answer::ok(location.stream()).with("accepted", accepted).with("items", items))
}

async fn keep(
    executor: &Executor,
    teller: &Teller,
    location: LocationId,
    items: &[Value],
) -> Result<Vec<ReportDone>, ExecuteError> {
    let read: Vec<_> = items.iter().cloned().map(DeviceReport::from_json).collect();
    let good: Vec<DeviceReport> = read.iter().flatten().cloned().collect();
    let mut kept = report(executor, teller, location, &good).await?.into_iter();
    let answer = |read: Result<DeviceReport, _>| match read {
        Ok(_) => kept.next(),
        Err(bad) => Some(bad_report(&bad)),
    };
    Ok(read.into_iter().filter_map(answer).collect())
}

fn bad_report(bad: &shared::reports::BadReport) -> ReportDone {
    ReportDone::refused(bad.id, 400, "malformed", &bad.message)
}
