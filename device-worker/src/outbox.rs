//! Sends reports in order until they are taken, however long command-api is away.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use shared::{domain::ids::LocationId, retry::Delays};
use tokio::{sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    sink::ReportSink,
    store::{DeviceStore, Pending},
};

/// Most reports of one request.
const AT_ONCE: i64 = 100;
/// Looks for reports at least so often.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Last tries when the worker stops; what is left is sent by the next run.
const LAST_TRY: Duration = Duration::from_secs(2);

/// Sends what waits in `store` until `stop`, then tries once more.
pub async fn run(store: DeviceStore, sink: Arc<dyn ReportSink>, news: Arc<Notify>, stop: CancellationToken) {
    let mut delays = Delays::new(Duration::from_millis(200), Duration::from_secs(30));
    while !stop.is_cancelled() {
        let sent = send_all(&store, &*sink).await;
        let pause = match &sent {
            Ok(()) => {
                delays.reset();
                LOOK_EVERY
            }
            Err(error) => {
                let pause = delays.next_delay();
                let error = format!("{error:#}");
                tracing::warn!(error, ?pause, "reports wait: command-api did not take them");
                pause
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
            () = news.notified(), if sent.is_ok() => {}
        }
    }
    if let Ok(Err(error)) = timeout(LAST_TRY, send_all(&store, &*sink)).await {
        tracing::info!(error = format!("{error:#}"), "reports are left for the next start");
    }
}

async fn send_all(store: &DeviceStore, sink: &dyn ReportSink) -> Result<()> {
    for location in store.waiting().await? {
        send_location(store, sink, location).await?;
    }
    Ok(())
}

async fn send_location(store: &DeviceStore, sink: &dyn ReportSink, location: LocationId) -> Result<()> {
    loop {
        let pending = store.oldest(location, AT_ONCE).await?;
        if pending.is_empty() {
            return Ok(());
        }
        send_batch(sink, location, &pending).await?;
        let numbers: Vec<i64> = pending.iter().map(|report| report.number).collect();
        store.taken(&numbers).await?;
    }
}

/// Sends one batch. What is refused by itself is said and given up: it would be refused again.
async fn send_batch(sink: &dyn ReportSink, location: LocationId, pending: &[Pending]) -> Result<()> {
    let bodies: Vec<String> = pending.iter().map(|report| report.body.clone()).collect();
    let answers = sink.send(location, &bodies).await?;
    ensure!(answers.len() == pending.len(), "{} answers to {} reports", answers.len(), pending.len());
    for (report, answer) in pending.iter().zip(&answers).filter(|(_, answer)| !answer.is_taken()) {
        let code = answer.code.as_deref().unwrap_or("none");
        tracing::warn!(status = answer.status, code, report = report.body, "a report was refused for good");
    }
    Ok(())
}
