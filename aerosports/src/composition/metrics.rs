//! What is measured, as Prometheus reads it. Names end in their unit.

use std::path::Path;

use domain::log::Head;
use projector::Status;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{family::Family, gauge::Gauge, info::Info},
    registry::Registry,
};

/// One look at a process.
pub(super) struct Measured {
    pub(super) ready: bool,
    pub(super) writable: bool,
    /// None while the store cannot be reached.
    pub(super) head: Option<Head>,
    pub(super) projections: Vec<Status>,
    pub(super) disk_free_bytes: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    projection: String,
    generation: String,
    state: String,
}

/// A number of one generation of a projection.
type PerProjection = (&'static str, &'static str, fn(&Status) -> u64);

const PER_PROJECTION: [PerProjection; 4] = [
    ("projection_position", "Last position of the log that a projection has applied", |status| {
        status.row.position.0
    }),
    ("projection_lag_events", "Events of the log that a projection has not applied yet", |status| {
        status.lag_events
    }),
    ("projection_lag_seconds", "Age of the first event that a projection has not applied yet", |status| {
        status.lag_seconds
    }),
    ("projection_parked_events", "Events that a projection has set aside", |status| {
        u64::try_from(status.row.parked).unwrap_or_default()
    }),
];

/// The text of `measured`.
///
/// # Errors
/// When it cannot be formatted.
pub(super) fn encode(measured: &Measured) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("aerosports");
    registry.register("build", "This release", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
    gauge(&mut registry, "ready", "Whether the process can do its work now", measured.ready.into());
    gauge(
        &mut registry,
        "store_writable",
        "Whether log and views took the last write",
        measured.writable.into(),
    );
    gauge(&mut registry, "store_reachable", "Whether the log can be read", measured.head.is_some().into());
    if let Some(head) = measured.head {
        gauge(&mut registry, "log_position", "Last position of the log", head.position.0);
        gauge(&mut registry, "log_timeline", "Timeline of the log", head.timeline.into());
    }
    if let Some(bytes) = measured.disk_free_bytes {
        gauge(&mut registry, "disk_free_bytes", "Free bytes where the data folder is", bytes);
    }
    for (name, help, value) in PER_PROJECTION {
        let family = Family::<Labels, Gauge>::default();
        for status in &measured.projections {
            family.get_or_create(&labels(status)).set(value(status).cast_signed());
        }
        registry.register(name, help, family);
    }
    let mut out = String::new();
    text::encode(&mut out, &registry)?;
    Ok(out)
}

fn gauge(registry: &mut Registry, name: &'static str, help: &'static str, value: u64) {
    let gauge = Gauge::<i64>::default();
    gauge.set(value.cast_signed());
    registry.register(name, help, gauge);
}

fn labels(status: &Status) -> Labels {
    Labels {
        projection: status.row.name.to_string(),
        generation: status.row.generation().to_string(),
        state: status.state.to_owned(),
    }
}

/// Free bytes where `folder` is; none where the system does not say.
#[cfg(unix)]
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    rustix::fs::statvfs(folder).ok().map(|found| found.f_bavail * found.f_frsize)
}

#[cfg(not(unix))]
pub(super) fn free_bytes(_: &Path) -> Option<u64> {
    None
}
