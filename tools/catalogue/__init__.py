"""What the declarations of all services say together: which event is recorded and read where."""
