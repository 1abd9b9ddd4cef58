"""Vehicles, preferences and merges of customers over HTTP."""

import asyncio
from typing import Any

import pytest

from services.customers.tests.make import PARIS, VIN
from services.customers.tests.serving import (
    GROUP_MANAGER,
    KARIM,
    NADIA,
    OF_PARIS,
    SALES,
    STRANGER,
    Person,
    named,
    served,
)
from services.customers.tests.test_records import slug

BY = {"described_by": "nadia"}
CONSENT: dict[str, Any] = {
    "given": True,
    "purpose": "offers",
    "channel": "email",
    "source": "paper_form",
    "wording": "J'accepte de recevoir des offres par e-mail.",
    "wording_version": "2030-01",
    "said_at": "2024-05-01T10:00:00Z",
}


class TestVehicles:
    async def test_a_vehicle_is_shown_as_it_was_written(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await ask.recorded()
            path = f"/customers/{customer_id}/vehicles"
            body = {
                "plate": "\u0430 123 \u0432\u0441 77",
                "plate_country": "RU",
                "vin": VIN.lower(),
                "brand": "Lada",
                "model": "Niva",
                "mileage_km": 45_210,
            }
            assert (await ask.nadia("POST", path, body)).status_code == 201
            [found] = (await ask.shown(customer_id))["vehicles"]
            del found["vehicle_id"], found["described_at"]
            assert found == {**body, "plate": "\u0410 123 \u0412\u0421 77", "vin": VIN, **BY}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"plate": "AB-12-CD"}, "/plate"),
            ({"vin": "VF1RFB0006612345O"}, "/vin"),
            ({"model": "Clio"}, "/plate"),
            ({"brand": "Renault", "mileage_km": -1}, "/mileage_km"),
        ],
    )
    async def test_what_is_no_vehicle_is_refused(
        self, database: str, body: dict[str, Any], field: str
    ) -> None:
        async with served(database) as ask:
            customer_id = await ask.recorded()
            answer = await ask.nadia("POST", f"/customers/{customer_id}/vehicles", body)
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["field"] == field

    async def test_a_vehicle_is_changed_and_removed(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await ask.recorded()
            path = f"/customers/{customer_id}/vehicles"
            await ask.nadia("POST", path, {"brand": "Renault"})
            [vehicle] = (await ask.shown(customer_id))["vehicles"]
            one = f"{path}/{vehicle['vehicle_id']}"
            await ask.nadia("PUT", one, {"brand": "Renault", "mileage_km": 1})
            [changed] = (await ask.shown(customer_id))["vehicles"]
            assert (changed["vehicle_id"], changed["mileage_km"]) == (vehicle["vehicle_id"], 1)
            assert (await ask.nadia("DELETE", one)).status_code == 200
            assert (await ask.shown(customer_id))["vehicles"] == []
            gone = await ask.nadia("PUT", one, {"brand": "Renault"})
            assert (gone.status_code, slug(gone)) == (404, "no-such-vehicle")


class TestPreferences:
    @pytest.mark.requirement("FLB-121", "G-49")
    async def test_a_blocked_channel_is_closed_for_every_purpose(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await ask.recorded()
            path = f"/customers/{customer_id}/blocked-channels"
            await ask.nadia("PUT", path, {"sms": True, "email": False})
            found = (await ask.nadia("GET", f"/customers/{customer_id}/consents")).json()
            opened = {(one["purpose"], one["channel"]) for one in found["said"] if one["open"]}
            assert opened == {("cases", "email"), ("reminders", "email")}
            assert (await ask.shown(customer_id))["blocked"] == {"sms": True, "email": False}

    async def test_the_ledger_answers_for_every_time(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await ask.recorded()
            path = f"/customers/{customer_id}/consents"
            later = {**CONSENT, "given": False, "said_at": "2024-06-01T10:00:00Z"}
            # The withdrawal is recorded first.
            assert (await ask.nadia("POST", path, later)).status_code == 200
            assert (await ask.nadia("POST", path, CONSENT)).status_code == 200
            for at, given in [
                ("2024-05-01T09:59:59Z", None),
                ("2024-05-01T10:00:00Z", True),
                ("2024-06-01T10:00:00Z", False),
            ]:
                found = (await ask.nadia("GET", f"{path}?at={at}")).json()
                said = {(one["purpose"], one["channel"]): one for one in found["said"]}
                consent = said["offers", "email"]["consent"]
                assert (consent and consent["given"]) == given
                assert said["offers", "email"]["open"] is (given is True)

    async def test_a_consent_is_shown_word_by_word(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await ask.recorded()
            await ask.nadia("POST", f"/customers/{customer_id}/consents", CONSENT)
            [found] = (await ask.shown(customer_id))["consents"]
            del found["consent_id"]
            assert found == {**CONSENT, "recorded_by": "nadia"}

    async def test_nobody_consents_in_the_future(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await ask.recorded()
            ahead = {**CONSENT, "said_at": "2999-01-01T00:00:00Z"}
            answer = await ask.nadia("POST", f"/customers/{customer_id}/consents", ahead)
            assert (answer.status_code, slug(answer)) == (422, "said-in-future")


class TestMerging:
    @pytest.mark.requirement("G-76")
    async def test_a_merge_is_undone_exactly(self, database: str) -> None:
        async with served(database) as ask:
            first = await ask.recorded()
            await ask.told(named("d1", phone="+33699999999"))
            before = [await ask.shown(first), await ask.shown("of-d1")]
            path = f"/customers/of-d1/merges/{first}"
            assert (await ask.karim("PUT", path)).status_code == 200
            assert (await ask.shown(first))["merged_ids"] == ["of-d1"]
            merged = await ask.shown("of-d1")
            assert (merged["status"], merged["survivor_id"]) == ("merged", first)
            assert (await ask.karim("DELETE", path)).status_code == 200
            assert [await ask.shown(first), await ask.shown("of-d1")] == before

    @pytest.mark.requirement("G-76")
    async def test_a_case_that_came_meanwhile_goes_with_the_record_that_it_matches(
        self, database: str
    ) -> None:
        async with served(database) as ask:
            first = await ask.recorded()
            await ask.told(named("d1", phone="+33699999999"))
            await ask.karim("PUT", f"/customers/of-d1/merges/{first}")
            await ask.told(named("d2", phone="+33699999999"))
            await ask.karim("DELETE", f"/customers/of-d1/merges/{first}")
            found = await ask.shown("of-d1")
            assert [one["case_id"] for one in found["cases"]] == ["d1", "d2"]

    @pytest.mark.requirement("G-76")
    @pytest.mark.parametrize(
        ("person", "status"),
        [(KARIM, 200), (GROUP_MANAGER, 200), (NADIA, 403), (SALES, 403), (OF_PARIS, 404)],
    )
    async def test_managers_of_the_dealership_merge(
        self, database: str, person: Person, status: int
    ) -> None:
        async with served(database) as ask:
            first = await ask.recorded()
            second = await ask.recorded(email=None, phone=None)
            answer = await ask.of(person, "PUT", f"/customers/{second}/merges/{first}")
            assert answer.status_code == status

    @pytest.mark.requirement("G-76")
    async def test_what_cannot_be_merged_is_refused(self, database: str) -> None:
        async with served(database) as ask:
            first = await ask.recorded()
            second = await ask.recorded(email=None, phone=None)
            there = {"dealership_id": PARIS, "last_name": "Petit"}
            far = (await ask.of(OF_PARIS, "POST", "/customers", there)).json()["id"]
            for survivor, problem in [
                (second, "survivor-is-the-same"),
                (far, "other-dealership"),
                ("nobody", "no-such-customer"),
            ]:
                path = f"/customers/{second}/merges/{survivor}"
                refused = await ask.of(GROUP_MANAGER, "PUT", path)
                assert slug(refused) == problem
            await ask.karim("PUT", f"/customers/{second}/merges/{first}")
            closing = await ask.karim("PUT", f"/customers/{first}/merges/{second}")
            assert (closing.status_code, slug(closing)) == (409, "survivor-is-merged")

    @pytest.mark.requirement("G-76")
    async def test_two_records_merged_into_each_other_at_once_make_no_cycle(
        self, database: str
    ) -> None:
        async with served(database) as ask:
            first = await ask.recorded()
            second = await ask.recorded(email=None, phone=None)
            answers = await asyncio.gather(
                ask.karim("PUT", f"/customers/{first}/merges/{second}"),
                ask.karim("PUT", f"/customers/{second}/merges/{first}"),
            )
            assert sorted(answer.status_code for answer in answers) == [200, 409]

    @pytest.mark.requirement("G-76")
    async def test_a_merged_record_sends_what_is_new_to_its_survivor(self, database: str) -> None:
        async with served(database) as ask:
            first = await ask.recorded()
            second = await ask.recorded(email=None, phone=None)
            await ask.karim("PUT", f"/customers/{second}/merges/{first}")
            answer = await ask.nadia("PUT", f"/customers/{second}/details", {"last_name": "M"})
            assert (answer.status_code, slug(answer)) == (409, "customer-is-merged")
            assert answer.json()["facts"] == {"survivor_id": first}


async def test_strangers_learn_of_nobody(database: str) -> None:
    async with served(database) as ask:
        customer_id = await ask.recorded()
        for path in ("", "/history", "/consents", "/erasure", "/erasure/certificate"):
            for person in (STRANGER, OF_PARIS):
                answer = await ask.of(person, "GET", f"/customers/{customer_id}{path}")
                assert (answer.status_code, slug(answer)) == (404, "no-such-customer")
