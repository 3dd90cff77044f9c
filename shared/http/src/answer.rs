//! A command's answer: the JSON object that is stored with its events, with the token added on the way out.

use std::marker::PhantomData;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use domain::log::Token;

use super::problem::Problem;

/// The answer to a command, documented as a `T` with status `STATUS`. The bytes come from the store, so that
/// the first answer and a repeated one are the same.
#[derive(Clone, Debug)]
pub struct CommandAnswer<T, const STATUS: u16 = 200> {
    status: u16,
    body: String,
    token: Token,
    documented_as: PhantomData<fn() -> T>,
}

impl<T, const STATUS: u16> CommandAnswer<T, STATUS> {
    /// The stored `status` and `body` (a JSON object without a token), and the token of their position.
    #[must_use]
    pub fn new(status: u16, body: String, token: Token) -> Self {
        Self { status, body, token, documented_as: PhantomData }
    }
}

/// The answer to a command that makes something, 201, or names what is there already, 200.
#[derive(Clone, Debug)]
pub struct CreatedOrKnown<T>(pub CommandAnswer<T, 201>);

impl<T> IntoResponse for CreatedOrKnown<T> {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl<T, const STATUS: u16> IntoResponse for CommandAnswer<T, STATUS> {
    fn into_response(self) -> Response {
        let Ok(status) = StatusCode::from_u16(self.status) else {
            return Problem::internal("a stored answer has no HTTP status").into_response();
        };
        let Some(members) = self.body.strip_prefix('{') else {
            return Problem::internal("a stored answer is not a JSON object").into_response();
        };
        let comma = if members.trim_start().starts_with('}') { "" } else { "," };
        let body = format!("{{\"token\":\"{}\"{comma}{members}", self.token);
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn rendered(body: &str) -> (u16, String) {
        let answer = CommandAnswer::<(), 201>::new(201, body.into(), "1.42".parse().unwrap());
        let response = answer.into_response();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_token_is_added_to_the_stored_object() {
        assert_eq!(rendered("{}").await, (201, r#"{"token":"1.42"}"#.into()));
        assert_eq!(rendered(r#"{"id":"a"}"#).await, (201, r#"{"token":"1.42","id":"a"}"#.into()));
        assert_eq!(rendered("[]").await.0, 500);
    }
}
