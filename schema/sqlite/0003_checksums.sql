-- What each event was when it was written: the first 16 bytes of a SHA-256, see shared/store/src/group/checksum.rs.
-- NULL in events that are older than this column: they are read unchecked.
ALTER TABLE events ADD COLUMN checksum BLOB;

-- Tells this file apart from other SQLite files: "AERO".
PRAGMA application_id = 1095062095;
