"""The world besides events: documents, and identifiers to check."""
