//! Reports on their way to a command API that refuses some of them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use device_worker::{
    Answer, FoundPlug, Pauses, ReportSink, outbox,
    store::{Batch, DeviceStore, NewReport},
};
use domain::{ids::LocationId, log::Position};
use tempfile::TempDir;
use tokio::{sync::Notify, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Whatever is waited for comes sooner, or not at all.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pauses between tries.
const PAUSES: Pauses = Pauses { first: Duration::from_millis(50), longest: Duration::from_secs(1) };

const ONE: LocationId = LocationId(Uuid::from_u128(1));
const OTHER: LocationId = LocationId(Uuid::from_u128(2));

/// Takes what it has no other status for; notes what it took, in order.
#[derive(Default)]
struct Picky {
    /// Locations that it refuses as a whole, as it does with a key of another location.
    refused: Mutex<Vec<LocationId>>,
    /// Reports that it gives a status of their own.
    statuses: Mutex<BTreeMap<String, u16>>,
    taken: Mutex<Vec<String>>,
    requests: Mutex<Vec<Vec<String>>>,
}

#[async_trait]
impl ReportSink for Picky {
    async fn send(&self, location: LocationId, reports: &[String]) -> anyhow::Result<Vec<Answer>> {
        anyhow::ensure!(!self.refused.lock().unwrap().contains(&location), "403 Forbidden");
        self.requests.lock().unwrap().push(reports.to_vec());
        let statuses = self.statuses.lock().unwrap();
        let status = |report: &String| statuses.get(report).copied().unwrap_or(200);
        let taken = reports.iter().filter(|report| status(report) == 200).cloned();
        self.taken.lock().unwrap().extend(taken);
        Ok(reports.iter().map(|report| Answer { status: status(report), code: None }).collect())
    }

    async fn register(&self, _: LocationId, _: &FoundPlug) -> anyhow::Result<()> {
        anyhow::bail!("nothing is found here")
    }
}

impl Picky {
    async fn took(&self, number: usize) -> Vec<String> {
        let taken = async {
            loop {
                let taken = self.taken.lock().unwrap().clone();
                if taken.len() >= number {
                    return taken;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = timeout(PATIENCE, taken).await;
        waited.unwrap_or_else(|_| panic!("took only {:?}", self.taken.lock().unwrap()))
    }
}

/// An outbox that is emptied.
struct Outbox {
    store: DeviceStore,
    sink: Arc<Picky>,
    news: Arc<Notify>,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
    _dir: TempDir,
}

impl Outbox {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = DeviceStore::open(&dir.path().join("devices.db")).await.unwrap();
        let (sink, news, stop) = Default::default();
        Self { store, sink, news, stop, running: None, _dir: dir }
    }

    fn start(&mut self) {
        let (store, sink, news) = (self.store.clone(), self.sink.clone(), self.news.clone());
        self.running = Some(tokio::spawn(outbox::run(store, sink, news, PAUSES, self.stop.clone())));
    }

    async fn put(&self, location: LocationId, bodies: &[String]) {
        let mut batch = Batch::at(Position(1));
        let report = |body: &String| NewReport { location, is_reading: false, body: body.clone() };
        batch.reports = bodies.iter().map(report).collect();
        self.store.save(&batch).await.unwrap();
        self.news.notify_one();
    }

    async fn is_empty(&self) {
        let empty = async {
            while !self.store.waiting().await.unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, empty).await.unwrap();
    }

    async fn end(self) {
        self.stop.cancel();
        self.running.unwrap().await.unwrap();
        self.store.close().await;
    }
}

fn bodies(of: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{{\"{of}\":{number}}}")).collect()
}

#[tokio::test]
async fn a_location_whose_reports_are_refused_keeps_no_other_waiting() {
    let mut outbox = Outbox::open().await;
    let (first, second) = (bodies("one", 3), bodies("other", 250));
    outbox.put(ONE, &first).await;
    outbox.put(OTHER, &second).await;
    outbox.sink.refused.lock().unwrap().push(ONE);
    outbox.start();
    assert_eq!(outbox.sink.took(250).await, second);
    // What comes later does not wait for the next try of what was refused either.
    for number in 0..10 {
        outbox.put(OTHER, &bodies("later", 1)).await;
        outbox.sink.took(251 + number).await;
    }
    assert_eq!(outbox.store.waiting().await.unwrap(), [ONE], "it is not given up");
    outbox.sink.refused.lock().unwrap().clear();
    assert_eq!(outbox.sink.took(263).await[260..], first);
    outbox.is_empty().await;
    outbox.end().await;
}

#[tokio::test]
async fn what_cannot_be_kept_by_itself_is_sent_again_and_holds_up_nothing() {
    let mut outbox = Outbox::open().await;
    // More than one request holds, so that they would fill each of them.
    let (stuck, good) = (bodies("stuck", 120), bodies("good", 130));
    let statuses: BTreeMap<_, _> = stuck.iter().map(|body| (body.clone(), 500)).collect();
    *outbox.sink.statuses.lock().unwrap() = statuses;
    outbox.put(ONE, &stuck).await;
    outbox.put(ONE, &good).await;
    outbox.start();
    assert_eq!(outbox.sink.took(130).await, good);
    outbox.put(ONE, &bodies("later", 1)).await;
    outbox.sink.took(131).await;
    outbox.sink.statuses.lock().unwrap().clear();
    assert_eq!(outbox.sink.took(251).await[131..], stuck);
    outbox.is_empty().await;
    outbox.end().await;
}

#[tokio::test]
async fn what_would_be_refused_again_is_given_up() {
    let mut outbox = Outbox::open().await;
    let reports = bodies("report", 3);
    outbox.sink.statuses.lock().unwrap().insert(reports[1].clone(), 404);
    outbox.put(ONE, &reports).await;
    outbox.start();
    outbox.is_empty().await;
    assert_eq!(*outbox.sink.taken.lock().unwrap(), [reports[0].clone(), reports[2].clone()]);
    assert_eq!(*outbox.sink.requests.lock().unwrap(), [reports]);
    outbox.end().await;
}
