//! The rest of a request's body that nobody read: a refusal may come before it. It is read and thrown away where
//! it is small and comes soon; otherwise the answer says that the connection closes.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::timeout;

/// Most of a rest that is read.
const LARGEST: usize = 256 * 1024;
/// Longest time for it.
const LONGEST: Duration = Duration::from_secs(1);

/// A body while somebody reads it; none: it was read to its end, or the rest was taken away.
type Shared = Arc<Mutex<Option<Incoming>>>;

/// What is left of a body once its request is answered.
pub(super) struct Rest(Option<Shared>);

/// The body for whoever answers, and the handle on what that leaves.
pub(super) fn split(body: Incoming) -> (Body, Rest) {
    if body.is_end_stream() {
        return (Body::empty(), Rest(None));
    }
    let shared = Arc::new(Mutex::new(Some(body)));
    (Body::new(Reader(shared.clone())), Rest(Some(shared)))
}

impl Rest {
    /// Reads on where that is worth it; whether the body has then been read to its end. A sender who waits for
    /// leave to send is not given it any more.
    pub(super) async fn finish(self, waits_for_leave: bool) -> bool {
        let left = self.0.and_then(|shared| shared.lock().unwrap_or_else(PoisonError::into_inner).take());
        let Some(mut body) = left else { return true };
        if body.is_end_stream() {
            return true;
        }
        if waits_for_leave || body.size_hint().lower() > LARGEST as u64 {
            return false;
        }
        let drain = async {
            let mut read = 0;
            while let Some(frame) = body.frame().await {
                let Ok(frame) = frame else { return false };
                read += frame.data_ref().map_or(0, Bytes::len);
                if read > LARGEST {
                    return false;
                }
            }
            true
        };
        timeout(LONGEST, drain).await.unwrap_or(false)
    }
}

struct Reader(Shared);

impl HttpBody for Reader {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(body) = shared.as_mut() else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(cx);
        if let Poll::Ready(None) = frame {
            *shared = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        let shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}
