"""The declarations of all services put together: which event is recorded and read where."""
