"""What touches the world besides events: documents, identifiers to check, the books in a table."""
