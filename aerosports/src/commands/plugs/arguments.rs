//! The command line of `plugs`.

use clap::{Args, Subcommand, ValueEnum};
use tplink_hs1xx::discovery::Target;

pub use super::host::Host;

/// `plugs`.
#[derive(Debug, Subcommand)]
pub enum Plugs {
    /// Find the plugs of the network, and those whose firmware cannot be talked to.
    Discover {
        /// Where to search.
        #[command(flatten)]
        search: Search,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Show what plugs do now: state, power, signal; those that a search finds when no host is given.
    List {
        /// Ask these, and say what is wrong with those that do not answer.
        hosts: Vec<Host>,
        /// Where to search.
        #[command(flatten)]
        search: Search,
        /// One JSON object an outlet, a line each.
        #[arg(long)]
        json: bool,
    },
    /// Switch a plug, and read back what it did. A running device worker takes it for a press of the
    /// button.
    Switch {
        /// Its address or name, with or without a port.
        host: Host,
        /// What to do.
        state: State,
        /// Which outlet of a strip: its number from 1, its id, its name, or `all`.
        #[arg(long)]
        outlet: Option<String>,
        /// One JSON object an outlet, a line each.
        #[arg(long)]
        json: bool,
    },
    /// Read a plug's energy meter.
    Energy {
        /// Its address or name, with or without a port.
        host: Host,
        /// Which outlet of a strip: its number from 1, its id, or its name; all of them without.
        #[arg(long)]
        outlet: Option<String>,
        /// One JSON object an outlet, a line each.
        #[arg(long)]
        json: bool,
    },
    /// Show every change until interrupted: on, off, gone, back, moved.
    Watch {
        /// Watch these; those that a search finds, now and later, when none is given.
        hosts: Vec<Host>,
        /// Where to search.
        #[command(flatten)]
        search: Search,
        /// Seconds between two looks at a plug.
        #[arg(long, default_value_t = 1.0, value_parser = seconds)]
        every: f64,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

/// Where to search, and how long.
#[derive(Clone, Debug, Args)]
pub struct Search {
    /// Ask this address, such as 192.168.1.255 or 192.168.1.20; may be given several times. Without it
    /// the network of this computer's default interface is asked.
    #[arg(long = "target", value_name = "ADDRESS")]
    pub targets: Vec<Target>,
    /// Seconds to search.
    #[arg(long, default_value_t = 2.5, value_name = "SECONDS", value_parser = seconds)]
    pub wait: f64,
}

/// What a relay is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// Let current through.
    On,
    /// Let none through.
    Off,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=60.0).contains(&seconds) => Ok(seconds),
        _ => Err("give seconds from 0.1 to 60".to_owned()),
    }
}
