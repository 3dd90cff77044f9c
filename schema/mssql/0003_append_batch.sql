-- Commits a batch of commands in one request, under the head's lock: the real UPDATE comes first, and the head
-- is read in a statement of its own, since an UPDATE that had to wait may give out what stood there before on
-- some servers. The caller supposes that no command has an answer yet and that every stream stands where it
-- says; when that is not so, nothing is written and the answer is 0.
--
--   @ids        every command: [id]
--   @streams    every stream the commands name: [[name, last version]]
--   @count      how many events
--   @events     [[place in the batch from 1 on, id, stream, version, type, location, data, metadata, recorded at]]
--   @commands   those that took effect: [[place of their last event, id, where its request hash stands in @hashes,
--               status, answer, at]]
--   @hashes     their request hashes, 32 bytes each
--   @created    keys of persons: [[person, wrapped key, at]]
--   @destroyed  persons whose keys go: [[person, at]]
--
-- Result: 1 and the head as it was before the batch (position, timeline); or 0.
--
-- Not every server undoes the escapes of JSON, so U+FDD0 stands for a quote and U+FDD1 for a backslash in data,
-- metadata and answers. They compare by code point: most collations do not know them.
CREATE PROCEDURE store.append_batch
    @ids NVARCHAR(MAX),
    @streams NVARCHAR(MAX),
    @count BIGINT,
    @events NVARCHAR(MAX),
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

    -- Asked row by row and not by joins: a plan made while the tables were small reads them whole for ever on
    -- some servers.
    IF EXISTS (
        SELECT 1 FROM OPENJSON(@ids) WITH (i UNIQUEIDENTIFIER '$') wanted
        WHERE (SELECT COUNT(*) FROM store.commands c WHERE c.id = wanted.i) > 0
    ) OR EXISTS (
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
        INSERT INTO store.events (position, id, stream, version, type, location, data, metadata, recorded_at)
        SELECT @before + p, i, s, v, t, l,
            TRANSLATE(d COLLATE Latin1_General_100_BIN2, NCHAR(64976) + NCHAR(64977), NCHAR(34) + NCHAR(92)),
            TRANSLATE(m COLLATE Latin1_General_100_BIN2, NCHAR(64976) + NCHAR(64977), NCHAR(34) + NCHAR(92)),
            r
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
-- Roles made before this procedure was: those who appended go on appending.
IF DATABASE_PRINCIPAL_ID(N'aerosports_command_api') IS NOT NULL
    EXEC(N'GRANT EXECUTE ON store.append_batch TO aerosports_command_api');
GO
IF DATABASE_PRINCIPAL_ID(N'aerosports_operator') IS NOT NULL
    EXEC(N'GRANT EXECUTE ON store.append_batch TO aerosports_operator');
