"""What every API of ours has in common, so that a route says only what it is about."""
