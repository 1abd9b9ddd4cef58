"""The event store on EventStoreDB and KurrentDB, with a PostgreSQL beside it; see ADR NNNN."""
