"""A cluster of Kubernetes on this machine, and the rehearsal of a release on it."""
