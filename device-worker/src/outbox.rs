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
        let pause = match send_all(&store, &*sink).await {
            Ok(true) => {
                delays.reset();
                LOOK_EVERY
            }
            // Somebody has to free the way first: a key, a rate limit.
            Ok(false) => delays.next_delay(),
            Err(error) => {
                let pause = delays.next_delay();
                tracing::warn!(
                    error = format!("{error:#}"),
                    ?pause,
                    "reports wait: command-api did not take them"
                );
                pause
            }
        };
        let waiting = pause == LOOK_EVERY;
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
            () = news.notified(), if waiting => {}
        }
    }
    if let Ok(Err(error)) = timeout(LAST_TRY, send_all(&store, &*sink)).await {
        tracing::info!(error = format!("{error:#}"), "reports are left for the next start");
    }
}

/// Whether everything was taken.
async fn send_all(store: &DeviceStore, sink: &dyn ReportSink) -> Result<bool> {
    let mut all = true;
    for location in store.waiting().await? {
        all &= send_location(store, sink, location).await?;
    }
    Ok(all)
}

async fn send_location(store: &DeviceStore, sink: &dyn ReportSink, location: LocationId) -> Result<bool> {
    loop {
        let pending = store.oldest(location, AT_ONCE).await?;
        if pending.is_empty() {
            return Ok(true);
        }
        let done = send_batch(sink, location, &pending).await?;
        store.taken(&done).await?;
        if done.len() < pending.len() {
            return Ok(false);
        }
    }
}

/// Sends one batch; the numbers that need not be sent again.
async fn send_batch(sink: &dyn ReportSink, location: LocationId, pending: &[Pending]) -> Result<Vec<i64>> {
    let bodies: Vec<String> = pending.iter().map(|report| report.body.clone()).collect();
    let answers = sink.send(location, &bodies).await?;
    ensure!(answers.len() == pending.len(), "{} answers to {} reports", answers.len(), pending.len());
    let mut done = Vec::new();
    for (report, answer) in pending.iter().zip(&answers) {
        if answer.is_temporary() {
            // What follows may build on it: the order is kept.
            break;
        }
        if !answer.is_taken() {
            let code = answer.code.as_deref().unwrap_or("none");
            tracing::warn!(
                status = answer.status,
                code,
                report = report.body,
                "a report was refused for good"
            );
        }
        done.push(report.number);
    }
    Ok(done)
}
