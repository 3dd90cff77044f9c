//! `POST /v1/locations/{location}/plugs/reports`.

use axum::extract::State;
use domain::{
    ids::LocationId,
    plug::{PlugNetworks, PlugReport},
};
use events::reports::{BadReport, DeviceReport, MOST_REPORTS, ReportContent, ReportItem};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::ToSchema;

use super::outside;
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

/// Refuses that a plug moved to where no plug may be.
fn within(networks: &PlugNetworks, report: DeviceReport) -> Result<DeviceReport, BadReport> {
    match report.content {
        ReportContent::Plug(_, PlugReport::Moved { address }) if !networks.contain(address) => {
            Err(BadReport { id: Some(report.id), message: outside(networks) })
        }
        _ => Ok(report),
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<ReportsRequest>,
) -> Result<CommandAnswer<ReportsDone>, Problem> {
    let read = |item| DeviceReport::from_json(item).and_then(|report| within(&app.plug_networks, report));
    let reports = request.body.items.into_iter().map(read).collect();
    let kept = KeepReports::run(&app.executor, context(&request.meta), location, reports).await?;
    Ok(kept.into())
}
