"""A double of Stripe for what stripe-mock cannot do: it remembers.

Idempotency keys, forms for cards, webhooks that are signed, late, doubled or out of order, refunds,
scopes of keys, and a balance with fees. What its answers look like is checked against stripe-mock
by the tests of the adapter, which speaks to both.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from itertools import count
from socket import socket
from time import time
from typing import Any
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from infra.serving import Server
from infra.stack.ports import LOOPBACK, free_port

Json = dict[str, Any]
SOURCE = ("id", "object", "payment_intent", "charge", "status")
ALL_SCOPES = frozenset(
    {
        "checkout_sessions",
        "payment_intents",
        "charges",
        "refunds",
        "balance",
        "balance_transactions",
    }
)
"""What a key of ours has to have, and no more."""
KEY = "rk_test_0123456789abcdefghij7f2q"
PUBLISHABLE = "pk_test_0123456789abcdefghij"
SECRET = "whsec_0123456789abcdefghij"
GOOD_CARD, DECLINED_CARD = "4242424242424242", "4000000000000002"
FEE_BASIS_POINTS, FEE_FIXED = 140, 25
"""1.4 % and 0.25, as the source says; here alone something reckons it."""


@dataclass
class Key:
    """A restricted key."""

    scopes: frozenset[str] = ALL_SCOPES
    live: bool = False


@dataclass
class CardServer:
    """The provider, with one account."""

    url: str = ""
    hook: str = ""
    """Where it sends what it tells by itself; empty: nowhere."""
    client: httpx.AsyncClient | None = None
    """What it tells by; without one, by the network."""
    secret: str = SECRET
    keys: dict[str, Key] = field(default_factory=lambda: {KEY: Key()})
    currencies: tuple[str, ...] = ("eur", "gbp", "jpy", "tnd")
    sessions: dict[str, Json] = field(default_factory=dict)
    payments: dict[str, Json] = field(default_factory=dict)
    refunds: dict[str, Json] = field(default_factory=dict)
    movements: dict[str, Json] = field(default_factory=dict)
    told: list[Json] = field(default_factory=list)
    """Every event there was, told or not."""
    telling: bool = True
    """Off: events are kept and can be told later."""
    silent: int = 0
    """So many requests more are carried out, and their answers are lost."""
    away: bool = False
    """Nothing is carried out."""
    refunds_wait: bool = False
    """Refunds are pending, as they are while the balance is too low for them."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    _answers: dict[str, tuple[str, int, Json]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))

    def new(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):04}"

    # --- What happens there -----------------------------------------------------------------

    async def pay(self, session_id: str, number: str = GOOD_CARD) -> bool:
        """Somebody fills in the form. Whether it was paid."""
        session = self.sessions[session_id]
        if number != GOOD_CARD or session["status"] != "open":
            return False
        payment_id = self.new("pi")
        moved = self._moved("charge", self.new("ch"), session["amount_total"], session["currency"])
        self.payments[payment_id] = {
            "id": payment_id,
            "object": "payment_intent",
            "amount": session["amount_total"],
            "currency": session["currency"],
            "status": "succeeded",
            "description": None,
            "metadata": session["metadata"],
            "latest_charge": {
                "id": moved["source"],
                "object": "charge",
                "balance_transaction": moved,
            },
        }
        session.update(status="complete", payment_status="paid", payment_intent=payment_id)
        await self.tell("checkout.session.completed", session)
        return True

    async def expire(self, session_id: str) -> None:
        """The time of the form is over."""
        self.sessions[session_id].update(status="expired", url=None)
        await self.tell("checkout.session.expired", self.sessions[session_id])

    async def refund(self, payment_id: str, amount: int) -> Json:
        """Somebody refunds in the dashboard."""
        made = self._refunded(payment_id, amount, {})
        await self.tell("refund.created", made)
        return made

    def forget_keys(self) -> None:
        """More than a day passes, after which idempotency keys are not known any more."""
        self._answers.clear()

    async def bounce(self, refund_id: str) -> None:
        """The customer's bank sends a refund back, days after it was made."""
        made = self.refunds[refund_id]
        moved = self._moved("refund_failure", refund_id, made["amount"], made["currency"])
        made.update(status="failed", failure_balance_transaction=moved)
        await self.tell("refund.failed", made)

    def _refunded(self, payment_id: str, amount: int, metadata: Json) -> Json:
        refund_id, payment = self.new("re"), self.payments[payment_id]
        currency = payment["currency"]
        moved = self._moved("refund", refund_id, -amount, currency)
        made: Json = {
            "id": refund_id,
            "object": "refund",
            "amount": amount,
            "currency": currency,
            "payment_intent": payment_id,
            "charge": payment["latest_charge"]["id"],
            "status": "pending" if self.refunds_wait else "succeeded",
            "metadata": metadata,
            "balance_transaction": moved,
        }
        self.refunds[refund_id] = made
        return made

    def _moved(self, kind: str, source: str, amount: int, currency: str) -> Json:
        fee = amount * FEE_BASIS_POINTS // 10_000 + FEE_FIXED if kind == "charge" else 0
        moved: Json = {
            "id": self.new("txn"),
            "object": "balance_transaction",
            "type": kind,
            "source": source,
            "amount": amount,
            "fee": fee,
            "net": amount - fee,
            "currency": currency,
            "created": int(time()),
        }
        self.movements[moved["id"]] = moved
        return moved

    # --- What it tells ----------------------------------------------------------------------

    async def tell(self, kind: str, thing: Json) -> None:
        """Keep an event, and tell it."""
        event = {
            "id": self.new("evt"),
            "object": "event",
            "api_version": None,
            "created": int(time()),
            "livemode": False,
            "type": kind,
            "data": {"object": json.loads(json.dumps(thing))},
        }
        self.told.append(event)
        if self.telling and self.hook:
            await self.deliver(event)

    async def deliver(
        self, event: Json, *, secret: str | None = None, age: int = 0
    ) -> httpx.Response:
        """Tell an event, again or late, signed so many seconds ago."""
        body, at = json.dumps(event).encode(), int(time()) - age
        signed = hmac.digest(
            (secret or self.secret).encode(), f"{at}.".encode() + body, hashlib.sha256
        )
        headers = {
            "Stripe-Signature": f"t={at},v1={signed.hex()}",
            "Content-Type": "application/json; charset=utf-8",
        }
        if self.client is not None:
            return await self.client.post(self.hook, content=body, headers=headers)
        async with httpx.AsyncClient(timeout=30) as client:
            return await client.post(self.hook, content=body, headers=headers)

    # --- Its API ----------------------------------------------------------------------------

    def app(self) -> Starlette:
        def route(path: str, method: str, scope: str, act: Any) -> Route:
            async def answered(request: Request) -> Response:
                return await self._answer(request, scope, act)

            return Route(path, answered, methods=[method])

        one = "/{id}"
        sessions, payments = "/v1/checkout/sessions", "/v1/payment_intents"
        return Starlette(
            routes=[
                route("/v1/account", "GET", "", self._account),
                route("/v1/country_specs" + one, "GET", "", self._country),
                route("/v1/balance", "GET", "balance", self._balance),
                route("/v1/balance_transactions", "GET", "balance_transactions", self._moves),
                route("/v1/charges", "GET", "charges", self._nothing),
                route("/v1/payouts", "POST", "payouts", self._lacking),
                route("/v1/transfers", "POST", "transfers", self._lacking),
                route(sessions, "POST", "checkout_sessions", self._open),
                route(sessions + one, "GET", "checkout_sessions", self._session),
                route(sessions + one + "/expire", "POST", "checkout_sessions", self._expire),
                route(payments + one, "GET", "payment_intents", self._payment),
                route(payments + one, "POST", "payment_intents", self._describe),
                route("/v1/refunds", "GET", "refunds", self._refunds),
                route("/v1/refunds", "POST", "refunds", self._refund),
                Route("/form/{id}", self._form, methods=["GET", "POST"]),
            ]
        )

    async def _answer(self, request: Request, scope: str, act: Any) -> Response:
        self.asked.append((request.method, request.url.path))
        if self.away:
            return failure(503, "api_error", "away")
        key = self.keys.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if key is None:
            return failure(401, "invalid_request_error", "unknown_key")
        if scope and scope not in key.scopes:
            return failure(403, "invalid_request_error", "more_permissions_required")
        status, answer = await self._once(request, key, act)
        if request.method == "POST" and self.silent:
            self.silent -= 1
            return failure(503, "api_error", "lost")
        return JSONResponse(answer, status)

    async def _once(self, request: Request, key: Key, act: Any) -> tuple[int, Json]:
        """The same answer for the same idempotency key; another request under it is refused."""
        body = (await request.body()).decode()
        name = request.headers.get("idempotency-key", "")
        if request.method == "POST" and (before := self._answers.get(name)) is not None:
            if before[0] != body:
                return 400, said("idempotency_error", "idempotency_key_in_use")
            return before[1], before[2]
        status, answer = act(request.path_params.get("id", ""), fields(request, body), key)
        if name and request.method == "POST":
            self._answers[name] = (body, status, answer)
        return status, answer

    def _account(self, _: str, __: Json, key: Key) -> tuple[int, Json]:
        return 200, {"id": "acct_1", "object": "account", "country": "FR"}

    def _country(self, id: str, _: Json, __: Key) -> tuple[int, Json]:
        taken = list(self.currencies)
        return 200, {"id": id, "object": "country_spec", "supported_payment_currencies": taken}

    def _balance(self, _: str, __: Json, key: Key) -> tuple[int, Json]:
        sums: dict[str, int] = {}
        for one in self.movements.values():
            sums[one["currency"]] = sums.get(one["currency"], 0) + one["net"]
        parts = [{"currency": name, "amount": amount} for name, amount in sums.items()]
        return 200, {
            "object": "balance",
            "livemode": key.live,
            "available": [],
            "pending": parts,
        }

    def _moves(self, _: str, given: Json, __: Key) -> tuple[int, Json]:
        since, before = int(given.get("created[gte]", 0)), int(given.get("created[lt]", 2**40))
        found = [
            {**one, "source": self._source(one)} if "expand[0]" in given else one
            for one in self.movements.values()
            if since <= one["created"] < before
        ]
        return 200, listed(found[::-1], "/v1/balance_transactions")

    def _source(self, moved: Json) -> Json | str | None:
        """The thing that moved the balance: an object where there is one, else its id alone."""
        source = moved["source"]
        if source in self.refunds:
            return {key: value for key, value in self.refunds[source].items() if key in SOURCE}
        for payment in self.payments.values():
            if payment["latest_charge"]["id"] == source:
                return {"id": source, "object": "charge", "payment_intent": payment["id"]}
        return source if source is None else str(source)

    def pay_out(self, amount: int, currency: str = "eur", kind: str = "payout") -> str:
        """The balance goes to the bank; or comes back from there with another kind."""
        return str(self._moved(kind, self.new("po"), -amount, currency)["id"])

    def move(self, kind: str, amount: int, currency: str = "eur") -> str:
        """Something else moves the balance, of which nothing of ours knows."""
        return str(self._moved(kind, self.new("src"), amount, currency)["id"])

    def _nothing(self, _: str, __: Json, ___: Key) -> tuple[int, Json]:
        return 200, listed([], "/v1/charges")

    def _lacking(self, _: str, __: Json, ___: Key) -> tuple[int, Json]:
        return 400, said("invalid_request_error", "parameter_missing")

    def _open(self, _: str, given: Json, __: Key) -> tuple[int, Json]:
        prices = [int(v) for k, v in given.items() if k.endswith("[unit_amount]")]
        if not prices:
            return self._lacking("", {}, Key())
        expires_at = int(given["expires_at"])
        if expires_at < time() + 30 * 60 - 5:
            return 400, said("invalid_request_error", "expires_at")
        session_id = self.new("cs_test")
        made = {
            "id": session_id,
            "object": "checkout.session",
            "url": f"{self.url}/form/{session_id}",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": sum(prices),
            "currency": given["line_items[0][price_data][currency]"],
            "expires_at": expires_at,
            "success_url": given["success_url"],
            "metadata": {
                name[len("metadata[") : -1]: value
                for name, value in given.items()
                if name.startswith("metadata[")
            },
        }
        self.sessions[session_id] = made
        return 200, json.loads(json.dumps(made))

    def _session(self, id: str, _: Json, __: Key) -> tuple[int, Json]:
        return found_in(self.sessions, id)

    def _expire(self, id: str, _: Json, __: Key) -> tuple[int, Json]:
        if self.sessions[id]["status"] != "open":
            return 400, said("invalid_request_error", "not_open")
        self.sessions[id].update(status="expired", url=None)
        return 200, self.sessions[id]

    def _payment(self, id: str, _: Json, __: Key) -> tuple[int, Json]:
        return found_in(self.payments, id)

    def _describe(self, id: str, given: Json, __: Key) -> tuple[int, Json]:
        if id in self.payments:
            self.payments[id]["description"] = given["description"]
        return found_in(self.payments, id)

    def _refunds(self, _: str, given: Json, __: Key) -> tuple[int, Json]:
        payment_id = given.get("payment_intent")
        made = [o for o in self.refunds.values() if o["payment_intent"] == payment_id]
        return 200, listed(made[::-1], "/v1/refunds")

    def _refund(self, _: str, given: Json, __: Key) -> tuple[int, Json]:
        if "payment_intent" not in given:
            return self._lacking("", {}, Key())
        names = {
            name[len("metadata[") : -1]: value
            for name, value in given.items()
            if name.startswith("metadata[")
        }
        return 200, self._refunded(given["payment_intent"], int(given["amount"]), names)

    async def _form(self, request: Request) -> Response:
        """The form for a card, as the provider shows it."""
        session = self.sessions[request.path_params["id"]]
        wrong = ""
        if request.method == "POST":
            given = dict(parse_qsl((await request.body()).decode()))
            if await self.pay(session["id"], given.get("number", "")):
                return RedirectResponse(session["success_url"], 303)
            wrong = "<p role=alert>Your card was declined.</p>"
        amount = escape(f"{session['amount_total']} {session['currency']}")
        return HTMLResponse(
            f"<!doctype html><html lang=en><title>Pay</title><main><h1>{amount}</h1>{wrong}"
            "<form method=post><label>Card <input name=number></label>"
            "<button>Pay</button></form></main></html>",
            402 if wrong else 200,
        )


def fields(request: Request, body: str) -> Json:
    """The parameters of a request, by their names as they are sent."""
    return dict(parse_qsl(body or request.url.query, keep_blank_values=True))


def said(kind: str, code: str) -> Json:
    return {"error": {"type": kind, "code": code, "message": code}}


def failure(status: int, kind: str, code: str) -> JSONResponse:
    return JSONResponse(said(kind, code), status)


def found_in(things: Mapping[str, Json], id: str) -> tuple[int, Json]:
    if id not in things:
        return 404, said("invalid_request_error", "resource_missing")
    return 200, json.loads(json.dumps(things[id]))


def listed(things: list[Json], url: str) -> Json:
    return {"object": "list", "data": things, "has_more": False, "url": url}


@asynccontextmanager
async def card_server(held: socket | None = None) -> AsyncIterator[CardServer]:
    """The double, at an address of its own or of a bound socket, for the time of the block."""
    port = held.getsockname()[1] if held else free_port()
    cards = CardServer(url=f"http://{LOOPBACK}:{port}")
    config = uvicorn.Config(
        cards.app(), host=LOOPBACK, port=port, log_config=None, lifespan="off", loop="none"
    )
    server = Server(config)
    task = asyncio.create_task(server.serve([held] if held else None))
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield cards
    finally:
        server.should_exit = True
        await task
