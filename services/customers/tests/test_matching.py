"""Cases find their customer by phone or e-mail in the dealership, or record a new one (G-76)."""

import asyncio
from typing import Any

import pytest

from contracts.interventions.case_v1 import CaseDeleted
from infra.testing.following import follow
from services.customers.adapters.matching import Matching
from services.customers.lookups import interventions_case
from services.customers.tests.make import GROUP, LYON, NOON, PARIS
from services.customers.tests.serving import Caller, named, served


def cases(found: Any) -> list[tuple[str, str]]:
    return [(one["case_id"], one["reason"]) for one in found["cases"]]


async def people(ask: Caller) -> int:
    async with ask.running.pool.connection() as connection:
        cursor = await connection.execute("select count(*) from customers.record")
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.requirement("G-76", "FLB-119")
async def test_a_case_records_a_customer_whom_nobody_knows(database: str) -> None:
    async with served(database) as ask:
        await ask.told(named("d1", email="c@example.org"))
        found = await ask.shown("of-d1")
        assert cases(found) == [("d1", "recorded")]
        assert (found["title"], found["last_name"], found["first_name"]) == (
            *("madam", "Lefevre", None),
        )
        assert (found["email"], found["phone"]) == ("c@example.org", "+33612345678")


@pytest.mark.requirement("G-76")
@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"phone": "+33612345678"}, "phone"),
        ({"phone": None, "email": "CAMILLE@example.ORG"}, "email"),
        ({"phone": "+33699999999", "email": "camille@example.org"}, "email"),
    ],
)
async def test_a_case_with_a_known_phone_or_e_mail_is_of_that_customer(
    database: str, told: dict[str, Any], reason: str
) -> None:
    async with served(database) as ask:
        customer_id = await ask.recorded()
        await ask.told(named("d1", **told))
        assert cases(await ask.shown(customer_id)) == [("d1", reason)]
        assert await people(ask) == 1


@pytest.mark.requirement("G-76")
async def test_a_case_of_another_dealership_records_its_own_customer(database: str) -> None:
    async with served(database) as ask:
        customer_id = await ask.recorded()
        await ask.told(named("d1", dealership_id=PARIS))
        assert cases(await ask.shown(customer_id)) == []
        assert await people(ask) == 2


@pytest.mark.requirement("G-76")
async def test_two_cases_with_one_phone_at_once_make_one_customer(database: str) -> None:
    async with served(database) as ask:
        events = [named(f"d{n}") for n in range(6)]
        rows = [interventions_case.named(event) for event in events]
        await asyncio.gather(*(Matching(ask.running).settle(row) for row in rows))
        assert await people(ask) == 1
        async with ask.running.pool.connection() as connection:
            cursor = await connection.execute(
                "select distinct customer_id from customers.linked_case"
            )
            [[customer_id]] = await cursor.fetchall()
        linked = cases(await ask.shown(customer_id))
        assert sorted(id for id, _ in linked) == [f"d{n}" for n in range(6)]
        assert sorted(why for _, why in linked) == [*["phone"] * 5, "recorded"]


@pytest.mark.requirement("G-76")
async def test_a_name_alone_makes_nobody_a_customer(database: str) -> None:
    async with served(database) as ask:
        await ask.told(named("d1", phone=None))
        assert await people(ask) == 0
        await ask.told(named("d1", minute=1))
        assert cases(await ask.shown("of-d1")) == [("d1", "recorded")]


@pytest.mark.requirement("G-76")
async def test_a_case_that_names_a_customer_is_theirs_whatever_the_phone(database: str) -> None:
    async with served(database) as ask:
        customer_id = await ask.recorded()
        await ask.told(named("d1", phone="+33699999999", known=customer_id))
        assert cases(await ask.shown(customer_id)) == [("d1", "named")]


async def test_a_case_that_names_another_customer_is_theirs_alone(database: str) -> None:
    async with served(database) as ask:
        first = await ask.recorded()
        second = await ask.recorded(email=None, phone="0699999999")
        await ask.told(named("d1", known=first), named("d1", known=second, minute=1))
        assert cases(await ask.shown(first)) == []
        assert cases(await ask.shown(second)) == [("d1", "named")]


async def test_a_mistyped_phone_is_corrected_with_the_case(database: str) -> None:
    async with served(database) as ask:
        await ask.told(named("d1", phone="+33611111111"))
        await ask.told(named("d1", phone="+33622222222", minute=1))
        assert (await ask.shown("of-d1"))["phone"] == "+33622222222"
        await ask.told(named("d2", phone="+33622222222"))
        assert [id for id, _ in cases(await ask.shown("of-d1"))] == ["d1", "d2"]


async def test_a_case_changes_nobody_whom_somebody_edited(database: str) -> None:
    async with served(database) as ask:
        await ask.told(named("d1"))
        await ask.nadia("PUT", "/customers/of-d1/details", {"last_name": "Martin"})
        await ask.told(named("d1", last_name="Lefèvre", minute=1))
        assert (await ask.shown("of-d1"))["last_name"] == "Martin"


async def test_a_case_with_the_phone_of_somebody_else_leaves_who_had_it_by_mistake(
    database: str,
) -> None:
    async with served(database) as ask:
        customer_id = await ask.recorded(email=None)
        await ask.told(named("d1"))
        await ask.told(named("d1", phone="+33699999999", minute=1))
        assert cases(await ask.shown(customer_id)) == []
        assert cases(await ask.shown("of-d1")) == [("d1", "recorded")]


async def test_a_case_stays_with_a_customer_whose_phone_was_changed_since(database: str) -> None:
    async with served(database) as ask:
        customer_id = await ask.recorded(email=None)
        await ask.told(named("d1"))
        await ask.nadia(
            "PUT", f"/customers/{customer_id}/details", {"last_name": "L", "phone": "0699999999"}
        )
        await ask.told(named("d1", last_name="Lefèvre", minute=1))
        assert cases(await ask.shown(customer_id)) == [("d1", "phone")]


@pytest.mark.requirement("FLB-123", "G-50")
async def test_a_deleted_case_stays_its_customer_s_and_is_erased_with_them(database: str) -> None:
    async with served(database) as ask:
        await ask.told(named("d1"))
        deleted = CaseDeleted(
            case_id="d1",
            organisation_id=GROUP,
            dealership_id=LYON,
            deleted_by="karim",
            deleted_at=NOON.replace(hour=13),
            file_ids=(),
        )
        await ask.told(deleted)
        assert cases(await ask.shown("of-d1")) == [("d1", "recorded")]


async def test_a_case_waits_for_the_lookup_to_see_what_the_follower_saw(database: str) -> None:
    async with served(database) as ask:
        await follow(ask.running, named("d1"))
        async with ask.running.pool.connection() as connection:
            await connection.execute(
                "insert into customers.case_to_match values ('d1', %s)", (NOON.replace(minute=1),)
            )
        assert not await Matching(ask.running).match_one()
        await follow(ask.running, named("d1", minute=1))
        assert await Matching(ask.running).match_one()
        assert not await Matching(ask.running).match_one()
