//! Rendered answers in memory, bounded by bytes. An answer is kept under its request and the state it
//! follows from, so it is never out of date: when the state moves on, it is not asked for any more, and is
//! dropped in the end.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use axum::http::{HeaderValue, uri::PathAndQuery};
use bytes::Bytes;
use quick_cache::{Weighter, sync};

/// What an entry costs besides its texts.
const OVERHEAD: usize = 256;
/// Answers are about this long.
const USUAL_BYTES: u64 = 4_096;

/// What this build is: see `build.rs`.
pub(crate) const BUILD: &str = env!("QUERY_API_BUILD");

/// What an answer is kept under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// What was asked for.
    target: PathAndQuery,
    /// What the answer follows from; see [`crate::ReadSet`].
    state: String,
}

/// A rendered answer.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) etag: HeaderValue,
    pub(crate) body: Bytes,
}

impl Key {
    pub(crate) fn new(target: PathAndQuery, state: String) -> Self {
        Self { target, state }
    }

    /// Weak, because the pipeline may compress. The build's id is in it, since another build may render the
    /// same rows otherwise.
    pub(crate) fn etag(&self) -> String {
        self.etag_of(BUILD)
    }

    fn etag_of(&self, build: &str) -> String {
        let mut hasher = DefaultHasher::new();
        self.target.as_str().hash(&mut hasher);
        format!("W/\"{build}-{}-{:x}\"", self.state, hasher.finish())
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Arc<Stored>> for ByBytes {
    fn weight(&self, key: &Key, stored: &Arc<Stored>) -> u64 {
        (key.target.as_str().len() + key.state.len() + stored.body.len() + OVERHEAD) as u64
    }
}

/// See the module.
pub(crate) struct Cache(sync::Cache<Key, Arc<Stored>, ByBytes>);

impl Cache {
    pub(crate) fn new(bytes: u64) -> Self {
        let entries = usize::try_from(bytes / USUAL_BYTES).unwrap_or(usize::MAX).max(16);
        Self(sync::Cache::with_weighter(entries, bytes, ByBytes))
    }

    /// The answer under `key`, made by `render` if there is none. Callers who ask for the same meanwhile wait for
    /// that. A failure is not kept.
    pub(crate) async fn get_or_render<E>(
        &self,
        key: &Key,
        render: impl Future<Output = Result<Arc<Stored>, E>>,
    ) -> Result<Arc<Stored>, E> {
        self.0.get_or_insert_async(key, render).await
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        self.0.weight()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use futures::future::join_all;

    use super::*;

    fn key(target: &'static str, state: &str) -> Key {
        Key::new(PathAndQuery::from_static(target), state.to_owned())
    }

    fn stored(bytes: usize) -> Arc<Stored> {
        Arc::new(Stored { etag: HeaderValue::from_static("x"), body: vec![b'x'; bytes].into() })
    }

    #[tokio::test]
    async fn callers_who_ask_at_the_same_time_share_one_rendering() {
        let (cache, rendered) = (Cache::new(1 << 20), AtomicUsize::new(0));
        let (wanted, released) = (key("/a", "1"), tokio::sync::Notify::new());
        let ask = || {
            cache.get_or_render(&wanted, async {
                rendered.fetch_add(1, Ordering::SeqCst);
                released.notified().await;
                Ok::<_, Infallible>(stored(1))
            })
        };
        let asked = join_all((0..20).map(|_| ask()));
        let (answers, ()) = futures::join!(asked, async { released.notify_one() });
        assert_eq!((answers.len(), rendered.load(Ordering::SeqCst)), (20, 1));
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let (cache, wanted) = (Cache::new(1 << 20), key("/a", "1"));
        assert_eq!(cache.get_or_render(&wanted, async { Err("no") }).await.unwrap_err(), "no");
        assert!(cache.get_or_render(&wanted, async { Ok::<_, ()>(stored(1)) }).await.is_ok());
    }

    #[tokio::test]
    async fn bytes_bound_it() {
        let cache = Cache::new(100_000);
        for state in 0..1_000 {
            let answer = async { Ok::<_, Infallible>(stored(1_000)) };
            cache.get_or_render(&key("/a", &state.to_string()), answer).await.unwrap();
        }
        assert!((1..=100_000).contains(&cache.bytes()), "{} bytes", cache.bytes());
    }

    #[test]
    fn an_etag_tells_builds_apart() {
        let key = key("/a", "1");
        assert_ne!(key.etag_of("1f"), key.etag_of("20"));
        assert_eq!(key.etag_of(BUILD), key.etag());
        assert!(BUILD.len() == 16 && BUILD.bytes().all(|byte| byte.is_ascii_hexdigit()), "{BUILD}");
    }

    #[test]
    fn an_etag_tells_requests_and_states_apart() {
        let tags =
            [key("/a", "1").etag(), key("/b", "1").etag(), key("/a?x=1", "1").etag(), key("/a", "2").etag()];
        assert_eq!(tags.iter().collect::<std::collections::HashSet<_>>().len(), tags.len());
        assert_eq!(key("/a", "1").etag(), tags[0]);
    }
}
