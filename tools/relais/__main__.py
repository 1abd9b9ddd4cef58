"""`python -m tools.relais` is `relais`."""

from tools.relais.main import app

app(prog_name="relais")
