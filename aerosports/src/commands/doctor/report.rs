//! What a check finds, and how it is printed.

use std::process::ExitCode;

use serde::Serialize;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Severity {
    /// Worth knowing; all is well.
    Info,
    /// The venue works, and something must be done before it does not.
    Warning,
    /// Something is broken.
    Error,
}

/// One thing found.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    check: &'static str,
    severity: Severity,
    message: String,
    advice: String,
}

/// Everything found.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Finding>);

#[derive(Serialize)]
struct Printed<'a> {
    ok: bool,
    findings: &'a [Finding],
}

impl Report {
    pub(super) fn error(
        &mut self,
        check: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(check, Severity::Error, message.into(), advice.into());
    }

    pub(super) fn warning(
        &mut self,
        check: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(check, Severity::Warning, message.into(), advice.into());
    }

    pub(super) fn info(
        &mut self,
        check: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(check, Severity::Info, message.into(), advice.into());
    }

    fn add(&mut self, check: &'static str, severity: Severity, message: String, advice: String) {
        self.0.push(Finding { check, severity, message, advice });
    }

    fn ok(&self) -> bool {
        self.0.iter().all(|finding| finding.severity == Severity::Info)
    }

    /// Prints everything; 0 when all is well.
    pub(super) fn print(&self, json: bool) -> anyhow::Result<ExitCode> {
        if json {
            println!("{}", serde_json::to_string(&Printed { ok: self.ok(), findings: &self.0 })?);
        } else {
            for Finding { check, severity, message, advice } in &self.0 {
                println!("{severity:?} ({check}): {message}\n    {advice}");
            }
            println!("{}", if self.ok() { "all is well" } else { "something must be done" });
        }
        Ok(if self.ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
