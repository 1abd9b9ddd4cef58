"""The event store on EventStoreDB and KurrentDB, with a PostgreSQL beside it (ADR 46)."""
