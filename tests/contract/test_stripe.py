"""The adapter of Stripe speaks as Stripe's own description says: stripe-mock checks each request.

What stripe-mock cannot do, the double does (`infra/testing/cards.py`).
"""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.common_v1 import Money
from infra.stack.ports import LOOPBACK, free_port, is_free
from infra.stack.process import Child
from services.payments.adapters.provider import Provider, Wanted
from services.payments.tests.make_cards import LINES
from tools.outside import Absent, Go

MOCK = Go("github.com/stripe/stripe-mock@v0.203.0")
KEY = "rk_test_123"


@pytest.fixture(scope="module")
def program() -> Path | None:
    """stripe-mock; None where there is no Go to build it with."""
    try:
        return MOCK.installed()
    except Absent:
        assert shutil.which("go") is None
        return None


@pytest.fixture
def mock(program: Path | None, tmp_path: Path) -> Iterator[Provider | None]:
    """Stripe's description, at an address."""
    if program is None:
        yield None
        return
    port = free_port()
    child = Child([str(program), "-http-port", str(port)], tmp_path / "log")
    yield Provider(f"http://{LOOPBACK}:{port}")
    asyncio.run(child.stop())


async def ready(provider: Provider) -> None:
    port = int(provider.url.rpartition(":")[2])
    async with asyncio.timeout(60):
        while is_free(port):
            await asyncio.sleep(0.05)


def wanted() -> Wanted:
    return Wanted(
        charge_id="Z1",
        intent_id="I1",
        lines=LINES,
        language="fr",
        back_to="https://api.example.org/payments/page/x",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


@pytest.mark.requirement("FLB-170")
async def test_every_request_is_one_that_stripe_describes(mock: Provider | None) -> None:
    if mock is None:
        return
    await ready(mock)
    identity = await mock.identity(KEY)
    assert (identity.missing, identity.live) == ((), False)
    # It answers with things of its own, which are not ours: they lack our names.
    with pytest.raises(KeyError, match="relais_charge_id"):
        await mock.open_form(KEY, wanted())
    with pytest.raises(KeyError, match="relais_charge_id"):
        await mock.session(KEY, "cs_1")
    with pytest.raises(KeyError, match="relais_charge_id"):
        await mock.expire(KEY, "cs_1")
    assert (await mock.payment(KEY, "pi_1")).charge_id is None
    await mock.describe(KEY, "pi_1", "LYON-000001")
    assert (await mock.refund(KEY, "pi_1", "W1", "Z1", Money(100, "EUR"))).provider_refund_id
    assert (await mock.available(KEY, "USD")).currency == "USD"
    now = datetime.now(UTC)
    assert await mock.transactions(KEY, now - timedelta(days=1), now)
