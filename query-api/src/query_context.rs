//! What every query has in common: it may have to wait for a command's effect; the caller may have the answer
//! already; the answer may be in the cache.

use std::sync::Arc;

use auth::Principal;
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, request::Parts, uri::PathAndQuery},
};
use bytes::Bytes;
use domain::log::Token;
use http_api::{Caller, DescribeArgument, Freshness, IfNoneMatch, Problem};
use read_store::progress::Waited;
use serde::Serialize;
use tokio::time::Instant;

use crate::{
    Answer, QueryApi, QueryError, ReadSet, Tables,
    cache::{Key, Stored},
};

/// The request of a query, as far as no view reads it itself.
pub struct QueryContext {
    /// Who asks.
    pub caller: Arc<Principal>,
    target: PathAndQuery,
    freshness: Freshness,
    known: IfNoneMatch,
}

impl FromRequestParts<QueryApi> for QueryContext {
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
impl DescribeArgument for QueryContext {}

impl QueryContext {
    /// The answer that `render` gives, or the one it gave before in the same state; 304 when the caller
    /// has that. `render` gets the tables that `reads` names, and must follow from nothing but those, the
    /// request's path and query, and what else `reads` names.
    ///
    /// # Errors
    /// 503 when a position asked for is not reached in time or a view is not built yet, 409 for another
    /// timeline's position; and what `render` refuses.
    pub async fn answer<T, F>(
        self,
        api: &QueryApi,
        reads: ReadSet,
        render: impl FnOnce(Tables) -> F + Send,
    ) -> Result<Answer<T>, Problem>
    where
        T: Serialize,
        F: Future<Output = Result<T, QueryError>> + Send,
    {
        if let Some(token) = self.freshness.at_least {
            self.wait(api, &reads, token).await?;
        }
        let history = api.history();
        // The state is read before the rows: these may be newer than the state that names them, never older.
        let position = reads.position(api.progress()).map_err(QueryError::from)?;
        let position = Token { timeline: history.timeline, position };
        let state = reads.state(api.progress(), history).map_err(QueryError::from)?;
        let Some(state) = state else {
            return Ok(Answer::once(body(&render(reads.tables(api.store())).await?)?, position));
        };
        let key = Key::new(self.target, state);
        let etag = key.etag();
        if !self.known.is_any() && self.known.has(&etag) {
            return Ok(Answer::unchanged(header(etag)?, position));
        }
        let rendered = async {
            let body = body(&render(reads.tables(api.store())).await?)?;
            Ok::<_, Problem>(Arc::new(Stored { etag: header(etag)?, body }))
        };
        let stored = api.cache().get_or_render(&key, rendered).await?;
        // `*` stands for whatever there is; only now it is known that there is something.
        if self.known.is_any() {
            return Ok(Answer::unchanged(stored.etag.clone(), position));
        }
        Ok(Answer::kept(stored, position))
    }

    async fn wait(&self, api: &QueryApi, reads: &ReadSet, token: Token) -> Result<(), QueryError> {
        let deadline = Instant::now() + self.freshness.max_wait;
        api.enter_timeline_of(token, deadline).await?;
        for projection in reads.projections() {
            let waited = api.progress().wait_for(projection, token.position, deadline).await;
            if let Waited::TimedOut(at) = waited
                && !self.freshness.stale_ok
            {
                return Err(QueryError::NotThereYet { wanted: token.position, at });
            }
        }
        Ok(())
    }
}

fn body(answer: &impl Serialize) -> Result<Bytes, QueryError> {
    Ok(serde_json::to_vec(answer)?.into())
}

fn header(text: String) -> Result<HeaderValue, Problem> {
    HeaderValue::from_maybe_shared(Bytes::from(text)).map_err(Problem::internal)
}
