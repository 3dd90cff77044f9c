//! The connection to the server: opened in the background, kept up for ever.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_nats::{Client, ConnectOptions, Event, connection::State};
use runtime::retry::Delays;
use tokio::sync::Notify;

use crate::BusError;

use super::{
    REQUEST_TIMEOUT,
    config::{NatsAuth, NatsConfig},
};

/// In case a change of state was not told.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A shared connection.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) client: Client,
    changed: Arc<Notify>,
}

impl Link {
    /// Prepares the connection; only settings can fail.
    pub(super) async fn open(config: &NatsConfig) -> Result<Self, BusError> {
        let changed = Arc::new(Notify::new());
        let tell = changed.clone();
        let options = authenticated(ConnectOptions::new(), &config.auth)
            .await?
            .name(&config.name)
            .ping_interval(config.ping)
            .request_timeout(Some(REQUEST_TIMEOUT))
            .require_tls(config.tls.required)
            .retry_on_initial_connect()
            .reconnect_delay_callback(reconnect_delays())
            .event_callback(move |event| {
                note(&event);
                tell.notify_waiters();
                std::future::ready(())
            });
        let urls: Vec<&str> = config.url.split(',').map(str::trim).collect();
        let client = with_tls(options, config)
            .connect(urls)
            .await
            .map_err(|error| BusError::Setting { setting: "url", problem: error.to_string() })?;
        Ok(Self { client, changed })
    }

    /// Whether the server can be reached at this moment.
    pub(super) fn is_up(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Waits for the server.
    pub(super) async fn up(&self) {
        self.until(true).await;
    }

    /// Waits for the connection to break.
    pub(super) async fn down(&self) {
        self.until(false).await;
    }

    async fn until(&self, up: bool) {
        while self.is_up() != up {
            tokio::select! {
                () = self.changed.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }
}

async fn authenticated(options: ConnectOptions, auth: &NatsAuth) -> Result<ConnectOptions, BusError> {
    match auth {
        NatsAuth::Url => Ok(options),
        NatsAuth::Token(token) => Ok(options.token(token.clone())),
        NatsAuth::User { name, password } => Ok(options.user_and_password(name.clone(), password.clone())),
        NatsAuth::CredentialsFile(path) => options.credentials_file(path).await.map_err(|error| {
            let problem = format!("{}: {error}", path.display());
            BusError::Setting { setting: "credentials file", problem }
        }),
    }
}

fn with_tls(options: ConnectOptions, config: &NatsConfig) -> ConnectOptions {
    let options = match &config.tls.authorities {
        Some(path) => options.add_root_certificates(path.clone()),
        None => options,
    };
    match &config.tls.identity {
        Some((certificate, key)) => options.add_client_certificate(certificate.clone(), key.clone()),
        None => options,
    }
}

/// At once after a loss, then ever slower.
fn reconnect_delays() -> impl Fn(usize) -> Duration + Send + Sync {
    let delays = Mutex::new(Delays::new(Duration::from_millis(100), Duration::from_secs(5)));
    move |attempt| {
        let mut delays = delays.lock().unwrap_or_else(PoisonError::into_inner);
        if attempt > 1 {
            return delays.next_delay();
        }
        delays.reset();
        Duration::ZERO
    }
}

fn note(event: &Event) {
    match event {
        Event::Connected => tracing::info!("the bus is connected"),
        Event::Disconnected => tracing::warn!("the bus is away; followers poll the store"),
        other => tracing::debug!(event = %other, "bus connection"),
    }
}
