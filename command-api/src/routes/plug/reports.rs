//! `POST /v1/locations/{location}/plugs/reports`.

use axum::extract::State;
use domain::ids::LocationId;
use events::reports::{BadReport, DeviceReport, MOST_REPORTS, ReportItem};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::plug::{KeepReports, ReportsDone},
    routes::context,
};

/// What the device worker reports.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportsRequest {
    /// The reports, oldest first.
    // Any JSON at first: one malformed report must not keep the others from being kept.
    #[schema(value_type = Vec<ReportItem>, min_items = 1, max_items = 100)]
    items: Vec<Value>,
}

impl ReportsRequest {
    fn checked(self) -> Result<Vec<Result<DeviceReport, BadReport>>, Problem> {
        let mut errors = FieldErrors::default();
        if !(1..=MOST_REPORTS).contains(&self.items.len()) {
            errors.refuse("items", "invalid_length", format!("`items` holds 1 to {MOST_REPORTS}."));
        }
        let items = errors.finish(Some(self.items))?;
        Ok(items.into_iter().map(DeviceReport::from_json).collect())
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<ReportsRequest>,
) -> Result<CommandAnswer<ReportsDone>, Problem> {
    let reports = request.body.checked()?;
    let kept = KeepReports::run(&app.executor, context(&request.meta), location, reports).await?;
    Ok(kept.into())
}
