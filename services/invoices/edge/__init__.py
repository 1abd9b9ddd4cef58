"""What touches the world besides events: documents, and identifiers to check."""
