"""Customers taken out as a file, and erased for good, with a certificate."""

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import httpx
import pypdf
import pytest

from contracts.interventions.case_v1 import SubjectForgotten
from infra.personal import SubjectIsForgotten
from infra.testing.following import follow
from services.customers.adapters.erasing import Erasing
from services.customers.tests.make import GROUP, LYON
from services.customers.tests.serving import (
    CAMILLE,
    GROUP_MANAGER,
    NADIA,
    SALES,
    Caller,
    Person,
    named,
    served,
)
from services.customers.tests.test_api import CONSENT
from services.customers.tests.test_records import body, slug

SECRETS = ("Lefèvre", "Camille", "camille@example.org", "33612345678", "AB-123-CD")


async def known(ask: Caller) -> str:
    """A customer with a vehicle, a consent and a case."""
    customer_id = await ask.recorded()
    path = f"/customers/{customer_id}"
    await ask.nadia("POST", f"{path}/vehicles", {"plate": "AB-123-CD"})
    await ask.nadia("POST", f"{path}/consents", CONSENT)
    await ask.told(named("d1"))
    return customer_id


def forgotten_case(at: datetime) -> SubjectForgotten:
    return SubjectForgotten(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        forgotten_at=at,
        file_ids=(),
        audit_ids=(),
    )


async def exported(ask: Caller, customer_id: str, person: Person = NADIA) -> httpx.Response:
    made = await ask.of(person, "POST", f"/customers/{customer_id}/exports")
    assert made.status_code == 201, made.text
    path = made.json()["path"].removeprefix("/customers")
    return await ask.of(person, "GET", path)


class TestExport:
    @pytest.mark.requirement("FLB-122", "G-86")
    async def test_a_file_has_all_that_is_stored_of_a_customer(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            answer = await exported(ask, customer_id)
            assert answer.headers["content-disposition"] == (
                f'attachment; filename="customer-{customer_id}.json"'
            )
            [record] = json.loads(answer.text)["records"]
            assert record["details"] == {**CAMILLE, "phone": "+33612345678"}
            assert [one["plate"] for one in record["vehicles"]] == ["AB-123-CD"]
            assert [one["wording"] for one in record["consents"]] == [CONSENT["wording"]]
            assert [one["case_id"] for one in record["cases"]] == ["d1"]
            told = [one["type"].rpartition(".")[2] for one in record["facts"]]
            assert told == [
                *("recorded", "vehicle_described", "consent_given", "case_linked", "exported"),
            ]
            assert record["facts"][0]["what"]["last_name"] == "Lefèvre"

    @pytest.mark.requirement("FLB-122")
    async def test_a_file_has_the_records_that_were_merged(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            await ask.told(named("d2", phone="+33699999999"))
            await ask.karim("PUT", f"/customers/of-d2/merges/{customer_id}")
            found = json.loads((await exported(ask, customer_id)).text)
            told = [(one["customer_id"], one["details"]["phone"]) for one in found["records"]]
            assert told == [(customer_id, "+33612345678"), ("of-d2", "+33699999999")]

    @pytest.mark.requirement("G-86")
    async def test_who_took_a_file_is_recorded_before_it_is_shown(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            unasked = await ask.nadia("GET", f"/customers/{customer_id}/exports/E1")
            assert (unasked.status_code, slug(unasked)) == (404, "no-such-export")
            await exported(ask, customer_id, GROUP_MANAGER)
            history = await ask.nadia("GET", f"/customers/{customer_id}/history")
            last = history.json()["items"][-1]
            assert last["what"]["exported_by"] == last["actor"] == "gaspard"

    @pytest.mark.requirement("G-86", "FLB-018")
    async def test_sales_representatives_take_no_file(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            answer = await ask.of(SALES, "POST", f"/customers/{customer_id}/exports")
            assert answer.status_code == 403


AFTER: list[tuple[str, str, Any]] = [
    ("PUT", "/details", {"last_name": "M"}),
    ("PUT", "/blocked-channels", {"sms": True, "email": True}),
    ("POST", "/consents", CONSENT),
    ("GET", "/consents", None),
    ("POST", "/vehicles", {"brand": "Renault"}),
    ("PUT", "/vehicles/V1", {"brand": "Renault"}),
    ("DELETE", "/vehicles/V1", None),
    ("POST", "/exports", None),
    ("GET", "/exports/E1", None),
    ("GET", "/erasure", None),
]


class TestErasure:
    @pytest.mark.requirement("FLB-123", "SM-22")
    async def test_an_erased_customer_is_x(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            await ask.erased(customer_id, cases=1)
            found = await ask.shown(customer_id)
            assert found["status"] == "anonymised"
            assert {found[name] for name in CAMILLE} == {"X"}
            assert found["vehicles"] == found["consents"] == found["cases"] == []
            history = (await ask.nadia("GET", f"/customers/{customer_id}/history")).text
            assert not [text for text in SECRETS if text in history]

    @pytest.mark.requirement("SM-22")
    async def test_nothing_is_done_with_an_erased_customer(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            await ask.erased(customer_id, cases=1)
            for method, path, said in AFTER:
                answer = await ask.karim(method, f"/customers/{customer_id}{path}", said)
                assert (answer.status_code, slug(answer)) == (409, "customer-is-erased"), path

    @pytest.mark.requirement("FLB-123")
    async def test_nobody_finds_an_erased_customer_by_their_phone(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            await ask.erased(customer_id, cases=1)
            assert (await ask.nadia("POST", "/customers", body())).status_code == 201
            await ask.told(named("d2", phone="+33612345678"))
            assert (await ask.shown(customer_id))["cases"] == []

    @pytest.mark.requirement("FLB-123")
    async def test_what_a_case_of_an_erased_customer_still_says_makes_nobody(
        self, database: str
    ) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            await ask.erased(customer_id, cases=1)
            await ask.told(named("d1", phone="+33612345678", minute=1))
            again = await ask.nadia("GET", "/customers/of-d1")
            assert (again.status_code, slug(again)) == (404, "no-such-customer")
            async with ask.running.pool.connection() as connection:
                cursor = await connection.execute(
                    "select (select count(*) from customers.mark),"
                    " (select sum(cardinality(marks)) from customers.linked_case)"
                )
                assert await cursor.fetchone() == (0, 0)

    @pytest.mark.requirement("G-50")
    async def test_the_keys_of_the_customer_and_of_each_case_are_destroyed(
        self, database: str
    ) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            await ask.running.keyring.keys_to_write(["d1"])
            await ask.erased(customer_id, cases=1)
            for subject in (customer_id, "d1"):
                with pytest.raises(SubjectIsForgotten):
                    await ask.running.keyring.keys_to_write([subject])

    @pytest.mark.requirement("FLB-123")
    async def test_who_confirms_has_seen_how_much_goes(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            seen = {"cases": 0, "vehicles": 1, "merged_ids": []}
            answer = await ask.karim("PUT", f"/customers/{customer_id}/erasure", seen)
            assert (answer.status_code, slug(answer)) == (412, "changed")
            assert answer.json()["now"] == {"/cases": 1}

    @pytest.mark.requirement("FLB-123")
    async def test_merged_records_are_erased_with_their_survivor(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            await ask.told(named("d2", phone="+33699999999"))
            await ask.karim("PUT", f"/customers/of-d2/merges/{customer_id}")
            await ask.erased(customer_id, cases=1)
            assert (await ask.shown("of-d2"))["last_name"] == "X"
            undo = await ask.karim("DELETE", f"/customers/of-d2/merges/{customer_id}")
            assert (undo.status_code, slug(undo)) == (409, "customer-is-erased")

    @pytest.mark.requirement("FLB-123")
    async def test_a_merge_is_not_undone_between_the_confirmation_and_the_worker(
        self, database: str
    ) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            await ask.told(named("d2", phone="+33699999999"))
            await ask.karim("PUT", f"/customers/of-d2/merges/{customer_id}")
            seen = {"cases": 1, "vehicles": 1, "merged_ids": ["of-d2"]}
            await ask.karim("PUT", f"/customers/{customer_id}/erasure", seen)
            undo = await ask.karim("DELETE", f"/customers/of-d2/merges/{customer_id}")
            assert (undo.status_code, slug(undo)) == (409, "customer-is-erased")

    @pytest.mark.requirement("FLB-123")
    async def test_a_worker_that_died_on_the_way_finishes_when_it_comes_back(
        self, database: str
    ) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            seen = {"cases": 1, "vehicles": 1, "merged_ids": []}
            await ask.karim("PUT", f"/customers/{customer_id}/erasure", seen)
            erasing, at = Erasing(ask.running), datetime.now(UTC)
            await erasing.finish(customer_id, GROUP, None, "karim", at)
            assert await erasing.erase_one()
            assert not await erasing.erase_one()
            history = (await ask.nadia("GET", f"/customers/{customer_id}/history")).json()
            ends = [one["type"].rpartition(".")[2] for one in history["items"][-2:]]
            assert ends == ["erased", "subject_forgotten"]


class TestCertificate:
    @pytest.mark.requirement("FLB-123", "G-50")
    async def test_a_certificate_tells_what_was_erased_where_and_when(self, database: str) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            path = f"/customers/{customer_id}/erasure/certificate"
            early = await ask.nadia("GET", path)
            assert (early.status_code, slug(early)) == (404, "no-such-certificate")
            await ask.erased(customer_id, cases=1)
            found = (await ask.nadia("GET", path)).json()
            assert not found["complete"]
            at = datetime(2030, 6, 1, 12, tzinfo=UTC)
            await follow(ask.running, forgotten_case(at))
            found = (await ask.nadia("GET", path)).json()
            [record, case] = found["places"]
            assert (record["place"], record["id"]) == ("record", customer_id)
            assert case == {"place": "case", "id": "d1", "erased_at": "2030-06-01T12:00:00Z"}
            assert (found["complete"], found["erased_by"]) == (True, "karim")
            assert (found["customer_id"], found["dealership_id"]) == (customer_id, LYON)

    @pytest.mark.requirement("FLB-123")
    @pytest.mark.parametrize(
        ("language", "title"),
        [("en", "Certificate of erasure"), ("fr", "Certificat d'effacement")],
    )
    async def test_a_certificate_is_printed_in_the_reader_s_language(
        self, database: str, language: str, title: str
    ) -> None:
        async with served(database) as ask:
            customer_id = await known(ask)
            await ask.erased(customer_id, cases=1)
            path = f"/customers/{customer_id}/erasure/certificate.pdf"
            answer = await ask.of(NADIA, "GET", path, headers={"Accept-Language": language})
            assert answer.headers["content-language"] == language
            text = pypdf.PdfReader(BytesIO(answer.content)).pages[0].extract_text()
            assert title in text.replace("\u2019", "'")
            assert customer_id in text
            assert not [secret for secret in SECRETS if secret in text]
