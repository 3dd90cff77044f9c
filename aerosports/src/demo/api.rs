//! One client of the venue: sends a command until it is answered, always under the same
//! `Idempotency-Key`, and writes what it was told into the ledger.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{Day, Target, ledger::Ledger};
use crate::client::{Client, Reply};

/// A client of the venue.
pub struct Api {
    commands: Client,
    queries: Client,
    ledger: Arc<Mutex<Ledger>>,
    patience: Duration,
}

/// What became of a command.
#[derive(Debug)]
pub enum Outcome {
    /// 2xx, with the answer's body.
    Accepted(Value),
    /// 4xx, with the problem's code.
    Refused(String),
}

impl Outcome {
    /// The body of an acceptance.
    ///
    /// # Errors
    /// When it was a refusal: the demo expected this command to be taken.
    pub fn accepted(self) -> Result<Value> {
        match self {
            Self::Accepted(body) => Ok(body),
            Self::Refused(code) => bail!("refused: {code}"),
        }
    }
}

impl Api {
    /// A client with a connection of its own.
    #[must_use]
    pub fn new(target: &Target, day: &Day, ledger: Arc<Mutex<Ledger>>) -> Self {
        let [see_commands, see_queries] =
            target.observers.clone().map_or([None, None], |both| both.map(Some));
        Self {
            commands: Client::new(target.command, &target.api_key).observed_by(see_commands),
            queries: Client::new(target.query, &target.api_key).observed_by(see_queries),
            ledger,
            patience: day.patience,
        }
    }

    /// A client that only reads, and wants to see everything in `ledger`.
    #[must_use]
    pub fn reader(target: &Target, day: &Day, ledger: &Ledger) -> Self {
        let seen = Ledger { token: ledger.token.clone(), ..Ledger::default() };
        Self::new(target, day, Arc::new(Mutex::new(seen)))
    }

    /// The ledger every client of the day writes to.
    pub async fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().await
    }

    /// Sends a command until it is answered.
    ///
    /// # Errors
    /// When the server stays away too long, or fails for another reason than being away.
    pub async fn command(&mut self, path: &str, body: &Value) -> Result<Outcome> {
        let key = fresh_key();
        let body = body.to_string();
        let deadline = Instant::now() + self.patience;
        loop {
            let begun = Instant::now();
            let reply = self.commands.post(path, &[("idempotency-key", &key)], body.clone()).await;
            match reply {
                Ok(reply) if reply.status.is_success() => return self.accept(&reply, begun.elapsed()).await,
                Ok(reply) if is_refusal(&reply) => return self.refuse(path, &reply).await,
                away if Instant::now() > deadline => return give_up(path, away),
                _ => {
                    self.ledger.lock().await.retried += 1;
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// Reads, waiting until the view has seen everything the clients were told.
    ///
    /// # Errors
    /// When the answer is not 200, or never comes.
    pub async fn query(&mut self, path: &str) -> Result<Value> {
        let token = self.ledger.lock().await.token.clone().unwrap_or_else(|| "1.0".to_owned());
        let deadline = Instant::now() + self.patience;
        loop {
            let headers = [("aero-min-position", token.as_str()), ("aero-max-wait", "10")];
            match self.queries.get(path, &headers).await {
                Ok(reply) if reply.status.is_success() => return reply.json(),
                Ok(reply) if is_refusal(&reply) => bail!("GET {path}: {} {}", reply.status, reply.text()),
                away if Instant::now() > deadline => {
                    give_up(path, away)?;
                }
                _ => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// All pages of a listing.
    ///
    /// # Errors
    /// As [`Api::query`].
    pub async fn pages(&mut self, path: &str) -> Result<Vec<Value>> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.query(&format!("{path}{separator}limit=200{cursor}")).await?;
            items.extend(page["items"].as_array().context("a page has items")?.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(items),
            }
        }
    }

    async fn accept(&mut self, reply: &Reply, took: Duration) -> Result<Outcome> {
        let body: Value = reply.json()?;
        let mut ledger = self.ledger.lock().await;
        if let (Some(stream), Some(version), Some(token)) =
            (body["stream"].as_str(), body["version"].as_u64(), body["token"].as_str())
        {
            ledger.accept(stream, version, token, took);
        }
        Ok(Outcome::Accepted(body))
    }

    async fn refuse(&mut self, path: &str, reply: &Reply) -> Result<Outcome> {
        let problem: Value = reply.json()?;
        let code = problem["type"].as_str().and_then(|uri| uri.rsplit('/').next()).map(str::to_owned);
        let code = code.with_context(|| format!("POST {path}: {} {}", reply.status, reply.text()))?;
        *self.ledger.lock().await.refused.entry(code.clone()).or_default() += 1;
        Ok(Outcome::Refused(code))
    }
}

/// The server understood and said no; asking again would not help.
fn is_refusal(reply: &Reply) -> bool {
    // 409 with `Retry-After`: our own first try is still being worked on.
    let come_back = reply.headers.contains_key("retry-after") || reply.status.as_u16() == 408;
    reply.status.is_client_error() && !come_back
}

fn give_up(path: &str, away: Result<Reply>) -> Result<Outcome> {
    match away {
        Ok(reply) => bail!("{path}: still {} {}", reply.status, reply.text()),
        Err(error) => Err(error.context(format!("{path}: the server stays away"))),
    }
}

#[expect(clippy::disallowed_methods, reason = "a client's own key, not an id of the domain")]
fn fresh_key() -> String {
    Uuid::now_v7().to_string()
}
