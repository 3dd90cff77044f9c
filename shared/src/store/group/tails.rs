//! Joins callers that want stream tails at the same time into one query, as the appender joins commands:
//! every command on a stream nobody has cached asks here first.

use std::{collections::HashMap, path::Path, time::Duration};

use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    connect,
    fault::{replicate, store_error},
    rows::{EventReader, event_columns},
    writer::Writer,
};
use crate::{
    domain::ids::StreamName,
    events::RecordedEvent,
    store::{StoreError, Version},
};

/// Most streams in one query; one request always fits.
const MAX_STREAMS: usize = 512;
/// Requests that may wait.
const QUEUE: usize = 4_096;
/// Longest wait for a place in the queue.
const QUEUE_WAIT: Duration = Duration::from_secs(2);

/// Names map to the first version wanted; CROSS JOIN keeps the list as the outer loop.
const READ_TAILS: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM json_each(?) AS wanted CROSS JOIN streams AS s ON s.name = wanted.key",
    " CROSS JOIN events AS e ON e.stream_number = s.number AND e.version >= wanted.value"
);

type Wanted = Vec<(StreamName, Version)>;
type Tails = Vec<Vec<RecordedEvent>>;

struct Request {
    wanted: Wanted,
    reply: oneshot::Sender<Result<Tails, StoreError>>,
}

/// The callers' end.
#[derive(Clone)]
pub(super) struct TailReader(mpsc::Sender<Request>);

impl TailReader {
    /// The reader, and the task that must run for it.
    pub(super) fn new(file: &Path, closing: CancellationToken) -> (Self, impl Future<Output = ()> + use<>) {
        let (sender, queue) = mpsc::channel(QUEUE);
        let task = Task { queue, conn: Writer::new(connect::reading(file)), closing };
        (Self(sender), task.run())
    }

    pub(super) async fn read(&self, wanted: Wanted) -> Result<Tails, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.0
            .send_timeout(Request { wanted, reply }, QUEUE_WAIT)
            .await
            .map_err(|error| StoreError::Unavailable(anyhow::anyhow!("the queue of reads: {error}")))?;
        answer.await.map_err(|_| StoreError::Unavailable(anyhow::anyhow!("the store is closing")))?
    }
}

struct Task {
    queue: mpsc::Receiver<Request>,
    conn: Writer,
    closing: CancellationToken,
}

impl Task {
    async fn run(mut self) {
        while let Some(first) = self.next().await {
            let requests = self.drain(first);
            match self.query(&requests).await {
                Ok(found) => answer(requests, &found),
                Err(error) => {
                    self.conn.close().await;
                    for request in requests {
                        let _gone = request.reply.send(Err(replicate(&error)));
                    }
                }
            }
        }
        self.conn.close().await;
    }

    async fn next(&mut self) -> Option<Request> {
        tokio::select! {
            biased;
            () = self.closing.cancelled() => None,
            request = self.queue.recv() => request,
        }
    }

    fn drain(&mut self, first: Request) -> Vec<Request> {
        let mut streams = first.wanted.len();
        let mut requests = vec![first];
        while streams < MAX_STREAMS {
            let Ok(request) = self.queue.try_recv() else { break };
            streams += request.wanted.len();
            requests.push(request);
        }
        requests
    }

    async fn query(
        &mut self,
        requests: &[Request],
    ) -> Result<HashMap<StreamName, Vec<RecordedEvent>>, StoreError> {
        let mut first: HashMap<&str, u64> = HashMap::new();
        for (stream, from) in requests.iter().flat_map(|request| &request.wanted) {
            let lowest = first.entry(stream.as_str()).or_insert(from.0);
            *lowest = from.0.min(*lowest);
        }
        let wanted = serde_json::to_string(&first).map_err(|error| StoreError::Misuse(error.to_string()))?;
        fetch(self.conn.conn().await?, wanted).await
    }
}

async fn fetch(
    conn: &mut SqliteConnection,
    wanted: String,
) -> Result<HashMap<StreamName, Vec<RecordedEvent>>, StoreError> {
    let rows = sqlx::query(READ_TAILS).bind(wanted).fetch_all(conn).await.map_err(store_error)?;
    let mut reader = EventReader::default();
    let mut found: HashMap<StreamName, Vec<RecordedEvent>> = HashMap::new();
    for row in &rows {
        let event = reader.read(row)?;
        match found.get_mut(&event.stream) {
            Some(tail) => tail.push(event),
            None => {
                found.insert(event.stream.clone(), vec![event]);
            }
        }
    }
    for tail in found.values_mut() {
        tail.sort_unstable_by_key(|event| event.version);
    }
    Ok(found)
}

fn answer(requests: Vec<Request>, found: &HashMap<StreamName, Vec<RecordedEvent>>) {
    let tail = |(stream, from): &(StreamName, Version)| {
        let events = found.get(stream).map_or(&[][..], Vec::as_slice);
        let skip = events.partition_point(|event| event.version < *from);
        events.iter().skip(skip).cloned().collect()
    };
    for request in requests {
        let tails = request.wanted.iter().map(tail).collect();
        let _gone = request.reply.send(Ok(tails));
    }
}
