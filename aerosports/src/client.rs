//! A small HTTP/1.1 client for the demo, the load generator and the tests: one kept-alive connection,
//! opened again when it breaks. It never retries by itself.

use std::{fmt, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::{net::TcpStream, time::timeout};

/// The longest a connection attempt or an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// One connection to one server with one API key.
pub struct Client {
    address: String,
    api_key: String,
    connection: Option<SendRequest<Full<Bytes>>>,
    observer: Option<Observer>,
}

/// Sees every answer with the method and target of its request. The tests hold answers against the API's
/// document with it.
#[derive(Clone)]
pub struct Observer(Arc<See>);

/// Takes method, target and answer.
type See = dyn Fn(&Method, &str, &Reply) + Send + Sync;

impl Observer {
    /// Calls `see` with every answer.
    pub fn new(see: impl Fn(&Method, &str, &Reply) + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Observer")
    }
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Errors
    /// When it is not, or not of this shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("{} with the body {}", self.status, self.text()))
    }

    /// The body as text, for messages.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// Talks to `address`, host and port, with `api_key`; connects when first used.
    #[must_use]
    pub fn new(address: impl fmt::Display, api_key: &str) -> Self {
        Self { address: address.to_string(), api_key: api_key.to_owned(), connection: None, observer: None }
    }

    /// Shows every answer to `observer` too.
    #[must_use]
    pub fn observed_by(self, observer: Option<Observer>) -> Self {
        Self { observer, ..self }
    }

    /// `GET path`, with extra headers.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn get(&mut self, path: &str, headers: &[(&'static str, &str)]) -> Result<Reply> {
        self.send(Method::GET, path, headers, Bytes::new()).await
    }

    /// `POST path` with a JSON body, with extra headers.
    ///
    /// # Errors
    /// When there is no answer: the command may have taken effect.
    pub async fn post(
        &mut self,
        path: &str,
        headers: &[(&'static str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Reply> {
        self.send(Method::POST, path, headers, body.into()).await
    }

    /// Any request.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Bytes,
    ) -> Result<Reply> {
        let mut request = Request::builder()
            .method(&method)
            .uri(path)
            .header("host", "localhost")
            .header("x-api-key", &self.api_key);
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).context("building the request")?;
        match timeout(PATIENCE, self.exchange(request)).await {
            Ok(Ok(reply)) => {
                if let Some(Observer(see)) = &self.observer {
                    see(&method, path, &reply);
                }
                Ok(reply)
            }
            Ok(Err(error)) => {
                self.connection = None;
                Err(error)
            }
            Err(_) => {
                self.connection = None;
                bail!("no answer within {PATIENCE:?}")
            }
        }
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Reply> {
        let connection = self.connected().await?;
        let response = connection.send_request(request).await.context("sending the request")?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.context("reading the answer")?.to_bytes();
        Ok(Reply { status: parts.status, headers: parts.headers, body })
    }

    async fn connected(&mut self) -> Result<&mut SendRequest<Full<Bytes>>> {
        let usable = match &mut self.connection {
            Some(connection) => connection.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            let stream = TcpStream::connect(&self.address)
                .await
                .with_context(|| format!("connecting to {}", self.address))?;
            stream.set_nodelay(true).context("setting TCP_NODELAY")?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await.context("speaking HTTP")?;
            tokio::spawn(connection);
            self.connection = Some(sender);
        }
        self.connection.as_mut().context("the connection is gone")
    }
}
