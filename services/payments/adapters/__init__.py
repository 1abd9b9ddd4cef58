"""The world besides events: bank accounts to check."""
