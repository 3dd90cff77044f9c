//! Every setting there is, each declared once. Help, `config show`, checks and the documents' table follow.

use std::{path::PathBuf, time::Duration};

use ::mssql::MssqlConfig;
use device_worker::discovery::Search;
use domain::{
    ids::LocationId,
    plug::{PlugNetwork, PlugPorts},
};
use http_api::Network;
use runtime::{
    config::{Declaration, Declared, Fallback, FlagIn, Secret, Setting, Unfit, Visibility, forms},
    telemetry,
};
use sealing::MasterKey;

use super::{
    address::{self, Address},
    database::{self, Database},
};

/// All of them, in the order in which people look for them.
pub static ALL: &[&dyn Declared] = &[
    &LISTEN,
    &TRUSTED_PROXIES,
    &OPERATOR_LISTEN,
    &DATA_DIR,
    &DATABASE,
    &DATABASE_REPLICA,
    &DATABASE_WAIT,
    &NATS,
    &MASTER_KEY,
    &BACKUP_PASSPHRASE,
    &DISCOVERY_TARGETS,
    &PLUG_NETWORKS,
    &PLUG_PORTS,
    &LOCATION,
    &COMMAND_API,
    &API_KEY,
    &DEVICES_FILE,
    &LATE_AFTER,
    &TAKE_OVER_AFTER,
    &OVERRIDE_FOR,
    &telemetry::LOG,
];

const DATABASE_URL: &str = "sqlite:<folder> or mssql://user:password@host[:port]/database";
const REPLICA_URL: &str = "mssql://user:password@host[:port]/database";
/// What a device worker needs, alone or in `up`.
const DEVICES: &[&str] = &["up", "serve"];

/// A setting that only the environment gives, and that is no secret.
const fn variable(name: &'static str, expected: &'static str, meaning: &'static str) -> Declaration {
    Declaration {
        name,
        flag: None,
        flag_in: &[],
        visibility: Visibility::Open,
        expected,
        default: Fallback::Described("none"),
        meaning,
        used_by: DEVICES,
    }
}

/// Where to listen.
pub static LISTEN: Setting<Address> = Setting::new(
    Declaration {
        flag: Some("listen"),
        default: Fallback::Value("127.0.0.1:8080"),
        used_by: &["up", "serve"],
        ..variable(
            "AEROSPORTS_LISTEN",
            address::FORM,
            "where to listen; `/healthz` and `/readyz` answer there too",
        )
    },
    forms::parsed,
);

/// The reverse proxies in front of a service.
pub static TRUSTED_PROXIES: Setting<Vec<Network>> = Setting::new(
    Declaration {
        used_by: &["up", "serve"],
        ..variable(
            "AEROSPORTS_TRUSTED_PROXIES",
            "addresses or networks such as 10.0.0.5 or 10.0.0.0/8, separated by commas",
            "reverse proxies whose `X-Forwarded-For` is believed, so that limits count clients and not the proxy",
        )
    },
    forms::list,
);

/// Where operators ask.
pub static OPERATOR_LISTEN: Setting<Option<Address>> = Setting::new(
    Declaration {
        default: Fallback::Value("127.0.0.1:9091"),
        used_by: &["up", "serve"],
        ..variable(
            "AEROSPORTS_OPERATOR_LISTEN",
            "a host and a port such as 127.0.0.1:9091, or off",
            "where `/metrics` for Prometheus and `/status` for people answer, without a key; `off` nowhere",
        )
    },
    operator_listen,
);

/// The folder of the embedded database.
pub static DATA_DIR: Setting<PathBuf> = Setting::new(
    Declaration {
        flag: Some("data-dir"),
        default: Fallback::Value("./data"),
        used_by: &[
            "up",
            "serve",
            "migrate",
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
        ],
        ..variable(
            "AEROSPORTS_DATA_DIR",
            "a folder",
            "folder of the embedded database and the master key; excludes a database",
        )
    },
    forms::path,
);

/// The database, wherever it is.
pub static DATABASE: Setting<Database> = Setting::new(
    Declaration {
        flag: Some("database"),
        flag_in: &[
            FlagIn {
                command: "promote",
                flag: "to",
                meaning: "an empty database in SQL Server: \
                          `mssql://user:password@host[:port]/database[?setting=value&…]`",
            },
            FlagIn {
                command: "demo",
                flag: "database",
                meaning: "the running services' database, to compare the log with what clients were answered",
            },
        ],
        visibility: Visibility::UrlWithLogin,
        default: Fallback::Described("the data folder"),
        used_by: &[
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
        ],
        ..variable(
            "AEROSPORTS_DATABASE",
            DATABASE_URL,
            "the log and the read tables: `sqlite:<folder>`, or \
             `mssql://user:password@host[:port]/database[?setting=value&…]`",
        )
    },
    Database::parse,
);

/// Where the query API reads.
pub static DATABASE_REPLICA: Setting<MssqlConfig> = Setting::new(
    Declaration {
        flag: Some("database-replica"),
        visibility: Visibility::UrlWithLogin,
        used_by: &["serve"],
        ..variable(
            "AEROSPORTS_DATABASE_REPLICA",
            REPLICA_URL,
            "a copy of the database in SQL Server; `serve query-api` reads its views from it",
        )
    },
    database::mssql,
);

/// How many seconds a service waits for its database.
pub static DATABASE_WAIT: Setting<u64> = Setting::new(
    Declaration {
        flag: Some("database-wait"),
        default: Fallback::Value("60"),
        used_by: &["serve"],
        ..variable(
            "AEROSPORTS_DATABASE_WAIT",
            "a whole number of seconds such as 60",
            "seconds to wait at the start for a SQL Server that cannot be reached; a device worker starts \
             without it and waits for as long as it takes",
        )
    },
    forms::parsed,
);

/// The bus of separate services.
pub static NATS: Setting<Secret<String>> = Setting::new(
    Declaration {
        flag: Some("nats"),
        visibility: Visibility::UrlWithLogin,
        default: Fallback::Described("none: consumers poll the store"),
        used_by: &["serve", "timeline", "bus"],
        ..variable(
            "AEROSPORTS_NATS",
            "a URL such as nats://127.0.0.1:4222",
            "the bus of separate services, such as `nats://127.0.0.1:4222`",
        )
    },
    forms::secret,
);

/// What the master key in a backup is sealed with.
pub static BACKUP_PASSPHRASE: Setting<Secret<String>> = Setting::new(
    Declaration {
        visibility: Visibility::Hidden,
        default: Fallback::Described("none: the master key is left out of backups"),
        used_by: &["backup", "restore"],
        ..variable(
            "AEROSPORTS_BACKUP_PASSPHRASE",
            "a passphrase",
            "seals the master key into a backup, and opens it at the restore",
        )
    },
    forms::secret,
);

/// The key above all person keys.
pub static MASTER_KEY: Setting<MasterKey> = Setting::new(
    Declaration {
        visibility: Visibility::Hidden,
        default: Fallback::Described("`<data-dir>/master.key`"),
        used_by: &["up", "serve", "migrate", "projections", "doctor", "backup", "restore", "at", "timeline"],
        ..variable(
            "AEROSPORTS_MASTER_KEY",
            "the base64 of 32 random bytes (`openssl rand -base64 32` makes one)",
            "base64 of the 32 bytes above all person keys; `up` and `migrate` make it on an empty embedded \
             store, with SQL Server it must be given",
        )
    },
    master_key,
);

/// Where plugs are searched for; `None` searches nowhere.
pub static DISCOVERY_TARGETS: Setting<Option<Search>> = Setting::new(
    Declaration {
        default: Fallback::Value("255.255.255.255"),
        ..variable(
            "AEROSPORTS_DISCOVERY_TARGETS",
            "IPv4 addresses such as 192.168.1.255, separated by commas, or off",
            "where plugs are searched for: broadcast or single IPv4 addresses, separated by commas; `off` \
             searches nowhere",
        )
    },
    search,
);

/// The networks of plugs.
pub static PLUG_NETWORKS: Setting<Vec<PlugNetwork>> = Setting::new(
    Declaration {
        default: Fallback::Value("10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"),
        ..variable(
            "AEROSPORTS_PLUG_NETWORKS",
            "networks such as 192.168.1.0/24, separated by commas",
            "networks that plugs may be in: no other address is registered or connected to; loopback and \
             link-local only where a network within them is named, such as `127.0.0.0/8` for simulated plugs",
        )
    },
    forms::list,
);

/// The ports of plugs.
pub static PLUG_PORTS: Setting<Vec<PlugPorts>> = Setting::new(
    Declaration {
        default: Fallback::Value("9999"),
        ..variable(
            "AEROSPORTS_PLUG_PORTS",
            "ports such as 9999 or ranges such as 10000-10010, separated by commas",
            "ports that plugs may have",
        )
    },
    forms::list,
);

/// The location of a device worker.
pub static LOCATION: Setting<LocationId> = Setting::new(
    Declaration {
        default: Fallback::Described("every location of the log"),
        ..variable("AEROSPORTS_LOCATION", "a location's id", "the one location a device worker serves")
    },
    forms::parsed,
);

/// Where a device worker reports to.
pub static COMMAND_API: Setting<Address> = Setting::new(
    Declaration {
        default: Fallback::Described("none: reports go straight to the event store"),
        ..variable(
            "AEROSPORTS_COMMAND_API",
            address::FORM,
            "where a device worker reports to; needs an API key of kind `device-worker`",
        )
    },
    forms::parsed,
);

/// The key for a command API.
pub static API_KEY: Setting<Secret<String>> = Setting::new(
    Declaration {
        // `demo` alone has it as a flag: a key on a service's command line can be seen in the list of processes.
        flag_in: &[FlagIn {
            command: "demo",
            flag: "api-key",
            meaning: "an API key of kind `admin` for the running services",
        }],
        visibility: Visibility::Hidden,
        used_by: &["up", "serve", "demo"],
        ..variable(
            "AEROSPORTS_API_KEY",
            "an API key",
            "the key for the command API: of kind `device-worker` for a device worker, of kind `admin` for `demo`",
        )
    },
    forms::secret,
);

/// The device worker's own file.
pub static DEVICES_FILE: Setting<PathBuf> = Setting::new(
    Declaration {
        default: Fallback::Described("`<data-dir>/devices.db`"),
        used_by: &["up", "serve", "backup"],
        ..variable(
            "AEROSPORTS_DEVICES_FILE",
            "a file",
            "the device worker's own file; a standby needs another one",
        )
    },
    forms::path,
);

/// What is too late to switch a plug on.
pub static LATE_AFTER: Setting<Duration> = Setting::new(
    Declaration {
        default: Fallback::Value("10s"),
        ..variable(
            "AEROSPORTS_LATE_AFTER",
            forms::DURATION,
            "an event recorded longer ago switches no plug on",
        )
    },
    forms::duration,
);

/// How long a device worker's lease lasts.
pub static TAKE_OVER_AFTER: Setting<Duration> = Setting::new(
    Declaration {
        default: Fallback::Value("15s"),
        ..variable(
            "AEROSPORTS_TAKE_OVER_AFTER",
            "1s or longer, such as 15s",
            "a standby takes over from a device worker that gave no sign of life for so long; up to twice as \
             long where the other's clock was ahead; the same for both",
        )
    },
    take_over_after,
);

/// How long somebody's hand on a plug counts.
pub static OVERRIDE_FOR: Setting<Duration> = Setting::new(
    Declaration {
        default: Fallback::Value("15m"),
        ..variable(
            "AEROSPORTS_OVERRIDE_FOR",
            forms::DURATION,
            "how long a button pressed on a plug is respected",
        )
    },
    forms::duration,
);

/// A busy machine loses a lease that is shorter than this.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

fn take_over_after(text: &str) -> Result<Duration, Unfit> {
    let length = forms::duration(text)?;
    if length < SHORTEST_LEASE { Err(Unfit::default()) } else { Ok(length) }
}

fn operator_listen(text: &str) -> Result<Option<Address>, Unfit> {
    if text.trim() == "off" { Ok(None) } else { forms::parsed(text).map(Some) }
}

fn search(text: &str) -> Result<Option<Search>, Unfit> {
    if text.trim() == "off" {
        return Ok(None);
    }
    Ok(Some(Search { targets: forms::list(text)?, ..Search::default() }))
}

fn master_key(text: &str) -> Result<MasterKey, Unfit> {
    MasterKey::parse(text).map_err(Unfit::because)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_default_is_a_value_of_its_setting() {
        for setting in ALL {
            if let Fallback::Value(text) = setting.declaration().default {
                assert_eq!(setting.check(text), Ok(()), "{}", setting.declaration().name);
            }
        }
    }
}
