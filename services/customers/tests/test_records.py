"""Records of customers over HTTP: by whom, found again by phone or e-mail, shown, corrected."""

import asyncio
from typing import Any

import httpx
import pytest

from services.customers.tests.make import LYON, PARIS
from services.customers.tests.serving import (
    CAMILLE,
    GROUP_MANAGER,
    KARIM,
    NADIA,
    OF_PARIS,
    SALES,
    STRANGER,
    Person,
    served,
)

SHOWN: dict[str, Any] = {
    "dealership_id": LYON,
    "status": "active",
    "survivor_id": None,
    "title": "madam",
    "last_name": "Lefèvre",
    "first_name": "Camille",
    "email": "camille@example.org",
    "phone": "+33612345678",
    "language": "fr",
    "company": None,
    "blocked": {"sms": False, "email": False},
    "vehicles": [],
    "consents": [],
    "cases": [],
    "merged_ids": [],
    "erased_at": None,
}


def body(**said: Any) -> dict[str, Any]:
    return {"dealership_id": LYON, **CAMILLE, **said}


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


@pytest.mark.requirement("FLB-118", "FLB-120")
async def test_a_customer_is_shown_as_they_were_recorded(database: str) -> None:
    async with served(database) as ask:
        customer_id = await ask.recorded()
        found = await ask.shown(customer_id)
        del found["recorded_at"]
        assert found == {"customer_id": customer_id, **SHOWN}


@pytest.mark.requirement("FLB-018")
@pytest.mark.parametrize(
    ("person", "status"),
    [
        (NADIA, 200),
        (KARIM, 200),
        (GROUP_MANAGER, 200),
        (SALES, 403),
        (OF_PARIS, 404),
        (STRANGER, 404),
    ],
)
async def test_agents_and_managers_of_the_dealership_see_a_customer(
    database: str, person: Person, status: int
) -> None:
    async with served(database) as ask:
        customer_id = await ask.recorded()
        answer = await ask.of(person, "GET", f"/customers/{customer_id}")
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("person", "dealership_id", "status", "problem"),
    [
        (NADIA, PARIS, 404, "no-such-dealership"),
        (GROUP_MANAGER, PARIS, 201, ""),
        (GROUP_MANAGER, "abroad", 422, "unknown-reference"),
        (STRANGER, LYON, 422, "unknown-reference"),
    ],
)
async def test_a_customer_is_recorded_where_a_role_holds(
    database: str, person: Person, dealership_id: str, status: int, problem: str
) -> None:
    async with served(database) as ask:
        answer = await ask.of(person, "POST", "/customers", body(dealership_id=dealership_id))
        assert (answer.status_code, slug(answer) if problem else "") == (status, problem)


async def test_a_phone_without_a_country_code_is_of_the_dealership_s_country(
    database: str,
) -> None:
    async with served(database) as ask:
        here = {"dealership_id": "casa", "last_name": "Idrissi", "phone": "0612-345678"}
        made = await ask.of(GROUP_MANAGER, "POST", "/customers", here)
        path = f"/customers/{made.json()['id']}"
        found = (await ask.of(GROUP_MANAGER, "GET", path)).json()
        assert found["phone"] == "+212612345678"


@pytest.mark.requirement("G-76")
@pytest.mark.parametrize(
    "written",
    [
        {"phone": "+33 6 12 34 56 78", "email": None},
        {"phone": None, "email": " Camille@EXAMPLE.org "},
    ],
)
async def test_who_is_known_is_named_when_recorded_again(
    database: str, written: dict[str, Any]
) -> None:
    async with served(database) as ask:
        first = await ask.recorded()
        again = await ask.nadia("POST", "/customers", body(**written))
        assert (again.status_code, slug(again)) == (409, "customer-is-known")
        assert again.json()["facts"]["customer_ids"] == [first]


@pytest.mark.requirement("G-76")
async def test_two_people_may_share_a_phone_once_that_was_seen(database: str) -> None:
    async with served(database) as ask:
        first = await ask.recorded()
        other = await ask.recorded(last_name="Martin", email=None, beside=[first])
        assert other != first


@pytest.mark.requirement("G-76")
async def test_another_dealership_knows_nothing_of_a_customer(database: str) -> None:
    async with served(database) as ask:
        await ask.recorded()
        there = await ask.of(OF_PARIS, "POST", "/customers", body(dealership_id=PARIS))
        assert there.status_code == 201


@pytest.mark.requirement("G-76")
async def test_of_two_who_record_one_phone_at_once_one_is_told(database: str) -> None:
    async with served(database) as ask:
        asked = (ask.nadia("POST", "/customers", body()) for _ in range(5))
        answers = await asyncio.gather(*asked)
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


@pytest.mark.requirement("FLB-120")
async def test_a_corrected_customer_is_found_by_the_new_phone_alone(database: str) -> None:
    async with served(database) as ask:
        customer_id = await ask.recorded(email=None)
        changed = {"last_name": "Martin", "phone": "+33 6 99 99 99 99"}
        done = await ask.nadia("PUT", f"/customers/{customer_id}/details", changed)
        assert done.status_code == 200
        found = await ask.shown(customer_id)
        assert (found["title"], found["last_name"], found["phone"]) == (
            *(None, "Martin", "+33699999999"),
        )
        assert (await ask.nadia("POST", "/customers", body(email=None))).status_code == 201
        again = await ask.nadia("POST", "/customers", body(email=None, phone="0699999999"))
        assert again.json()["facts"]["customer_ids"] == [customer_id]


async def test_what_stands_in_the_database_names_nobody(database: str) -> None:
    async with served(database) as ask:
        await ask.recorded()
        async with ask.running.pool.connection() as connection:
            cursor = await connection.execute(
                "select string_agg(mark::text, ' ') from customers.mark"
            )
            row = await cursor.fetchone()
        assert row is not None
        assert b"33612345678".hex() not in row[0]


async def test_the_history_tells_who_did_what(database: str) -> None:
    async with served(database) as ask:
        customer_id = await ask.recorded()
        await ask.nadia("PUT", f"/customers/{customer_id}/details", {"last_name": "Martin"})
        answer = (await ask.nadia("GET", f"/customers/{customer_id}/history")).json()
        told = [(one["actor"], one["what"]["last_name"]) for one in answer["items"]]
        assert told == [("nadia", "Lefèvre"), ("nadia", "Martin")]
