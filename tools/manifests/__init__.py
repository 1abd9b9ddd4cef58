"""Manifests of Kubernetes, made from what the services declare."""
