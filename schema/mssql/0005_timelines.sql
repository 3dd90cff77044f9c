-- Timelines that an operator started after the log was restored to an earlier state: which, after which position, when,
-- who and why. A row is never changed.
CREATE TABLE store.timelines (
    timeline   INT NOT NULL,
    position   BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    started_by NVARCHAR(200) NOT NULL,
    reason     NVARCHAR(MAX) NOT NULL,
    CONSTRAINT PK_timelines PRIMARY KEY CLUSTERED (timeline)
);
