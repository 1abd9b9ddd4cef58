"""How fast Relais is, beside the bare limit and beside a peer library, in one run."""
