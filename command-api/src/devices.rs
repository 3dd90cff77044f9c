//! What the device worker tells the write side, callable with HTTP and without: reports, each a command of
//! its own, and plugs that were found.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::future::try_join_all;
use jiff::Timestamp;
use serde::Serialize;
use shared::domain::log::CommandId;
use shared::{
    domain::{
        automation::{Automation, AutomationCommand, cross_stream as automations},
        claim::Claim,
        ids::{LocationId, PlugId, StreamName},
        location::Location,
        plug::{
            NewPlug, Plug, PlugCommand,
            cross_stream::{self as plugs, Registered, Registration},
        },
    },
    http::CommandMeta,
    reports::{DeviceReport, ReportContent},
};
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    execute::{Answer, CommandContext, ExecuteError, Executor, Session},
    problem::item_status,
};

/// Who tells something, and how long it may take.
#[derive(Clone, Debug)]
pub struct Teller {
    /// `key:<uuid>` or `system:<task>`.
    pub actor: String,
    /// Ties together everything told at once.
    pub correlation_id: Uuid,
    /// W3C `traceparent`.
    pub trace_parent: Option<String>,
    /// When the caller stops waiting.
    pub deadline: Instant,
}

impl Teller {
    /// A device worker in this process.
    #[must_use]
    pub fn in_process(executor: &Executor, patience: Duration) -> Self {
        Self {
            actor: "system:device-worker".to_owned(),
            correlation_id: executor.clock().new_uuid(),
            trace_parent: None,
            deadline: Instant::now() + patience,
        }
    }

    /// The caller of a request.
    #[must_use]
    pub fn of(meta: &CommandMeta) -> Self {
        let CommandContext { actor, correlation_id, trace_parent, deadline, .. } =
            CommandContext::of(meta, None);
        Self { actor, correlation_id, trace_parent, deadline }
    }

    fn context(&self, location: LocationId, command: CommandId, request_hash: [u8; 32]) -> CommandContext {
        CommandContext {
            actor: self.actor.clone(),
            command,
            repeatable: true,
            request_hash,
            correlation_id: self.correlation_id,
            causation_id: None,
            trace_parent: self.trace_parent.clone(),
            location: Some(location),
            if_match: None,
            deadline: self.deadline,
        }
    }
}

/// What became of one report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportDone {
    /// Which; absent when it could not be told.
    pub report_id: Option<Uuid>,
    /// 200 when it is kept, now or since an earlier try; else the status it alone was refused with. Sending
    /// it again helps only after a 500, once what is wrong here was mended.
    pub status: u16,
    /// The broken rule, when refused.
    pub code: Option<String>,
    /// What is wrong, when refused.
    pub detail: Option<String>,
}

impl ReportDone {
    /// Kept.
    pub(crate) fn kept(id: Uuid) -> Self {
        Self { report_id: Some(id), status: 200, code: None, detail: None }
    }

    /// Refused for good.
    pub(crate) fn refused(id: Option<Uuid>, status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self { report_id: id, status, code: Some(code.to_owned()), detail: Some(detail.into()) }
    }
}

/// Keeps `reports` about things of `location`: one answer each, in their order. Reports about one thing are
/// kept in their order. A report that was kept before is not kept again.
///
/// # Errors
/// When the store cannot be reached in time, or a report is being kept by somebody else right now: some
/// may have been kept, and all may be sent again.
pub async fn report(
    executor: &Executor,
    teller: &Teller,
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
    let each = streams.into_values().map(|reports| keep_all(executor, teller, location, reports));
    done.extend(try_join_all(each).await?.into_iter().flatten());
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, done)| done).collect())
}

async fn keep_all(
    executor: &Executor,
    teller: &Teller,
    location: LocationId,
    reports: Vec<(usize, &DeviceReport)>,
) -> Result<Vec<(usize, ReportDone)>, ExecuteError> {
    let mut done = Vec::with_capacity(reports.len());
    for (index, report) in reports {
        done.push((index, keep(executor, teller, location, report).await?));
    }
    Ok(done)
}

async fn keep(
    executor: &Executor,
    teller: &Teller,
    location: LocationId,
    report: &DeviceReport,
) -> Result<ReportDone, ExecuteError> {
    let id = report.id;
    let hash = report.hash().map_err(shared::events::EncodeError::from)?;
    let context = teller.context(location, report.command(location), hash);
    match executor
        .run(&context, |session| record(session, location, report.clone(), executor.clock().now()))
        .await
    {
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

async fn record(
    session: Session,
    location: LocationId,
    report: DeviceReport,
    now: Timestamp,
) -> Result<Answer, ExecuteError> {
    // A worker's clock may be ahead; what it tells of has happened all the same.
    let (stream, at) = (report.stream(), report.at.min(now));
    let changes = match report.content {
        ReportContent::Plug(id, report) => {
            let plug = session.load::<Plug>(id.stream()).await?;
            plugs::change((location, id), &plug, PlugCommand::Report { report, at })?
        }
        ReportContent::Automation(id, report) => {
            let automation = session.load::<Automation>(id.stream()).await?;
            let command = AutomationCommand::Report { report, at };
            automations::change((location, id), &automation, command)?
        }
    };
    session.record(changes);
    Ok(Answer::ok(stream))
}

/// Makes a plug known that was found at `new.location`, and says its id: that of the plug which has the
/// identity already, if one of the location does.
///
/// # Errors
/// `plug_registered_elsewhere`, `device_registered_whole`, `device_registered_by_outlet`, and whatever keeps a
/// command from taking effect.
pub async fn register(executor: &Executor, teller: &Teller, new: NewPlug) -> Result<PlugId, ExecuteError> {
    let location = new.location;
    let context = CommandContext {
        repeatable: false,
        ..teller.context(location, CommandId(executor.clock().new_uuid()), [0; 32])
    };
    let known = std::sync::Mutex::new(new.id);
    let known = &known;
    executor
        .run(&context, |session| {
            let new = new.clone();
            async move {
                let (id, answer) = register_in(&session, new).await?;
                *known.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = id;
                Ok(answer)
            }
        })
        .await?;
    Ok(*known.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// Loads what the registration needs, decides, records.
pub(crate) async fn register_in(session: &Session, new: NewPlug) -> Result<(PlugId, Answer), ExecuteError> {
    let id = new.id;
    let location = session.load::<Location>(new.location.stream()).await?;
    let claim = session.load::<Claim>(new.identity.claim_stream()).await?;
    let device = session.load::<Claim>(new.identity.device_stream()).await?;
    let (owner, other) = (plugs::owner(&claim), plugs::neighbour(&device, &new.identity));
    let current = session.load::<Plug>(owner.unwrap_or(id).stream()).await?;
    let other = session.load::<Plug>(other.unwrap_or(id).stream()).await?;
    let known = Registered { claim: &claim, current: &current, device: &device, other: &other };
    match plugs::register(&location, known, new)? {
        Registration::New(changes) => {
            session.record(changes);
            Ok((id, Answer::created(id.stream(), id)))
        }
        Registration::Known(known, changes) => {
            session.record(changes);
            Ok((known, Answer::ok(known.stream()).with("id", known.to_string())))
        }
    }
}
