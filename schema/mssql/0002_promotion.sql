-- Absent: the log began here. 0: a venue is moving in from another store, and no service opens the log.
-- 1: it has moved in.
ALTER TABLE store.log_head ADD promotion INT NULL;
