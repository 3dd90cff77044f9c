//! A view's answer on its way out: bytes that are rendered already, and the headers of every answer.

use std::{marker::PhantomData, sync::Arc};

use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use domain::log::Token;
use http_api::{DescribeAnswer, OperationDoc, POSITION, Problem};
use utoipa::ToSchema;

use crate::cache::Stored;

/// An answer, documented as a `T`.
pub struct Answer<T> {
    content: Content,
    position: Token,
    documented_as: PhantomData<fn() -> T>,
}

enum Content {
    Kept(Arc<Stored>),
    Once(Bytes),
    /// The caller has it.
    Unchanged(HeaderValue),
}

impl<T> Answer<T> {
    pub(crate) fn kept(stored: Arc<Stored>, position: Token) -> Self {
        Self::new(Content::Kept(stored), position)
    }

    pub(crate) fn once(body: Bytes, position: Token) -> Self {
        Self::new(Content::Once(body), position)
    }

    pub(crate) fn unchanged(etag: HeaderValue, position: Token) -> Self {
        Self::new(Content::Unchanged(etag), position)
    }

    fn new(content: Content, position: Token) -> Self {
        Self { content, position, documented_as: PhantomData }
    }
}

impl<T> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let (status, body, etag) = match self.content {
            Content::Kept(stored) => (StatusCode::OK, stored.body.clone(), Some(stored.etag.clone())),
            Content::Once(body) => (StatusCode::OK, body, None),
            Content::Unchanged(etag) => (StatusCode::NOT_MODIFIED, Bytes::new(), Some(etag)),
        };
        let Ok(position) = HeaderValue::from_maybe_shared(Bytes::from(self.position.to_string())) else {
            return Problem::internal("a position is no header").into_response();
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(POSITION, position);
        // Kept by the caller only, and asked about every time.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if status == StatusCode::OK {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(etag) = etag {
            headers.insert(ETAG, etag);
        }
        response
    }
}

impl<T: ToSchema> DescribeAnswer for Answer<T> {
    fn describe(doc: &mut OperationDoc) {
        doc.answer::<T>(
            StatusCode::OK,
            "What is known at `Aero-Position`, with an `ETag` unless it follows from the very instant.",
        );
        doc.plain_answer(StatusCode::NOT_MODIFIED, "What `If-None-Match` names is still right.");
    }
}
