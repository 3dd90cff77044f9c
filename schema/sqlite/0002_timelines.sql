-- Timelines that an operator started after the log was restored to an earlier state: which, after which position, when,
-- who and why. A row is never changed.
CREATE TABLE timelines (
    timeline   INTEGER PRIMARY KEY,
    position   INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    started_by TEXT NOT NULL,
    reason     TEXT NOT NULL
) STRICT;
