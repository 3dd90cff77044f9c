-- The rights each service needs, and no more. Run by an administrator in the database, after
-- `aerosports migrate`; running it again changes nothing. Then, for each service's login:
--
--     CREATE USER aero_command FOR LOGIN aero_command;
--     ALTER ROLE aerosports_command_api ADD MEMBER aero_command;
--
-- The command API may add to the log and never change it. The query API cannot write at all: it does not
-- note when a key was last used. The device worker reads the log, takes a lease and reports: it gets the
-- command API's role.

IF DATABASE_PRINCIPAL_ID(N'aerosports_command_api') IS NULL CREATE ROLE aerosports_command_api;
GO
IF DATABASE_PRINCIPAL_ID(N'aerosports_query_api') IS NULL CREATE ROLE aerosports_query_api;
GO
IF DATABASE_PRINCIPAL_ID(N'aerosports_projector') IS NULL CREATE ROLE aerosports_projector;
GO
IF DATABASE_PRINCIPAL_ID(N'aerosports_operator') IS NULL CREATE ROLE aerosports_operator;
GO
IF SCHEMA_ID(N'views') IS NULL EXEC(N'CREATE SCHEMA views');
GO

GRANT SELECT, INSERT ON store.events TO aerosports_command_api;
GRANT EXECUTE ON store.append_events TO aerosports_command_api;
GRANT EXECUTE ON store.append_with_checksums TO aerosports_command_api;
GRANT EXECUTE ON store.read_tails TO aerosports_command_api;
GRANT EXECUTE ON store.read_tails_with_checksums TO aerosports_command_api;
GRANT SELECT, UPDATE ON store.log_head TO aerosports_command_api;
GRANT SELECT, INSERT, DELETE ON store.commands TO aerosports_command_api;
GRANT SELECT, INSERT, UPDATE ON store.person_keys TO aerosports_command_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON store.snapshots TO aerosports_command_api;
GRANT SELECT, INSERT, UPDATE ON store.leases TO aerosports_command_api;
GRANT SELECT, UPDATE ON store.api_keys TO aerosports_command_api;
GRANT SELECT ON store.schema_migrations TO aerosports_command_api;
-- Its scheduler looks for overdue plays there.
GRANT SELECT ON SCHEMA::views TO aerosports_command_api;
GO

GRANT SELECT ON store.events TO aerosports_query_api;
GRANT SELECT ON store.log_head TO aerosports_query_api;
GRANT SELECT ON store.person_keys TO aerosports_query_api;
GRANT SELECT ON store.api_keys TO aerosports_query_api;
GRANT SELECT ON store.schema_migrations TO aerosports_query_api;
GRANT SELECT ON SCHEMA::views TO aerosports_query_api;
GO

GRANT SELECT ON store.events TO aerosports_projector;
GRANT SELECT ON store.log_head TO aerosports_projector;
GRANT SELECT ON store.person_keys TO aerosports_projector;
GRANT SELECT, INSERT, UPDATE ON store.leases TO aerosports_projector;
GRANT SELECT ON store.schema_migrations TO aerosports_projector;
GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES ON SCHEMA::views TO aerosports_projector;
GO
-- A new version of a view gets tables of its own.
GRANT CREATE TABLE TO aerosports_projector;
GO
GRANT ALTER ON SCHEMA::views TO aerosports_projector;
GO

GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON SCHEMA::store TO aerosports_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::views TO aerosports_operator;
GO
