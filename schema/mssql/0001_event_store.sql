-- The event store. Instants are microseconds since 1970 in UTC; wrapped keys are
-- base64. Every constraint has a name: which one refused a row is told by it. Names and ids compare by code
-- point (BIN2), since the default collation ignores case and trailing blanks.

-- One row a shard. Every append updates it first, so appends of all processes queue up here.
CREATE TABLE store.log_head (
    shard    INT NOT NULL,
    position BIGINT NOT NULL,
    timeline INT NOT NULL,
    -- Transactions so far: what a batch held on average is position / batches.
    batches  BIGINT NOT NULL,
    CONSTRAINT PK_log_head PRIMARY KEY CLUSTERED (shard)
);

INSERT INTO store.log_head (shard, position, timeline, batches) VALUES (0, 0, 1, 0);

-- The unique key on stream and version is also what tells where a stream stands: there is no table of
-- streams to keep in step with it.
CREATE TABLE store.events (
    position    BIGINT NOT NULL,
    id          UNIQUEIDENTIFIER NOT NULL,
    stream      NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    version     BIGINT NOT NULL,
    type        NVARCHAR(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    location    UNIQUEIDENTIFIER NULL,
    data        NVARCHAR(MAX) NOT NULL,
    metadata    NVARCHAR(MAX) NOT NULL,
    recorded_at BIGINT NOT NULL,
    CONSTRAINT PK_events PRIMARY KEY CLUSTERED (position),
    CONSTRAINT UQ_events__id UNIQUE NONCLUSTERED (id),
    CONSTRAINT UQ_events__stream_version UNIQUE NONCLUSTERED (stream, version)
);

-- The position follows time, so that what is old is found without an index on the time.
CREATE TABLE store.commands (
    position     BIGINT NOT NULL,
    id           UNIQUEIDENTIFIER NOT NULL,
    request_hash VARBINARY(32) NOT NULL,
    status       SMALLINT NOT NULL,
    answer       NVARCHAR(MAX) NOT NULL,
    at           BIGINT NOT NULL,
    CONSTRAINT PK_commands PRIMARY KEY CLUSTERED (position, id),
    CONSTRAINT UQ_commands__id UNIQUE NONCLUSTERED (id)
);

CREATE TABLE store.snapshots (
    stream         NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    schema_version INT NOT NULL,
    version        BIGINT NOT NULL,
    state          VARBINARY(MAX) NOT NULL,
    CONSTRAINT PK_snapshots PRIMARY KEY CLUSTERED (stream, schema_version)
);

CREATE TABLE store.leases (
    name  NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    owner NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    until BIGINT NOT NULL,
    CONSTRAINT PK_leases PRIMARY KEY CLUSTERED (name)
);

-- An erased person keeps a row without a key, so that no key is ever made again under that id.
CREATE TABLE store.person_keys (
    person       UNIQUEIDENTIFIER NOT NULL,
    wrapped      VARCHAR(1000) COLLATE Latin1_General_100_BIN2 NULL,
    created_at   BIGINT NOT NULL,
    destroyed_at BIGINT NULL,
    CONSTRAINT PK_person_keys PRIMARY KEY CLUSTERED (person)
);

CREATE TABLE store.api_keys (
    id           UNIQUEIDENTIFIER NOT NULL,
    secret_hash  VARBINARY(32) NOT NULL,
    name         NVARCHAR(MAX) NOT NULL,
    kind         NVARCHAR(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    location     UNIQUEIDENTIFIER NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NULL,
    revoked_at   BIGINT NULL,
    last_used_at BIGINT NULL,
    CONSTRAINT PK_api_keys PRIMARY KEY CLUSTERED (id),
    CONSTRAINT UQ_api_keys__secret_hash UNIQUE NONCLUSTERED (secret_hash)
);
