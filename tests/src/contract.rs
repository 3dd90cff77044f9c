//! Every answer that the tests get is held against the document of the service that gave it.
//!
//! A service's document is fetched once, when the service has started; whoever stands between a client and a
//! service ([`crate::Proxy`]) is answered for by the same document.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use aerosports::client::{Client, Observer, Reply};
use anyhow::{Context as _, Result};
use api_contract::{Contract, Exchange};
use http::Method;
use serde_json::Value;

/// What is known of the services started so far. One without a public API has no document.
static CONTRACTS: LazyLock<Mutex<HashMap<SocketAddr, Option<Arc<Contract>>>>> = LazyLock::new(Mutex::default);

/// A client of the service at `address`, whose every answer must be as documented.
///
/// # Panics
/// When one is not: the client panics where it is used.
#[must_use]
pub fn client(address: SocketAddr, api_key: &str) -> Client {
    Client::new(address, api_key).observed_by(Some(observer(address)))
}

/// Fails the test that gets an answer from `address` that is not as documented.
///
/// # Panics
/// The observer panics then.
#[must_use]
pub fn observer(address: SocketAddr) -> Observer {
    Observer::new(move |method, target, reply| {
        let known = CONTRACTS.lock().unwrap_or_else(PoisonError::into_inner).get(&address).cloned();
        match known {
            Some(Some(contract)) => contract.assert(exchange(method, target, reply)),
            Some(None) => {}
            None => panic!("no service is known to be at {address}: start it through the harness"),
        }
    })
}

/// The contract of the service at `address`.
///
/// # Errors
/// When no service with a public API was started there.
pub fn of(address: SocketAddr) -> Result<Arc<Contract>> {
    let known = CONTRACTS.lock().unwrap_or_else(PoisonError::into_inner).get(&address).cloned();
    known.flatten().with_context(|| format!("no service with a document at {address}"))
}

/// Fetches the document of the service that has just started at `address`.
///
/// # Errors
/// When the service does not answer.
pub async fn learn(address: SocketAddr) -> Result<()> {
    let reply = Client::new(address, "").get("/openapi.json", &[]).await.context("fetching the document")?;
    let contract = if reply.status.is_success() {
        let document: Value = reply.json().context("reading the document")?;
        Some(Arc::new(Contract::of(&document)))
    } else {
        None
    };
    CONTRACTS.lock().unwrap_or_else(PoisonError::into_inner).insert(address, contract);
    Ok(())
}

/// `address` leads to the service at `service`.
pub(crate) fn leads_to(address: SocketAddr, service: SocketAddr) {
    let mut contracts = CONTRACTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(contract) = contracts.get(&service).cloned() {
        contracts.insert(address, contract);
    }
}

fn exchange<'a>(method: &'a Method, target: &'a str, reply: &'a Reply) -> Exchange<'a> {
    let content_type = reply.headers.get("content-type").and_then(|value| value.to_str().ok());
    Exchange { method, target, status: reply.status, content_type, body: &reply.body }
}
