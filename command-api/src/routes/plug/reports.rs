//! `POST /v1/locations/{location}/plugs/reports`.

use axum::extract::State;
use domain::ids::LocationId;
use events::reports::{DeviceReport, MOST_REPORTS, ReportItem};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::plug::{KeepReports, ReportsDone},
    routes::{context, fields},
};

/// What the device worker reports.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportsRequest {
    /// The reports, oldest first.
    // Any JSON at first: one malformed report must not keep the others from being kept.
    #[serde(deserialize_with = "items")]
    #[schema(value_type = Vec<ReportItem>, min_items = 1, max_items = 100)]
    items: Vec<Value>,
}

fn items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    let message = format!("`items` holds 1 to {MOST_REPORTS}.");
    fields::list::<Value, Value, D>(deserializer, &(1..=MOST_REPORTS), "invalid_length", message)
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<ReportsRequest>,
) -> Result<CommandAnswer<ReportsDone>, Problem> {
    let reports = request.body.items.into_iter().map(DeviceReport::from_json).collect();
    let kept = KeepReports::run(&app.executor, context(&request.meta), location, reports).await?;
    Ok(kept.into())
}
