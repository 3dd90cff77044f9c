//! The command line: names, defaults and help. Does nothing itself. The flags of settings are not here: every
//! subcommand has those of the settings that it uses (`settings::flags`).

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use uuid::Uuid;

use crate::{
    commands::plugs::arguments::Plugs,
    settings::{address::Address, flags},
};

/// The whole command line, with the flags of settings.
#[must_use]
pub fn command() -> clap::Command {
    flags::add_to(Cli::command())
}

/// The central backend of activity venues.
#[derive(Debug, Parser)]
#[command(name = "aerosports", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Everything the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a whole venue in one process, on an embedded database.
    Up,
    /// Run one service of a chain's set-up.
    Serve {
        /// Which service.
        service: Service,
    },
    /// Simulate a Saturday through the public API and check that every play is accounted for.
    Demo(Demo),
    /// Bring the database's tables up to date.
    Migrate,
    /// Move a venue from the embedded database into SQL Server; nothing given out before stops working.
    Promote(Promote),
    /// Issue, list and revoke API keys.
    #[command(subcommand)]
    Keys(Keys),
    /// Look into the event log.
    #[command(subcommand)]
    Events(Events),
    /// How far the views are, built anew, and beside what the log makes of them.
    #[command(subcommand)]
    Projections(Projections),
    /// Events that a view could not apply: see, retry or give them up.
    #[command(subcommand)]
    Parked(Parked),
    /// Prove that log and views are what they should be, or say what is not and what to do. Exit 0 when all is well.
    Doctor(Doctor),
    /// Copy the embedded database while the venue runs, and prove the copy.
    Backup(Backup),
    /// Make a venue of a backup, on a new timeline.
    Restore(Restore),
    /// Write a stretch of the log into a file. Nothing else is done by it.
    Replay(Replay),
    /// Show a view as it was.
    At(At),
    /// Start a new timeline after the log was restored to an earlier state.
    #[command(subcommand)]
    Timeline(Timeline),
    /// Make the stream of events on the bus anew.
    #[command(subcommand)]
    Bus(Bus),
    /// Find, switch and watch plugs directly, without a server.
    #[command(subcommand)]
    Plugs(Plugs),
    /// Show the settings, and say what is wrong with them.
    #[command(subcommand)]
    Config(Config),
    /// Measure this machine: raw limits beside what the system makes of them.
    Load(Load),
    /// Exit 0 when the service at an address is ready.
    Ping {
        /// Host and port of the service.
        address: Address,
    },
}

/// A service of its own process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Service {
    /// Takes commands, appends events.
    CommandApi,
    /// Serves the read tables.
    QueryApi,
    /// Builds the read tables.
    Projector,
    /// Consumes a location's events for its devices.
    DeviceWorker,
}

/// `demo`.
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// The same seed gives the same families that want the same things.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// How many people come.
    #[arg(long, default_value_t = 600)]
    pub guests: usize,
    /// Simulated seconds a second; 0 for as fast as the server answers.
    #[arg(long, default_value_t = 0.0)]
    pub speed: f64,
    /// How many families are served at the same time.
    #[arg(long, default_value_t = 32)]
    pub parallel: usize,
    /// With simulated plugs also at running services: their device worker must serve every location, and
    /// run on this machine.
    #[arg(long, requires = "command")]
    pub plugs: bool,
    /// Use running services instead of starting `up`: the address of the command API. Needs an API key of kind
    /// `admin`; with their database, the log is compared with what clients were answered too.
    #[arg(long, requires = "query")]
    pub command: Option<Address>,
    /// The address of the query API.
    #[arg(long, requires = "command")]
    pub query: Option<Address>,
}

/// `promote`.
#[derive(Clone, Debug, Args)]
pub struct Promote {
    /// The data folder of the embedded database. Nothing may use it meanwhile.
    #[arg(long)]
    pub from: PathBuf,
    /// Print the proof as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `keys`.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a key and print it, once; only its hash is kept.
    Issue {
        /// What it is for.
        #[arg(long)]
        kind: String,
        /// The one location it is good for; every kind but `admin` has one.
        #[arg(long)]
        location: Option<Uuid>,
        /// What people call it.
        #[arg(long)]
        name: Option<String>,
        /// Days until it ends; it does not end without.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: Option<u32>,
    },
    /// List keys, without their secrets.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// End a key at once.
    Revoke {
        /// Its id, as `keys list` shows it.
        id: Uuid,
    },
}

/// `events`.
#[derive(Debug, Subcommand)]
pub enum Events {
    /// The end of the log, and what follows.
    Tail {
        /// How many of the last events to begin with.
        #[arg(long, short = 'n', default_value_t = 20)]
        count: u64,
        /// Go on until interrupted.
        #[arg(long, short)]
        follow: bool,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// The whole history of one thing.
    Show {
        /// Its stream, such as `room-0199…`.
        stream: String,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// From what a view shows to the events, commands, callers, answers and plugs behind it.
    Why {
        /// The view, such as `leaderboards` or `plays`.
        view: String,
        /// The id of what it shows: a player's for `leaderboards`.
        key: String,
        /// At which location, for `leaderboards` and `wristbands`.
        #[arg(long)]
        location: Option<Uuid>,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Events whose type, stream, data or metadata match: also by request, command, correlation and caller.
    Search {
        /// Text to find in stream, data or metadata.
        text: Option<String>,
        /// Only types that begin so, such as `play.`.
        #[arg(long = "type")]
        event_type: Option<String>,
        /// Only this location's.
        #[arg(long)]
        location: Option<Uuid>,
        /// First position to look at.
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// Stop after this many hits.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

impl Events {
    /// Whether events are printed as JSON.
    #[must_use]
    pub fn json(&self) -> bool {
        match self {
            Self::Tail { json, .. }
            | Self::Show { json, .. }
            | Self::Why { json, .. }
            | Self::Search { json, .. } => *json,
        }
    }
}

/// `projections`.
#[derive(Debug, Subcommand)]
pub enum Projections {
    /// Every projection: position, events and seconds behind, state, parked events. `stalled` is one that stands still
    /// while there is more in the log.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Every generation of one projection.
    Show {
        /// Its name.
        name: String,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Build one anew from the first event, beside the one that serves until the new one is as far.
    Rebuild {
        /// Its name.
        name: String,
        /// Return when the new one serves.
        #[arg(long)]
        wait: bool,
    },
    /// Let the generation serve again that served before a rebuild.
    Back {
        /// Its name.
        name: String,
    },
    /// Fold the log beside one, and show the rows that are not what the log makes them. Exit 1 when there are any.
    Diff {
        /// Its name.
        name: String,
        /// Most rows shown.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

/// A parked event.
#[derive(Clone, Debug, Args)]
pub struct ParkedEvent {
    /// The projection.
    pub projection: String,
    /// The event's position, or its stream for the first event parked of it.
    pub event: String,
}

/// `parked`.
#[derive(Debug, Subcommand)]
pub enum Parked {
    /// What is parked, and what waits behind it.
    List {
        /// What was given up, by whom and why, instead.
        #[arg(long)]
        skipped: bool,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// One event: why it failed, what it says, and what waits behind it. What is sealed stays so.
    Show {
        #[command(flatten)]
        event: ParkedEvent,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Apply events again, each with what waits behind it.
    Retry {
        /// The projection.
        projection: Option<String>,
        /// The event's position or its stream.
        #[arg(conflicts_with = "all")]
        event: Option<String>,
        /// Everything that is parked, or everything in this projection.
        #[arg(long)]
        all: bool,
        /// Do not ask back.
        #[arg(long)]
        yes: bool,
        /// Return when it is done; exit 1 when something is parked still.
        #[arg(long)]
        wait: bool,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Give one event up in this projection for good, and apply what waits behind it.
    Skip {
        #[command(flatten)]
        event: ParkedEvent,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
        /// Who, for the record; the user and the host without.
        #[arg(long)]
        by: Option<String>,
        /// Return when it is done; exit 1 when something is parked still.
        #[arg(long)]
        wait: bool,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

/// `doctor`.
#[derive(Clone, Debug, Args)]
pub struct Doctor {
    /// Do not fold the log anew to compare it with the views.
    #[arg(long)]
    pub quick: bool,
    /// One JSON object: `ok` and `findings`.
    #[arg(long)]
    pub json: bool,
}

/// `backup`.
#[derive(Clone, Debug, Args)]
pub struct Backup {
    /// A folder for this backup alone: empty, or not there yet.
    #[arg(long)]
    pub to: PathBuf,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `restore`.
#[derive(Clone, Debug, Args)]
pub struct Restore {
    /// The folder of the backup.
    #[arg(long)]
    pub from: PathBuf,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `replay`.
#[derive(Clone, Debug, Args)]
pub struct Replay {
    /// First position.
    #[arg(long, default_value_t = 1)]
    pub from: u64,
    /// Last position; the log's end without.
    #[arg(long)]
    pub to: Option<u64>,
    /// A file that is not there yet: JSON lines, compressed when it ends in `.gz`.
    #[arg(long)]
    pub out: PathBuf,
    /// Only this stream.
    #[arg(long)]
    pub stream: Option<String>,
    /// Only types that begin so, such as `play.`.
    #[arg(long = "type")]
    pub event_type: Option<String>,
    /// Only this location's.
    #[arg(long)]
    pub location: Option<Uuid>,
}

/// `at`.
#[derive(Clone, Debug, Args)]
pub struct At {
    /// A time such as `2026-12-01T18:00:00Z`, a token of a command, or a position.
    pub when: String,
    /// What to show.
    #[command(subcommand)]
    pub view: AtView,
}

/// What `at` shows.
#[derive(Clone, Debug, Subcommand)]
pub enum AtView {
    /// The best players of a location.
    Leaderboards {
        /// Which location.
        #[arg(long)]
        location: Uuid,
        /// Which scores count: `all`, `today`, or so many days such as `90d`.
        #[arg(long)]
        window: Option<String>,
        /// Most players.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// `bus`.
#[derive(Debug, Subcommand)]
pub enum Bus {
    /// Delete the stream of events in NATS, whoever made it, and make it anew. It is filled from the store.
    Remake {
        /// Do not ask back.
        #[arg(long)]
        yes: bool,
    },
}

/// `timeline`.
#[derive(Debug, Subcommand)]
pub enum Timeline {
    /// Start one where the log ends now. Refused unless the store is behind what the bus has seen.
    Start {
        /// Do not ask back.
        #[arg(long)]
        yes: bool,
        /// Why, for the record.
        #[arg(long, default_value = "the log was restored")]
        reason: String,
        /// Who, for the record; the user and the host without.
        #[arg(long)]
        by: Option<String>,
    },
    /// List those that were started: after which position, when, who and why.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

/// `config`.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print every setting with its value and where that comes from. Secrets are hidden.
    Show {
        /// One JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Say everything that is wrong with the settings; exit 0 when nothing is.
    Check {
        /// Look only at the values that this command uses.
        #[arg(long = "for", value_name = "COMMAND", value_parser = COMMANDS)]
        command: Option<String>,
    },
}

/// The commands that use settings of their own.
pub const COMMANDS: [&str; 16] = [
    "up",
    "serve",
    "migrate",
    "promote",
    "keys",
    "events",
    "projections",
    "parked",
    "doctor",
    "backup",
    "restore",
    "replay",
    "at",
    "timeline",
    "bus",
    "demo",
];

/// `load`.
#[derive(Clone, Debug, Args)]
pub struct Load {
    /// Seconds a measurement takes.
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// Connections that send commands at the same time.
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Share of the data, plays and plugs that a measurement works on, above 0 and at most 1. Less is quicker, and
    /// its figures are not those of the documentation.
    #[arg(long, default_value_t = 1.0, value_parser = share)]
    pub scale: f64,
    /// One JSON object instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Measure only these; all of them without, and sql-server where there is a database.
    #[arg(long, value_enum)]
    pub only: Vec<Measurement>,
    /// An empty database in SQL Server for `sql-server`, which leaves it full.
    #[arg(long)]
    pub database: Option<String>,
}

impl Load {
    /// Whether this one is measured.
    #[must_use]
    pub fn wants(&self, measurement: Measurement) -> bool {
        match measurement {
            Measurement::SqlServer if self.only.is_empty() => self.database.is_some(),
            _ => self.only.is_empty() || self.only.contains(&measurement),
        }
    }

    /// So many of `whole` as the scale leaves, one at least.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count"
    )]
    pub fn scaled(&self, whole: usize) -> usize {
        ((whole as f64 * self.scale) as usize).max(1)
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "give a number above 0 and at most 1, such as 0.1".to_owned())
}

/// What `load` measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Measurement {
    /// Batched inserts alone, and the append path beside them.
    Append,
    /// Commands over HTTP.
    Commands,
    /// Commands over HTTP on SQL Server, and one row a commit beside them.
    SqlServer,
    /// A leaderboard over 100 000 scores, over HTTP.
    Leaderboard,
    /// The log through the leaderboard projection.
    Projection,
    /// Start on a store with a million events, and memory at rest.
    Startup,
    /// Simulated plugs that follow plays, in one process and over NATS, and a worker with 500 of them.
    Plugs,
}
