"""Consuming: one core that decides what happens to a record, whoever carries it there."""
