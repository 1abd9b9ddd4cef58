"""The gates of `make check`. Each is a function over the sources and has a test with a bad file."""
