//! Keeps many reports of the device worker, each as a command of its own.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{LocationId, StreamName};
use events::{EncodeError, reports::DeviceReport};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::KeepReport;
use crate::{
    commands::item_status,
    execute::{CommandContext, ExecuteError, Executor},
};

/// What became of one report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportDone {
    /// The broken rule, when refused.
    pub code: Option<String>,
    /// What is wrong, when refused.
    pub detail: Option<String>,
    /// Which; absent when it could not be told.
    pub report_id: Option<Uuid>,
    /// 200 when it is kept, now or since an earlier try; else the status it alone was refused with. Sending
    /// it again helps only after a 500, once what is wrong here was mended.
    pub status: u16,
}

impl ReportDone {
    /// Kept.
    fn kept(id: Uuid) -> Self {
        Self { code: None, detail: None, report_id: Some(id), status: 200 }
    }

    /// Refused for good.
    pub(super) fn refused(id: Option<Uuid>, status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self { code: Some(code.to_owned()), detail: Some(detail.into()), report_id: id, status }
    }
}

/// Keeps `reports` about things of `location`: one answer each, in their order. Reports about one thing are
/// kept in their order. A report that was kept before is not kept again.
///
/// # Errors
/// When the store cannot be reached in time, or a report is being kept by somebody else right now: some
/// may have been kept, and all may be sent again.
pub async fn keep_each(
    executor: &Executor,
    context: &CommandContext,
    location: LocationId,
    reports: &[DeviceReport],
) -> Result<Vec<ReportDone>, ExecuteError> {
    let mut seen = BTreeSet::new();
    let mut done = Vec::with_capacity(reports.len());
    let mut streams: BTreeMap<StreamName, Vec<(usize, &DeviceReport)>> = BTreeMap::new();
    for (index, report) in reports.iter().enumerate() {
        if seen.insert(report.id) {
            streams.entry(report.stream()).or_default().push((index, report));
        } else {
            let twice = "two reports of one request have this report_id";
            done.push((index, ReportDone::refused(Some(report.id), 422, "report_twice", twice)));
        }
    }
    let each = streams.into_values().map(|reports| in_order(executor, context, location, reports));
    done.extend(try_join_all(each).await?.into_iter().flatten());
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, done)| done).collect())
}

async fn in_order(
    executor: &Executor,
    context: &CommandContext,
    location: LocationId,
    reports: Vec<(usize, &DeviceReport)>,
) -> Result<Vec<(usize, ReportDone)>, ExecuteError> {
    let mut done = Vec::with_capacity(reports.len());
    for (index, report) in reports {
        done.push((index, keep(executor, context, location, report).await?));
    }
    Ok(done)
}

async fn keep(
    executor: &Executor,
    context: &CommandContext,
    location: LocationId,
    report: &DeviceReport,
) -> Result<ReportDone, ExecuteError> {
    let id = report.id;
    let context = context.part(report.command(location), report.hash().map_err(EncodeError::from)?);
    match executor.execute(&context, KeepReport { location, report: report.clone() }).await {
        Ok(_) => Ok(ReportDone::kept(id)),
        Err(ExecuteError::Refused(refusal)) => {
            Ok(ReportDone::refused(Some(id), item_status(refusal.kind), refusal.code, refusal.message))
        }
        Err(ExecuteError::KeyReused) => {
            let detail = "this report_id was used for another report";
            Ok(ReportDone::refused(Some(id), 422, "report_id_reused", detail))
        }
        Err(error @ (ExecuteError::InFlight | ExecuteError::Contended { .. })) => Err(error),
        Err(ExecuteError::Store(error)) if error.is_transient() => Err(error.into()),
        // One thing that cannot be read or written must not hold up the reports about the others.
        Err(error) => {
            tracing::error!(%id, error = &error as &dyn std::error::Error, "a report cannot be kept");
            Ok(ReportDone::refused(Some(id), 500, "internal", "This report cannot be kept."))
        }
    }
}
