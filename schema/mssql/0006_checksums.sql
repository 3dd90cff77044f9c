-- What each event was when it was written: the first 16 bytes of a SHA-256, see shared/store/src/group/checksum.rs.
-- NULL in events that are older than this column, and in those of services that have not been restarted since: they
-- are read unchecked.
ALTER TABLE store.events ADD checksum VARBINARY(16) NULL;
GO
-- What store.append_events does, with checksums; that one stays for services that have not been restarted yet.
--
--   @streams    streams that are looked up: [[name, last version]]
--   @count      how many events
--   @events     [[place in the batch from 1 on, id, stream, version, type, location, data, metadata, recorded at]]
--   @checksums  the events' checksums, 16 bytes each, in the order of their places
--   @commands   those that took effect: [[place of their last event, id, where its request hash stands in @hashes,
--               status, answer, at]]
--   @hashes     their request hashes, 32 bytes each
--   @created    keys of persons: [[person, wrapped key, at]]
--   @destroyed  persons whose keys go: [[person, at]]
--
-- Result: 1 and the head as it was before the batch (position, timeline); or 0 when a stream stands elsewhere. An
-- id or a version that is taken is the error of its unique key.
CREATE PROCEDURE store.append_with_checksums
    @streams NVARCHAR(MAX),
    @count BIGINT,
    @events NVARCHAR(MAX),
    @checksums VARBINARY(MAX),
    @commands NVARCHAR(MAX),
    @hashes VARBINARY(MAX),
    @created NVARCHAR(MAX),
    @destroyed NVARCHAR(MAX)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    DECLARE @before BIGINT, @timeline INT;
    BEGIN TRANSACTION;
    UPDATE store.log_head SET position = position + @count, batches = batches + 1 WHERE shard = 0;
    SELECT @before = position - @count, @timeline = timeline FROM store.log_head WHERE shard = 0;

    -- Asked row by row and not by a join: a plan made while the tables were small reads them whole for ever on some
    -- servers.
    IF @streams <> N'[]' AND EXISTS (
        SELECT 1 FROM OPENJSON(@streams) WITH (s NVARCHAR(200) '$[0]', v BIGINT '$[1]') wanted
        WHERE wanted.v <> ISNULL((
            SELECT MAX(e.version) FROM store.events e
            WHERE e.stream = wanted.s COLLATE Latin1_General_100_BIN2
        ), 0)
    )
    BEGIN
        ROLLBACK TRANSACTION;
        SELECT CAST(0 AS INT), @before, @timeline;
        RETURN;
    END;

    IF @count > 0
        INSERT INTO store.events (position, id, stream, version, type, location, data, metadata, recorded_at,
            checksum)
        SELECT @before + p, i, s, v, t, l,
            TRANSLATE(d COLLATE Latin1_General_100_BIN2, NCHAR(64976) + NCHAR(64977), NCHAR(34) + NCHAR(92)),
            TRANSLATE(m COLLATE Latin1_General_100_BIN2, NCHAR(64976) + NCHAR(64977), NCHAR(34) + NCHAR(92)),
            r, SUBSTRING(@checksums, 16 * p - 15, 16)
        FROM OPENJSON(@events) WITH (
            p BIGINT '$[0]', i UNIQUEIDENTIFIER '$[1]', s NVARCHAR(200) '$[2]', v BIGINT '$[3]',
            t NVARCHAR(100) '$[4]', l UNIQUEIDENTIFIER '$[5]', d NVARCHAR(MAX) '$[6]', m NVARCHAR(MAX) '$[7]',
            r BIGINT '$[8]'
        );
    INSERT INTO store.commands (position, id, request_hash, status, answer, at)
    SELECT @before + p, i, SUBSTRING(@hashes, h, 32), s,
        TRANSLATE(a COLLATE Latin1_General_100_BIN2, NCHAR(64976) + NCHAR(64977), NCHAR(34) + NCHAR(92)),
        r
    FROM OPENJSON(@commands) WITH (
        p BIGINT '$[0]', i UNIQUEIDENTIFIER '$[1]', h BIGINT '$[2]', s SMALLINT '$[3]',
        a NVARCHAR(MAX) '$[4]', r BIGINT '$[5]'
    );
    IF @created <> N'[]'
        INSERT INTO store.person_keys (person, wrapped, created_at)
        SELECT p, w, r FROM OPENJSON(@created) WITH (
            p UNIQUEIDENTIFIER '$[0]', w VARCHAR(1000) '$[1]', r BIGINT '$[2]'
        );
    IF @destroyed <> N'[]'
    BEGIN
        UPDATE k SET wrapped = NULL, destroyed_at = d.r FROM store.person_keys k
        INNER JOIN OPENJSON(@destroyed) WITH (p UNIQUEIDENTIFIER '$[0]', r BIGINT '$[1]') d ON k.person = d.p
        WHERE k.destroyed_at IS NULL;
        -- A person whose key never was here gets the tombstone too.
        INSERT INTO store.person_keys (person, wrapped, created_at, destroyed_at)
        SELECT d.p, NULL, MIN(d.r), MIN(d.r)
        FROM OPENJSON(@destroyed) WITH (p UNIQUEIDENTIFIER '$[0]', r BIGINT '$[1]') d
        WHERE NOT EXISTS (SELECT 1 FROM store.person_keys k WHERE k.person = d.p) GROUP BY d.p;
    END;
    COMMIT TRANSACTION;
    SELECT CAST(1 AS INT), @before, @timeline;
END
GO
-- The events of streams, each from a version on, in any order: [[name, first version]]. Looked up stream by stream;
-- TOP with an order keeps a server from rather reading the whole log once.
CREATE PROCEDURE store.read_tails_with_checksums
    @wanted NVARCHAR(MAX)
AS
BEGIN
    SET NOCOUNT ON;
    SELECT e.position, e.id, e.stream, e.version, e.type, e.location, e.data, e.metadata, e.recorded_at, e.checksum
    FROM OPENJSON(@wanted) WITH (s NVARCHAR(200) '$[0]', v BIGINT '$[1]') wanted
    CROSS APPLY (
        SELECT TOP (2147483647) position, id, stream, version, type, location, data, metadata, recorded_at,
            checksum
        FROM store.events
        WHERE version >= wanted.v
            AND stream = TRANSLATE(wanted.s COLLATE Latin1_General_100_BIN2, NCHAR(64976) + NCHAR(64977),
                NCHAR(34) + NCHAR(92)) COLLATE Latin1_General_100_BIN2
        ORDER BY version
    ) e;
END
GO
-- Roles made before these procedures were.
IF DATABASE_PRINCIPAL_ID(N'aerosports_command_api') IS NOT NULL
    EXEC(N'GRANT EXECUTE ON store.append_with_checksums TO aerosports_command_api');
GO
IF DATABASE_PRINCIPAL_ID(N'aerosports_command_api') IS NOT NULL
    EXEC(N'GRANT EXECUTE ON store.read_tails_with_checksums TO aerosports_command_api');
GO
IF DATABASE_PRINCIPAL_ID(N'aerosports_operator') IS NOT NULL
    EXEC(N'GRANT EXECUTE ON store.append_with_checksums TO aerosports_operator');
GO
IF DATABASE_PRINCIPAL_ID(N'aerosports_operator') IS NOT NULL
    EXEC(N'GRANT EXECUTE ON store.read_tails_with_checksums TO aerosports_operator');
