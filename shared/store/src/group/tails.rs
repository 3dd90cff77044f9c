//! Joins callers that want stream tails at the same time into one query, as the appender joins commands:
//! every command on a stream nobody has cached asks here first.

use std::{collections::HashMap, time::Duration};

use domain::{ids::StreamName, log::Version};
use events::RecordedEvent;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::fault::replicate;
use crate::StoreError;

/// Most streams in one query; one request always fits.
const MAX_STREAMS: usize = 512;
/// Requests that may wait.
const QUEUE: usize = 4_096;
/// Longest wait for a place in the queue.
const QUEUE_WAIT: Duration = Duration::from_secs(2);

/// What a backend does to find tails.
pub(crate) trait ReadTails: Send + 'static {
    /// The events of each stream in `first` from the version there on, in any order. After an error the
    /// next call starts afresh.
    fn read_tails(
        &mut self,
        first: &HashMap<&str, u64>,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, StoreError>> + Send;

    /// Ends the connection, if there is one.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// Streams, each with the first version wanted.
pub(crate) type Wanted = Vec<(StreamName, Version)>;
/// Their tails, in the same order.
pub(crate) type Tails = Vec<Vec<RecordedEvent>>;

struct Request {
    wanted: Wanted,
    reply: oneshot::Sender<Result<Tails, StoreError>>,
}

/// The callers' end.
#[derive(Clone)]
pub(crate) struct TailReader(mpsc::Sender<Request>);

impl TailReader {
    /// The reader, and the task that must run for it.
    pub(crate) fn new<R: ReadTails>(
        backend: R,
        closing: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + use<R>) {
        let (sender, queue) = mpsc::channel(QUEUE);
        let task = Task { queue, backend, closing };
        (Self(sender), task.run())
    }

    pub(crate) async fn read(&self, wanted: Wanted) -> Result<Tails, StoreError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, answer) = oneshot::channel();
        self.0
            .send_timeout(Request { wanted, reply }, QUEUE_WAIT)
            .await
            .map_err(|error| StoreError::Unavailable(anyhow::anyhow!("the queue of reads: {error}")))?;
        answer.await.map_err(|_| StoreError::Unavailable(anyhow::anyhow!("the store is closing")))?
    }
}

struct Task<R> {
    queue: mpsc::Receiver<Request>,
    backend: R,
    closing: CancellationToken,
}

impl<R: ReadTails> Task<R> {
    async fn run(mut self) {
        while let Some(first) = self.next().await {
            let requests = self.drain(first);
            match self.query(&requests).await {
                Ok(found) => answer(requests, &found),
                Err(error) => {
                    for request in requests {
                        let _gone = request.reply.send(Err(replicate(&error)));
                    }
                }
            }
        }
        self.backend.close().await;
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
        Ok(sorted(self.backend.read_tails(&first).await?))
    }
}

fn sorted(events: Vec<RecordedEvent>) -> HashMap<StreamName, Vec<RecordedEvent>> {
    let mut found: HashMap<StreamName, Vec<RecordedEvent>> = HashMap::new();
    for event in events {
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
    found
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
