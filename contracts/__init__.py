"""The events of Relais, and the only source of event types.

Everything here but `runtime` is generated from the `.proto` files: `python -m tools.compiler`.
"""
