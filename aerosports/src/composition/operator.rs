//! What operators and their monitoring ask a running process: `/metrics` for Prometheus and `/status` for people, on an
//! address of its own. Everything is looked up when it is asked for. No personal data is there, and no key is needed: the
//! address is for this machine, or for a network of operators.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use http_api::{HttpConfig, Origins, Pipeline, Readiness, Server};
use projector::{Status, StoreLog, list_projections};
use read_store::ReadStore;
use runtime::{
    clock::SharedClock,
    config::{Declared as _, Settings},
    lifecycle::Tasks,
};
use serde_json::{Value, json};
use store::SharedStore;
use tokio::net::TcpListener;

use super::metrics::{Measured, encode};
use crate::settings::declared::OPERATOR_LISTEN;

/// What Prometheus reads. Source: `OpenMetrics` 1.0, "Overall Structure".
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Where the answers come from.
pub struct Sources {
    /// The log.
    pub store: SharedStore,
    /// The views.
    pub db: ReadStore,
    /// What `/readyz` says.
    pub readiness: Readiness,
    /// For ages.
    pub clock: SharedClock,
    /// The data folder, where there is one.
    pub folder: Option<PathBuf>,
}

/// Answers operators until the process stops, unless that is turned off.
///
/// # Errors
/// When the address that a setting gives cannot be listened on; the default may be taken by another process.
pub async fn answer_operators(settings: &Settings, tasks: &Tasks, sources: Sources) -> Result<()> {
    let Some(address) = settings.get(&OPERATOR_LISTEN)? else { return Ok(()) };
    let listener = match http_api::listen(address.resolve().await?).await {
        Ok(listener) => listener,
        Err(error) if !settings.is_given(OPERATOR_LISTEN.declaration()) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "nothing answers /metrics: set AEROSPORTS_OPERATOR_LISTEN to a free address, or to off"
            );
            return Ok(());
        }
        Err(error) => return Err(error).context("AEROSPORTS_OPERATOR_LISTEN"),
    };
    serve(listener, tasks, sources)
}

fn serve(listener: TcpListener, tasks: &Tasks, sources: Sources) -> Result<()> {
    let clock = sources.clock.clone();
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/status", get(status))
        .with_state(Arc::new(sources));
    let pipeline = Pipeline::new(router, HttpConfig::default(), Origins::default(), clock);
    let server = Server::on(listener, pipeline);
    let address = server.local_address().context("asking for the port")?;
    tracing::info!(address = %address, "/metrics and /status are answered");
    let (soft, hard) = (tasks.soft(), tasks.hard());
    tasks.spawn("operators", async move {
        server.serve(soft, hard).await;
        Ok(())
    });
    Ok(())
}

async fn metrics(State(sources): State<Arc<Sources>>) -> Response {
    match encode(&measure(&sources).await) {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn status(State(sources): State<Arc<Sources>>) -> Json<Value> {
    let measured = measure(&sources).await;
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "ready": measured.ready,
        "checks": sources.readiness.checks(),
        "log": measured.head.map(|head| json!({"timeline": head.timeline, "position": head.position.0})),
        "not_writable": sources.store.unwritable(),
        "disk_free_bytes": measured.disk_free_bytes,
        "projections": measured.projections.iter().map(shown).collect::<Vec<_>>(),
    }))
}

fn shown(status: &Status) -> Value {
    json!({
        "name": &*status.row.name,
        "version": status.row.version,
        "position": status.row.position.0,
        "lag_events": status.lag_events,
        "lag_seconds": status.lag_seconds,
        "state": status.state,
        "parked": status.row.parked,
    })
}

/// What cannot be read now is left out.
async fn measure(sources: &Sources) -> Measured {
    let events = StoreLog::new(sources.store.clone(), std::time::Duration::from_secs(1));
    let projections = list_projections(&sources.db, &events, sources.clock.now()).await;
    Measured {
        ready: sources.readiness.is_ready(),
        writable: sources.store.unwritable().is_none() && sources.db.unwritable().is_none(),
        head: sources.store.head().await.ok(),
        projections: projections.unwrap_or_default(),
        disk_free_bytes: sources.folder.as_deref().and_then(super::metrics::free_bytes),
    }
}
