//! Sends reports in order until they are taken, however long command-api is away. A location whose reports are not
//! taken, or a single report, does not delay the others.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use domain::ids::LocationId;
use runtime::retry::Delays;
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Pauses,
    sink::ReportSink,
    store::{DeviceStore, Pending},
};

/// Most reports of one request.
const AT_ONCE: i64 = 100;
/// Looks for reports at least so often.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Last tries when the worker stops; what is left is sent by the next run.
const LAST_TRY: Duration = Duration::from_secs(2);

/// Sends what waits in `store` until `stop`, then tries once more. What was not taken is tried again after `pauses`.
pub async fn run(
    store: DeviceStore,
    sink: Arc<dyn ReportSink>,
    news: Arc<Notify>,
    pauses: Pauses,
    stop: CancellationToken,
) {
    let mut outbox = Outbox { store, sink, pauses, rests: BTreeMap::new() };
    while !stop.is_cancelled() {
        let pause = outbox.send_due().await;
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
            () = news.notified() => {}
        }
    }
    outbox.rests.clear();
    let _late = timeout(LAST_TRY, outbox.send_due()).await;
    if let Ok(left) = outbox.store.waiting().await
        && !left.is_empty()
    {
        tracing::info!(locations = left.len(), "reports are left for the next start");
    }
}

struct Outbox {
    store: DeviceStore,
    sink: Arc<dyn ReportSink>,
    pauses: Pauses,
    /// Locations of which something was not taken.
    rests: BTreeMap<LocationId, Rest>,
}

/// Some reports of a location wait for their next try.
struct Rest {
    until: Instant,
    /// Those up to this number; none when all of them wait.
    tried: Option<i64>,
    delays: Delays,
}

/// What became of a location's reports.
struct Sent {
    /// The last that was tried.
    last: i64,
    /// How many are to be sent again.
    left: usize,
}

impl Outbox {
    /// Sends what may be sent now; how long to wait before the next look.
    async fn send_due(&mut self) -> Duration {
        let waiting = match self.store.waiting().await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the waiting reports cannot be read");
                return LOOK_EVERY;
            }
        };
        self.rests.retain(|location, _| waiting.contains(location));
        for location in waiting {
            self.send_location(location).await;
        }
        let now = Instant::now();
        let pauses = self.rests.values().map(|rest| rest.until.saturating_duration_since(now));
        pauses.fold(LOOK_EVERY, Duration::min)
    }

    async fn send_location(&mut self, location: LocationId) {
        let resting = self.rests.get(&location).filter(|rest| Instant::now() < rest.until);
        let after = match resting.map(|rest| rest.tried) {
            Some(None) => return,
            Some(tried) => tried,
            None => None,
        };
        match self.send_after(location, after.unwrap_or_default()).await {
            Ok(sent) => match self.rests.get_mut(&location).filter(|_| after.is_some()) {
                // The others rest on.
                Some(rest) => rest.tried = Some(sent.last),
                None if sent.left == 0 => drop(self.rests.remove(&location)),
                None => {
                    let pause = self.rest(location, Some(sent.last));
                    tracing::warn!(%location, reports = sent.left, ?pause, "reports wait: they cannot be kept");
                }
            },
            Err(error) => {
                let pause = self.rest(location, None);
                let error = format!("{error:#}");
                tracing::warn!(error, %location, ?pause, "reports wait: command-api did not take them");
            }
        }
    }

    fn rest(&mut self, location: LocationId, tried: Option<i64>) -> Duration {
        let now = Instant::now();
        let pauses = self.pauses;
        let new = || Rest { until: now, tried, delays: pauses.delays() };
        let rest = self.rests.entry(location).or_insert_with(new);
        let pause = rest.delays.next_delay();
        (rest.until, rest.tried) = (now + pause, tried);
        pause
    }

    async fn send_after(&self, location: LocationId, after: i64) -> Result<Sent> {
        let mut sent = Sent { last: after, left: 0 };
        loop {
            let pending = self.store.oldest(location, sent.last, AT_ONCE).await?;
            let Some(last) = pending.last() else { return Ok(sent) };
            let done = self.send_batch(location, &pending).await?;
            self.store.taken(&done).await?;
            (sent.last, sent.left) = (last.number, sent.left + pending.len() - done.len());
        }
    }

    /// Sends one batch; the numbers of those that are done with. A report that is refused for what it says is logged
    /// and given up, since it would be refused again. One that could not be stored is kept.
    async fn send_batch(&self, location: LocationId, pending: &[Pending]) -> Result<Vec<i64>> {
        let bodies: Vec<String> = pending.iter().map(|report| report.body.clone()).collect();
        let answers = self.sink.send(location, &bodies).await?;
        ensure!(answers.len() == pending.len(), "{} answers to {} reports", answers.len(), pending.len());
        let mut done = Vec::with_capacity(pending.len());
        for (report, answer) in pending.iter().zip(&answers).filter(|(_, answer)| !answer.may_change()) {
            if !answer.is_taken() {
                let code = answer.code.as_deref().unwrap_or("none");
                let status = answer.status;
                tracing::warn!(status, code, report = report.body, "a report was refused for good");
            }
            done.push(report.number);
        }
        Ok(done)
    }
}
