//! What every view's request has in common: it may have to wait for a command's effect, the caller may
//! have the answer already, or somebody else asked for it before.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, request::Parts, uri::PathAndQuery},
};
use bytes::Bytes;
use serde::Serialize;
use shared::domain::log::{Position, Token};
use shared::{
    auth::Principal,
    http::{Caller, DescribeArgument, Freshness, IfNoneMatch, Problem},
    sql::progress::Waited,
};
use tokio::time::Instant;

use crate::{
    Answer, QueryApi, Reads,
    cache::{Key, Stored},
};

/// When to try again for what was not there in time.
const RETRY: Duration = Duration::from_secs(1);

/// The request of a view, as far as no view reads it itself.
pub struct View {
    /// Who asks.
    pub caller: Arc<Principal>,
    target: PathAndQuery,
    freshness: Freshness,
    known: IfNoneMatch,
}

impl FromRequestParts<QueryApi> for View {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &QueryApi) -> Result<Self, Problem> {
        let Caller(caller) = Caller::from_request_parts(parts, state).await?;
        let target = parts.uri.path_and_query().cloned();
        Ok(Self {
            caller,
            target: target.ok_or_else(|| Problem::misbuilt("a request without a path"))?,
            freshness: Freshness::find(&parts.headers)?,
            known: IfNoneMatch::find(&parts.headers),
        })
    }
}

// Its headers stand on every query.
impl DescribeArgument for View {}

impl View {
    /// The answer that `render` gives, or the one it gave before in the same state; 304 when the caller
    /// has that. `reads` must name every projection whose tables `render` reads, `render` must follow
    /// from nothing but those, the request's path and query, and what else `reads` names.
    ///
    /// # Errors
    /// 503 when a position asked for is not reached in time or a view is not built yet, 409 for another
    /// timeline's position; and what `render` refuses.
    pub async fn answer<T, F>(
        self,
        api: &QueryApi,
        reads: Reads,
        render: impl FnOnce() -> F + Send,
    ) -> Result<Answer<T>, Problem>
    where
        T: Serialize,
        F: Future<Output = Result<T, Problem>> + Send,
    {
        let timeline = api.timeline();
        if let Some(token) = self.freshness.at_least {
            self.wait(api, &reads, token, timeline).await?;
        }
        // The state is read before the rows, so that rows may be newer than their name says, never older.
        let position = Token { timeline, position: reads.position(api.progress())? };
        let Some(state) = reads.state(api.progress(), timeline)? else {
            return Ok(Answer::once(body(&render().await?)?, position));
        };
        let key = Key::new(self.target, state);
        let etag = key.etag();
        if !self.known.is_any() && self.known.has(&etag) {
            return Ok(Answer::unchanged(header(etag)?, position));
        }
        let rendered = async {
            let body = body(&render().await?)?;
            Ok::<_, Problem>(Arc::new(Stored { etag: header(etag)?, body }))
        };
        let stored = api.cache().get_or_render(&key, rendered).await?;
        // `*` stands for whatever there is; only now it is known that there is something.
        if self.known.is_any() {
            return Ok(Answer::unchanged(stored.etag.clone(), position));
        }
        Ok(Answer::kept(stored, position))
    }

    async fn wait(&self, api: &QueryApi, reads: &Reads, token: Token, timeline: u32) -> Result<(), Problem> {
        if token.timeline != timeline {
            return Err(other_timeline(token, timeline));
        }
        let deadline = Instant::now() + self.freshness.max_wait;
        for projection in reads.projections() {
            let waited = api.progress().wait_for(projection, token.position, deadline).await;
            if let Waited::TimedOut(at) = waited
                && !self.freshness.stale_ok
            {
                return Err(not_there_yet(token.position, at));
            }
        }
        Ok(())
    }
}

fn body(answer: &impl Serialize) -> Result<Bytes, Problem> {
    serde_json::to_vec(answer).map(Bytes::from).map_err(Problem::internal)
}

fn header(text: String) -> Result<HeaderValue, Problem> {
    HeaderValue::from_maybe_shared(Bytes::from(text)).map_err(Problem::internal)
}

fn other_timeline(token: Token, timeline: u32) -> Problem {
    let detail = format!(
        "The token {token} is of timeline {}, but the log was restored and is on timeline {timeline}: read \
         without it, and decide from what is there now.",
        token.timeline
    );
    Problem::conflict("other_timeline", "The log was restored", detail).with("timeline", timeline)
}

fn not_there_yet(wanted: Position, at: Position) -> Problem {
    let detail = format!(
        "The view is at position {at}, behind {wanted}. Ask again after the time in Retry-After, wait longer \
         with Aero-Max-Wait, or take an older answer with Aero-Allow-Stale."
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_there_yet", "Not there yet", detail)
        .with("position", at.0)
        .retry_after(RETRY)
}
