-- The event store. Uuids are 16-byte blobs, instants are microseconds since 1970 in UTC.

-- One row a shard. Every append updates it first, so appends of all processes queue up here.
CREATE TABLE log_head (
    shard    INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    timeline INTEGER NOT NULL,
    -- Highest number of a stream.
    streams  INTEGER NOT NULL,
    -- Transactions so far: what a batch held on average is position / batches.
    batches  INTEGER NOT NULL
) STRICT;
INSERT INTO log_head (shard, position, timeline, streams, batches) VALUES (0, 0, 1, 0, 0);

-- The index of streams goes by number, which follows time, and not by name, which is random: an append
-- then touches few pages, and the log of a million streams stays as fast as that of a hundred.
CREATE TABLE events (
    position      INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE,
    stream_number INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    stream        TEXT NOT NULL,
    type          TEXT NOT NULL,
    location      BLOB,
    data          TEXT NOT NULL,
    metadata      TEXT NOT NULL,
    recorded_at   INTEGER NOT NULL,
    UNIQUE (stream_number, version)
) STRICT;

CREATE TABLE streams (
    number   INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    version  INTEGER NOT NULL,
    category TEXT NOT NULL,
    location BLOB,
    archived INTEGER NOT NULL DEFAULT 0
) STRICT;

-- seq follows time, so that what is old is found without an index on the time.
CREATE TABLE commands (
    seq          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE,
    request_hash BLOB NOT NULL,
    status       INTEGER NOT NULL,
    answer       TEXT NOT NULL,
    position     INTEGER NOT NULL,
    at           INTEGER NOT NULL
) STRICT;

CREATE TABLE snapshots (
    stream         TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    state          BLOB NOT NULL,
    PRIMARY KEY (stream, schema_version)
) STRICT;

CREATE TABLE leases (
    name  TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An erased person keeps a row without a key, so that no key is ever made again under that id.
CREATE TABLE person_keys (
    person       BLOB PRIMARY KEY,
    wrapped      BLOB,
    created_at   INTEGER NOT NULL,
    destroyed_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    id           BLOB PRIMARY KEY,
    secret_hash  BLOB NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    kind         TEXT NOT NULL,
    location     BLOB,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;
