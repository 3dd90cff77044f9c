//! The public npm simulator of Kasa plugs, and the npm client, in a process of their own.

use std::{net::SocketAddr, path::Path, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::tools::installed;

/// The running process; it ends when dropped.
#[derive(Debug)]
pub struct NpmSimulator {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl NpmSimulator {
    /// Starts it, without a device.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn start() -> Result<Self> {
        let mut process = Command::new("node")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("npm-simulator.cjs"))
            .arg(installed("npm")?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting node; `./tests/run` installs it")?;
        let input = process.stdin.take().context("no standard input")?;
        let output = BufReader::new(process.stdout.take().context("no standard output")?).lines();
        Ok(Self { _process: process, input, output })
    }

    /// Carries out a command of `npm-simulator.cjs`.
    ///
    /// # Errors
    /// When it fails.
    pub async fn call(&mut self, command: &Value) -> Result<Value> {
        self.input.write_all(format!("{command}\n").as_bytes()).await.context("sending the command")?;
        let line = self.output.next_line().await?.context("the npm simulator ended")?;
        let answer: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
        ensure!(answer.get("error").is_none(), "{command}: {}", answer["error"]);
        Ok(answer)
    }

    /// Starts a device on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is no such model.
    pub async fn device(&mut self, name: &str, model: &str) -> Result<SocketAddr> {
        let started = self.call(&json!({"do": "start", "name": name, "model": model})).await?;
        let address = format!("{}:{}", started["address"].as_str().unwrap_or_default(), started["port"]);
        address.parse().with_context(|| address.clone())
    }

    /// Whether a relay is on, as the device itself holds it.
    ///
    /// # Errors
    /// When there is no such device.
    pub async fn relay(&mut self, name: &str, outlet: Option<usize>) -> Result<bool> {
        let state = self.call(&json!({"do": "relay", "name": name, "outlet": outlet})).await?;
        state["on"].as_bool().context("no relay state")
    }

    /// What the npm client makes of the device at `address`, after switching it when `on` is given.
    ///
    /// # Errors
    /// When it fails.
    pub async fn client(
        &mut self,
        address: SocketAddr,
        on: Option<bool>,
        child: Option<&str>,
    ) -> Result<Value> {
        let mut command = json!({"do": "client", "host": address.ip(), "port": address.port()});
        if let Some(on) = on {
            command["on"] = on.into();
        }
        if let Some(child) = child {
            command["outlet"] = child.into();
        }
        self.call(&command).await
    }
}
