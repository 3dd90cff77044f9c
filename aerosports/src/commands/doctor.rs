//! `aerosports doctor`: looks for everything that can be wrong, and says what to do. It changes nothing, and may run beside
//! a venue at work.

mod folder;
mod log;
mod views;

use std::process::ExitCode;

use anyhow::Result;
use runtime::{clock::SharedClock, config::Settings};
use serde::Serialize;
use serde_json::json;

use crate::{cli::Doctor, settings::database::Database};

/// Something that is wrong.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    check: &'static str,
    /// `error` or `warning`.
    severity: &'static str,
    /// What is wrong.
    message: String,
    /// What to do.
    advice: String,
}

impl Finding {
    fn error(check: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, severity: "error", message: message.into(), advice: advice.into() }
    }

    fn warning(check: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { severity: "warning", ..Self::error(check, message, advice) }
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
    /// What was looked at and not compared, and why.
    notes: Vec<String>,
}

impl Findings {
    fn add(&mut self, finding: Finding) {
        self.found.push(finding);
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

/// Carries out the command; the exit code says whether all is well.
///
/// # Errors
/// When the settings cannot be read. Whatever is wrong with the database is a finding.
pub async fn run(options: &Doctor, settings: &Settings, clock: SharedClock) -> Result<ExitCode> {
    let database = Database::of(settings)?;
    let mut findings = Findings::default();
    if let Some(folder) = database.folder() {
        folder::look(folder, &mut findings).await;
    }
    match database.open(clock.clone()).await {
        Ok(store) => {
            log::look(&store, &clock, &mut findings).await;
            let of = views::Of { database: &database, settings, store: &store, clock: &clock };
            views::look(of, options.deep, &mut findings).await;
            store.close().await;
        }
        Err(error) => findings.add(Finding::error(
            "event_store",
            format!("{error:#}"),
            "keep the folder as it is, and restore a backup into another one with `aerosports restore`",
        )),
    }
    Ok(report(&findings, options.json))
}

fn report(findings: &Findings, json: bool) -> ExitCode {
    let Findings { found, notes } = findings;
    if json {
        println!("{}", json!({"ok": found.is_empty(), "findings": found, "notes": notes}));
    } else {
        for Finding { check, severity, message, advice } in found {
            println!("{severity}: {check}: {message}\n  {advice}");
        }
        for note in notes {
            println!("note: {note}");
        }
        println!("{}", if found.is_empty() { "all is well" } else { "see above" });
    }
    if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
