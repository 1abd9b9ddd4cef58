"""The page at `/` of a platform for development."""
