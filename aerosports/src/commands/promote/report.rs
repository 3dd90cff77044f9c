//! What an operator sees of a promotion: a bar while it runs, and both sides' proofs at its end.

use std::{io::IsTerminal as _, path::Path, sync::Arc, sync::atomic::AtomicU64, sync::atomic::Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use store::Proof;

use super::next_steps;

/// A bar on a terminal, and nothing elsewhere.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(what: &'static str, events: u64) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} events  {per_sec}  {eta} left");
        let bar = ProgressBar::new(events);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what);
        Self(bar)
    }

    pub(super) fn reach(&self, position: u64) {
        self.0.set_position(position);
    }

    /// A callback for one of several parts that advance the bar together.
    pub(super) fn part(&self) -> impl Fn(u64) + Send + use<> {
        let (bar, seen) = (self.0.clone(), Arc::new(AtomicU64::new(0)));
        move |position| bar.inc(position.saturating_sub(seen.swap(position, Ordering::Relaxed)))
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// Prints both proofs, and whether they are equal.
pub(super) fn print(source: &Proof, target: &Proof, folder: &Path, as_json: bool) {
    let equal = source == target;
    if as_json {
        println!("{}", json!({"equal": equal, "source": source, "target": target}));
    } else {
        table(source, target);
    }
    if equal {
        eprintln!("Both hold the same; positions and versions are without a hole. {}", next_steps(folder));
    } else {
        eprintln!("THE TWO DIFFER. Keep the old folder, and promote into an empty database.");
    }
}

fn table(source: &Proof, target: &Proof) {
    println!("{:<22} {:>20} {:>20}", "", "embedded", "SQL Server");
    for (name, value) in [
        ("timeline", (|proof| proof.timeline.to_string()) as fn(&Proof) -> String),
        ("events", |proof| proof.events.to_string()),
        ("events, SHA-256", |proof| short(&proof.events_sha256)),
        ("streams", |proof| proof.streams.to_string()),
        ("answers", |proof| proof.answers.to_string()),
        ("answers, checksum", |proof| short(&proof.answers_checksum)),
        ("person keys", |proof| proof.person_keys.to_string()),
        ("person keys, checksum", |proof| short(&proof.person_keys_checksum)),
        ("API keys", |proof| proof.api_keys.to_string()),
        ("API keys, checksum", |proof| short(&proof.api_keys_checksum)),
    ] {
        let (mine, theirs) = (value(source), value(target));
        let mark = if mine == theirs { "" } else { "  DIFFERENT" };
        println!("{name:<22} {mine:>20} {theirs:>20}{mark}");
    }
}

/// Enough of a checksum to compare by eye; `--json` has all of it.
fn short(checksum: &str) -> String {
    checksum.chars().take(16).collect()
}
