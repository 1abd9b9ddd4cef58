"""python -m tools.bench.bare_page: the page of a case as one would write it first: one SELECT, and
a template. Needs the table that the measurement made.
"""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from psycopg.rows import dict_row

from tools.bench.bare import lifespan, serve

TABLE = """
create table shown (
  case_id   text  primary key,
  house     text  not null,
  customer  text  not null,
  reference text  not null,
  works     jsonb not null
)
"""
PAGE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>{{ house }}</title></head>
<body><h1>{{ house }}</h1><p>{{ customer }}, {{ reference }}</p>
<form method="post"><table>
{% for work in works %}
<tr><td>{{ work.label }}</td><td>{{ "%.2f" % work.amount }} EUR</td>
<td><input type="radio" name="{{ loop.index }}" value="yes">
<input type="radio" name="{{ loop.index }}" value="no"></td></tr>
{% endfor %}
</table><button>OK</button></form></body></html>
""")

app = FastAPI(lifespan=lifespan)


@app.get("/page/{case_id}")
async def page(request: Request, case_id: str) -> HTMLResponse:
    async with request.app.state.pool.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute("select * from shown where case_id = %s", (case_id,))
        found: dict[str, Any] = await cursor.fetchone()
    return HTMLResponse(PAGE.render(found))


if __name__ == "__main__":
    serve(app)
