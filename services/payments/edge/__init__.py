"""What touches the world besides events: accounts to check, the books in a table."""
