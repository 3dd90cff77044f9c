//! The command line: names, defaults and help. Does nothing itself.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use uuid::Uuid;

use crate::plugs::arguments::Plugs;

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
    Up(Up),
    /// Run one service of a chain's set-up.
    Serve(Serve),
    /// Simulate a Saturday through the public API and check that every play is accounted for.
    Demo(Demo),
    /// Bring the database's tables up to date.
    Migrate(Place),
    /// Move a venue from the embedded database into SQL Server; nothing given out before stops working.
    Promote(Promote),
    /// Issue, list and revoke API keys.
    #[command(subcommand)]
    Keys(Keys),
    /// Look into the event log.
    #[command(subcommand)]
    Events(Events),
    /// Find, switch and watch plugs directly, without a server.
    #[command(subcommand)]
    Plugs(Plugs),
    /// Measure this machine: raw limits beside what the system makes of them.
    Load(Load),
    /// Exit 0 when the service at an address is ready.
    Ping {
        /// Host and port of the service.
        address: SocketAddr,
    },
}

/// Where the data is.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// Folder of the embedded database; `./data` when nothing says otherwise.
    #[arg(long, env = "AEROSPORTS_DATA_DIR", conflicts_with = "database")]
    pub data_dir: Option<PathBuf>,
    /// Where the log and the read tables are: `sqlite:<folder>`, or
    /// `mssql://user:password@host[:port]/database[?encrypt=on|strict|off&trust_cert_ca=…&…]`. Also read from
    /// the file named by `AEROSPORTS_DATABASE_FILE`.
    #[arg(long, env = "AEROSPORTS_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
}

/// `up`.
#[derive(Clone, Debug, Args)]
pub struct Up {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080", env = "AEROSPORTS_LISTEN")]
    pub listen: SocketAddr,
    /// Where the embedded database is; its folder is made when it is not there.
    #[command(flatten)]
    pub place: Place,
}

/// `serve`.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Which service.
    pub service: Service,
    /// Where to listen; every service answers `/healthz` and `/readyz`.
    #[arg(long, default_value = "127.0.0.1:8080", env = "AEROSPORTS_LISTEN")]
    pub listen: SocketAddr,
    /// The bus, such as `nats://127.0.0.1:4222`. Without it consumers poll the store.
    #[arg(long, env = "AEROSPORTS_NATS", hide_env_values = true)]
    pub nats: Option<String>,
    /// A replica in SQL Server that the query API reads its views from. Also read from the file named by
    /// `AEROSPORTS_DATABASE_REPLICA_FILE`.
    #[arg(long, env = "AEROSPORTS_DATABASE_REPLICA", hide_env_values = true)]
    pub database_replica: Option<String>,
    /// Seconds to wait at the start for a SQL Server that cannot be reached. A device worker starts without it,
    /// goes by what its own file says, and waits for as long as it takes.
    #[arg(long, default_value_t = 60, env = "AEROSPORTS_DATABASE_WAIT")]
    pub database_wait: u64,
    /// Where the data is.
    #[command(flatten)]
    pub place: Place,
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
    /// The same seed gives the same families with the same wishes.
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
    /// Use running services instead of starting `up`: the address of the command API.
    #[arg(long, requires = "query", requires = "api_key")]
    pub command: Option<SocketAddr>,
    /// The address of the query API.
    #[arg(long, requires = "command")]
    pub query: Option<SocketAddr>,
    /// An API key of kind `admin` for the running services.
    #[arg(long, env = "AEROSPORTS_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
    /// The running services' database, to hold the log against what clients were told.
    #[arg(long, env = "AEROSPORTS_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
}

/// `promote`.
#[derive(Clone, Debug, Args)]
pub struct Promote {
    /// The data folder of the embedded database. Nothing may use it meanwhile.
    #[arg(long)]
    pub from: PathBuf,
    /// An empty database in SQL Server: `mssql://user:password@host[:port]/database[?settings]`. Also read from
    /// the file named by `AEROSPORTS_DATABASE_FILE`.
    #[arg(long, env = "AEROSPORTS_DATABASE", hide_env_values = true)]
    pub to: Option<String>,
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
        /// Where the data is.
        #[command(flatten)]
        place: Place,
    },
    /// List keys, without their secrets.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        /// Where the data is.
        #[command(flatten)]
        place: Place,
    },
    /// End a key at once.
    Revoke {
        /// Its id, as `keys list` shows it.
        id: Uuid,
        /// Where the data is.
        #[command(flatten)]
        place: Place,
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
        /// How to print.
        #[command(flatten)]
        output: EventOutput,
    },
    /// The whole history of one thing.
    Show {
        /// Its stream, such as `room-0199…`.
        stream: String,
        /// How to print.
        #[command(flatten)]
        output: EventOutput,
    },
    /// Events whose type, stream or data match.
    Search {
        /// Text to find in stream or data.
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
        /// How to print.
        #[command(flatten)]
        output: EventOutput,
    },
}

/// How events are printed.
#[derive(Clone, Debug, Args)]
pub struct EventOutput {
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
    /// Where the data is.
    #[command(flatten)]
    pub place: Place,
}

/// `load`.
#[derive(Clone, Debug, Args)]
pub struct Load {
    /// Seconds a measurement takes.
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// Connections that send commands at the same time.
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
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
