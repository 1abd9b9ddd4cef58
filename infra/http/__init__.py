"""Common ground of all our APIs, so that a route says only what it is about."""
