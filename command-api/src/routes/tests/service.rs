//! The command API behind its pipeline, called without a socket.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use api_contract::{Contract, Exchange};
use auth::{API_KEY_HEADER, ApiKey, KeyKind, NewKey, issue};
use axum::{
    body::Body,
    extract::Request,
    http::{Method, header::CONTENT_TYPE},
};
use domain::ids::LocationId;
use http_api::{About, HttpConfig, Origins, Pipeline, Readiness};
use http_body_util::BodyExt as _;
use runtime::clock::Clock as _;
use serde_json::Value;
use store::SharedStore;
use tokio_util::sync::CancellationToken;

use crate::testing::{Installation, TestClock};

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ABOUT: About = About { title: "Commands", version: "0", description: "" };

/// One process, its store, and an admin's key.
pub(super) struct Service {
    pub(super) store: SharedStore,
    pub(super) clock: Arc<TestClock>,
    pub(super) installation: Installation,
    pipeline: Pipeline,
    contract: Contract,
    admin: String,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) text: String,
}

/// What is sent.
#[derive(Default)]
pub(super) struct Call<'a> {
    pub(super) path: &'a str,
    pub(super) body: String,
    pub(super) key: Option<&'a str>,
    pub(super) headers: &'a [(&'a str, &'a str)],
}

impl Service {
    pub(super) async fn new() -> Self {
        let installation = Installation::new().await;
        let app = installation.app().await;
        let (store, clock) = (app.executor.store().clone(), installation.clock.clone());
        let readiness = Readiness::new(CancellationToken::new());
        let api = app.api();
        let contract = Contract::of(&api.openapi(ABOUT));
        let (router, _) = api.finish(ABOUT, readiness);
        let pipeline = Pipeline::new(router, HttpConfig::default(), Origins::default(), clock.clone());
        let mut service = Self { store, clock, installation, pipeline, contract, admin: String::new() };
        service.admin = service.key(KeyKind::Admin, None).await.expose().to_owned();
        service
    }

    /// A new key.
    pub(super) async fn key(&self, kind: KeyKind, location: Option<LocationId>) -> ApiKey {
        let new = NewKey { kind, name: kind.as_str(), location, expires_at: None };
        issue(&*self.store, &*self.clock, new).await.unwrap().0
    }

    /// Sends anything; `key` absent sends none. Fails the test when the answer is not as documented.
    pub(super) async fn call(&self, call: Call<'_>) -> Reply {
        let mut request =
            Request::builder().method("POST").uri(call.path).header("content-type", "application/json");
        for (name, value) in call.key.map(|key| (API_KEY_HEADER, key)).iter().chain(call.headers) {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(call.body)).unwrap();
        let response = self.pipeline.handle(PEER, request).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        self.contract.assert(Exchange {
            method: &Method::POST,
            target: call.path,
            status: parts.status,
            content_type: parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap()),
            body: &bytes,
        });
        Reply { status: parts.status.as_u16(), text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// Sends a command as an admin.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_with(path, body, &[]).await
    }

    /// The same with more headers.
    pub(super) async fn post_with(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
        self.raw(path, body.to_string(), headers).await
    }

    /// The same with exactly this text as its body.
    pub(super) async fn raw(&self, path: &str, body: String, headers: &[(&str, &str)]) -> Reply {
        self.call(Call { path, body, key: Some(&self.admin), headers }).await
    }

    /// The last position of the log.
    pub(super) async fn head(&self) -> u64 {
        self.store.head().await.unwrap().position.0
    }

    pub(super) fn fresh_id(&self) -> String {
        self.clock.new_uuid().to_string()
    }
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body of an accepted command.
    pub(super) fn accepted(&self) -> Value {
        assert!(matches!(self.status, 200 | 201), "{self:?}");
        self.json()
    }

    /// Status and the end of the problem's `type`.
    pub(super) fn problem(&self) -> (u16, String) {
        let json = self.json();
        let kind = json["type"].as_str().unwrap_or_else(|| panic!("no problem: {self:?}"));
        (self.status, kind.trim_start_matches("/problems/").to_owned())
    }

    /// The problem but for what tells one request from another.
    pub(super) fn anonymous_problem(&self) -> Value {
        let mut json = self.json();
        let object = json.as_object_mut().unwrap();
        object.remove("request_id");
        object.remove("trace_id");
        json
    }

    /// Pointer and code of the first refused field.
    pub(super) fn field(&self) -> (String, String) {
        let error = &self.json()["errors"][0];
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (text("field"), text("code"))
    }
}

/// A refusal of status and code.
pub(super) fn problem(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
