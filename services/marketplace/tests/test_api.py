"""The way of a provider on a marketplace, asked over HTTP."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.common_v1 import Money
from contracts.dispatch.contract_v1 import ContractAgreed, ContractEnded, ContractReassigned
from contracts.dispatch.job_v1 import JobDone, JobPlanned, OnTheWay
from contracts.marketplace.relation_v1 import ApplicationSubmitted
from contracts.providers import relation_id
from infra.testing.following import follow
from services.marketplace.aggregates import RELATION
from services.marketplace.tests.make import NOON
from services.marketplace.tests.serving import refusal, served

SQUARE: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [[[4.0, 45.0], [5.0, 45.0], [5.0, 46.0], [4.0, 46.0], [4.0, 45.0]]],
}
CROSSED: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]],
}
WHY = {"reason": "quality_of_work", "explanation": "Three complaints in April."}


def job(job_id: str = "j-1", provider: str = "atelier") -> JobPlanned:
    return JobPlanned(
        job_id=job_id,
        organisation_id="quartier",
        request_id="q-1",
        contract_id=None,
        visit=None,
        provider_id=provider,
        manager_id="paul",
        service_code="windows",
        price=Money(10_000, "EUR"),
        unit=None,
        vat_basis_points=2_000,
        commission_basis_points=1_000,
        arrives_from=NOON,
        arrives_until=NOON,
        time_zone="Europe/Paris",
        locality="69002 Lyon",
        customer_name="Ada",
        customer_email="ada@example.org",
        customer_phone=None,
        address="1 rue",
        customer_link="https://example.org",
        language="fr",
        planned_at=NOON,
    )


def agreed(contract_id: str) -> ContractAgreed:
    return ContractAgreed(
        contract_id=contract_id,
        organisation_id="quartier",
        request_id="q-1",
        provider_id="atelier",
        manager_id="paul",
        service_code="windows",
        price=Money(10_000, "EUR"),
        unit=None,
        vat_basis_points=2_000,
        commission_basis_points=1_000,
        rule="FREQ=WEEKLY",
        first_day=NOON.date(),
        minute=540,
        time_zone="Europe/Paris",
        locality="69002 Lyon",
        customer_name="Ada",
        customer_email="ada@example.org",
        customer_phone=None,
        address="1 rue",
        customer_link="https://example.org",
        language="fr",
        agreed_by="olga",
        plan_at=None,
        agreed_at=NOON,
    )


def reassigned(contract_id: str, days: int = 0) -> ContractReassigned:
    return ContractReassigned(
        contract_id=contract_id,
        organisation_id="quartier",
        provider_id="other",
        manager_id="otto",
        commission_basis_points=1_000,
        first_day=NOON.date() + timedelta(days=days),
        reassigned_by="olga",
        reassigned_at=NOON,
    )


def ended(contract_id: str, last_day: date) -> ContractEnded:
    return ContractEnded(
        contract_id=contract_id,
        organisation_id="quartier",
        last_day=last_day,
        ended_by="olga",
        plan_at=None,
        ended_at=NOON,
        leaver_id=None,
        also_leaves_id=None,
        also_last_day=None,
    )


def done(at: datetime, amount_minor: int, job_id: str = "j-1") -> JobDone:
    return JobDone(
        job_id=job_id,
        organisation_id="quartier",
        request_id="q-1",
        provider_id="atelier",
        report="Done.",
        file_ids=(),
        amount=Money(amount_minor, "EUR"),
        units_hundredths=None,
        commission=Money(amount_minor // 10, "EUR"),
        reviews_at=at,
        customer_email="ada@example.org",
        customer_link="https://example.org",
        language="fr",
        done_at=at,
        commission_vat=None,
        vat=None,
        commission_vat_basis_points=None,
    )


@pytest.mark.requirement("OGU-01", "G-60")
async def test_the_administration_of_a_marketplace_activates_it_and_nobody_else(
    database: str,
) -> None:
    async with served(database) as api:
        shown = (await api.ask("GET", "/settings")).json()
        assert (shown["marketplace_id"], shown["active"]) == ("quartier", True)
        refused = await api.ask("GET", "/settings", org="maarif")
        assert refusal(refused) == (403, "not-a-marketplace")
        assert refusal(await api.ask("GET", "/settings", org="rival"))[0] == 404


@pytest.mark.requirement("OGU-03")
async def test_the_operator_says_at_which_places_customers_ask(database: str) -> None:
    lille = {
        "locality": "Lille",
        "postal_code": "59000",
        "commune_code": "59350",
        "centre": {"latitude": 50.6366, "longitude": 3.0635},
    }
    async with served(database) as api:
        assert (await api.ask("GET", "/settings")).json()["localities"] == []
        for listed in ([lille], [lille, lille | {"postal_code": "59800"}]):
            body = {"localities": listed}
            assert (await api.ask("PUT", "/settings/localities", body)).status_code == 200
            assert (await api.ask("GET", "/settings")).json()["localities"] == listed
        facts = (await api.ask("GET", "/settings/history")).json()["items"]
        assert facts[-1]["what"]["localities"] == listed


@pytest.mark.requirement("OGU-12", "G-64")
async def test_addresses_are_invited_once_each_and_it_is_told_which_were_not(
    database: str,
) -> None:
    async with served(database) as api:
        body = {"email_addresses": ["a@x.example", "b@x.example", "A@x.example"]}
        first = (await api.ask("POST", "/invitations", body)).json()["items"]
        assert [(one["email"], one["result"]) for one in first] == [
            ("a@x.example", "sent"),
            ("b@x.example", "sent"),
        ]
        again = (await api.ask("POST", "/invitations", body)).json()["items"]
        assert {one["result"] for one in again} == {"already_invited"}


@pytest.mark.requirement("OGU-10", "OGU-13", "OGU-14", "OGU-17", "SM-26")
async def test_a_provider_sees_the_terms_joins_applies_and_is_accepted(database: str) -> None:
    async with served(database) as api:
        terms = {"title": "Terms", "file_id": "f-terms", "instead_of": 0}
        assert (await api.ask("PUT", "/settings/terms", terms)).status_code == 200
        wanted = {"documents": [{"kind": "vigilance", "most_months": 6}]}
        assert (await api.ask("PUT", "/settings/documents", wanted)).status_code == 200
        token = await api.invited()
        seen = (await api.anybody("POST", "/invitations/shown", {"token": token})).json()
        assert (seen["terms"]["version"], seen["documents"][0]["kind"]) == (1, "vigilance")
        joining: dict[str, Any] = {"token": token, "terms_version": None}
        refused = await api.provider("POST", "/marketplaces", joining)
        assert refusal(refused) == (409, "other-terms-hold")
        joining["terms_version"] = 1
        assert (await api.provider("POST", "/marketplaces", joining)).status_code == 201
        used = await api.provider("POST", "/marketplaces", joining, "other")
        assert refusal(used) == (409, "invitation-used")
        path = "/marketplaces/quartier/application"
        lacking = await api.provider("PUT", path, {"terms_version": 1})
        assert refusal(lacking) == (409, "documents-lacking")


@pytest.mark.requirement("OGU-08", "OGU-09", "OGU-17")
async def test_an_application_has_its_documents_and_is_accepted_as_it_was_seen(
    database: str,
) -> None:
    async with served(database) as api:
        wanted = {"documents": [{"kind": "vigilance"}]}
        assert (await api.ask("PUT", "/settings/documents", wanted)).status_code == 200
        await api.joined()
        await api.shows()
        applied = await api.provider(
            "PUT", "/marketplaces/quartier/application", {"terms_version": None}
        )
        assert applied.status_code == 200, applied.text
        stale = await api.ask("PUT", "/providers/atelier/acceptance", {"seen": ["f-9"]})
        assert refusal(stale) == (412, "changed")
        shown = (await api.ask("GET", "/providers/atelier")).json()
        assert shown["application"] == ["f-1"]
        assert shown["documents"][0]["url"].startswith("/media/links/")
        good = await api.ask("PUT", "/providers/atelier/acceptance", {"seen": ["f-1"]})
        assert good.status_code == 200, good.text


@pytest.mark.requirement("OGU-19", "G-66")
async def test_a_provider_with_a_job_is_left_once_it_is_said_what_becomes_of_it(
    database: str,
) -> None:
    async with served(database) as api:
        await api.works()
        await follow(api.running, job(), job("j-2", "other"))
        body: dict[str, Any] = {**WHY, "end": "deactivated", "jobs": []}
        refused = await api.ask("PUT", "/providers/atelier/ending", body)
        assert refusal(refused) == (409, "jobs-in-the-way")
        assert refused.json()["facts"]["jobs"] == ["j-1"]
        body["jobs"] = [{"job_id": "j-1", "outcome": "reassign"}]
        done = await api.ask("PUT", "/providers/atelier/ending", body)
        assert done.status_code == 200, done.text
        shown = (await api.ask("GET", "/providers/atelier")).json()
        assert (shown["standing"], shown["ending"]["end"]) == ("accepted", "deactivated")


@pytest.mark.requirement("OGU-19", "G-66")
async def test_a_job_is_in_the_way_until_it_is_done_also_when_somebody_is_on_the_way(
    database: str,
) -> None:
    async with served(database) as api:
        await api.works()
        left = OnTheWay(
            job_id="j-1",
            organisation_id="quartier",
            request_id="q-1",
            provider_id="atelier",
            arrival_expected_at=NOON,
            arrival_expected_clock="14:00",
            customer_email="ada@example.org",
            customer_link="https://example.org",
            language="fr",
            left_at=NOON,
        )
        await follow(api.running, job(), left)
        body: dict[str, Any] = {**WHY, "end": "deactivated", "jobs": []}
        refused = await api.ask("PUT", "/providers/atelier/ending", body)
        assert refused.json()["facts"]["jobs"] == ["j-1"]
        await follow(api.running, done(NOON, 10_000))
        assert (await api.ask("PUT", "/providers/atelier/ending", body)).is_success


@pytest.mark.requirement("OGU-19", "G-66")
async def test_a_provider_with_a_contract_is_left_once_it_is_named_or_is_anothers(
    database: str,
) -> None:
    async with served(database) as api:
        await api.works()
        await follow(api.running, agreed("c-1"), agreed("c-2"), agreed("c-3"), agreed("c-4"))
        await follow(api.running, agreed("c-5"), reassigned("c-5", days=30))
        await follow(api.running, reassigned("c-2"), ended("c-3", datetime.now(UTC).date()))
        await follow(api.running, ended("c-4", NOON.date() - timedelta(days=3_650)))
        body: dict[str, Any] = {**WHY, "end": "deactivated", "jobs": []}
        refused = await api.ask("PUT", "/providers/atelier/ending", body)
        assert refusal(refused) == (409, "contracts-in-the-way")
        assert refused.json()["facts"]["contracts"] == ["c-1", "c-3", "c-5"]
        body["contracts"] = ["c-1", "c-3", "c-5"]
        assert (await api.ask("PUT", "/providers/atelier/ending", body)).is_success
        facts = (await api.ask("GET", "/providers/atelier/history")).json()["items"]
        [fact] = [one for one in facts if one["type"].endswith("end_announced")]
        assert fact["what"]["contracts"] == ["c-1", "c-3", "c-5"]


@pytest.mark.requirement("OGU-17")
async def test_whoever_invited_is_told_of_the_application(database: str) -> None:
    async with served(database) as api:
        await api.joined()
        path = "/marketplaces/quartier/application"
        assert (await api.provider("PUT", path, {"terms_version": None})).is_success
        facts = await api.running.commands.history(RELATION, relation_id("quartier", "atelier"))
        [applied] = [one.event for one in facts if isinstance(one.event, ApplicationSubmitted)]
        assert (applied.told_id, applied.provider_name) == ("olga", "Maarif")


@pytest.mark.requirement("OGU-23")
async def test_a_zone_is_drawn_reduced_and_restored(database: str) -> None:
    async with served(database) as api:
        await api.works()
        crossed = await api.provider("PUT", "/profile/zone", {"geojson": CROSSED})
        assert refusal(crossed) == (422, "invalid-request")
        assert (await api.provider("PUT", "/profile/zone", {"geojson": SQUARE})).status_code == 200
        half = {
            "type": "Polygon",
            "coordinates": [[[4.5, 44.0], [6.0, 44.0], [6.0, 47.0], [4.5, 47.0], [4.5, 44.0]]],
        }
        reduced = await api.ask("PUT", "/providers/atelier/zone", {"geojson": half})
        assert reduced.status_code == 200, reduced.text
        shown = (await api.ask("GET", "/providers/atelier")).json()
        assert "4.5,46.0" in shown["effective_zone"]["geojson"]
        assert (await api.ask("DELETE", "/providers/atelier/zone")).status_code == 200
        shown = (await api.ask("GET", "/providers/atelier")).json()
        assert shown["effective_zone"] == shown["zone"]


async def test_a_rule_that_never_occurs_is_no_time_to_work(database: str) -> None:
    async with served(database) as api:
        rule = {"starts": "2030-05-06T09:00", "minutes": 480, "time_zone": "Europe/Paris"}
        for text, status in (
            ("FREQ=WEEKLY;BYDAY=MO", 200),
            ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", 422),
            ("FREQ=HOURLY", 422),
        ):
            body = {"open": [{**rule, "rule": text}]}
            answer = await api.provider("PUT", "/profile/availability", body)
            assert answer.status_code == status, answer.text


@pytest.mark.requirement("OGU-21", "G-68")
async def test_a_provider_has_a_commission_of_its_own_and_the_default_one_again(
    database: str,
) -> None:
    async with served(database) as api:
        await api.works()
        for points, status in ((0, 200), (10_000, 200), (10_100, 422)):
            body = {"valid_from": "2040-05-01", "basis_points": points}
            assert (await api.ask("PUT", "/settings/commission", body)).status_code == status
            path = "/providers/atelier/commission"
            assert (await api.ask("PUT", path, body)).status_code == status


@pytest.mark.requirement("OGU-27")
async def test_the_operator_says_which_company_invoices_commissions(database: str) -> None:
    body = {
        "legal_name": "Quartier Net SAS",
        "company_number": "732 829 320 00074",
        "vat_number": "FR44732829320",
        "registered_office": "8 place du Marché",
        "postal_code": "69001",
        "city": "Lyon",
        "country": "FR",
    }
    async with served(database) as api:
        assert (await api.ask("GET", "/settings")).json()["company"] is None
        wrong = await api.ask("PUT", "/settings/company", body | {"vat_number": "FR40303265045"})
        assert refusal(wrong) == (422, "invalid-request")
        stated = await api.ask("PUT", "/settings/company", body)
        assert stated.status_code == 200, stated.text
        shown = (await api.ask("GET", "/settings")).json()["company"]
        assert shown == body | {"company_number": "73282932000074"}


@pytest.mark.requirement("OGU-16")
async def test_nobody_sees_the_provider_of_another_marketplace(database: str) -> None:
    async with served(database) as api:
        await api.works()
        for method, path in (("GET", ""), ("GET", "/history"), ("DELETE", "/suspension")):
            answer = await api.ask(method, f"/providers/atelier{path}", org="rival")
            assert answer.status_code == 404, answer.text
        elsewhere = await api.provider("GET", "/marketplaces/quartier", org="other")
        assert elsewhere.status_code == 404


@pytest.mark.requirement("OGU-26")
async def test_a_provider_says_who_it_is_and_consents(database: str) -> None:
    async with served(database) as api:
        given = await api.provider("PUT", "/profile/marketing-consent", {"given": True})
        assert given.status_code == 200
        body = {
            "is_person": False,
            "legal_name": "Atelier Vert SARL",
            "street": "12 rue des Tanneurs",
            "postal_code": "69002",
            "city": "Lyon",
            "country": "FR",
            "tax_number": "FR40303265045",
            "company_number": "30326504500016",
            "iban": "FR7630006000011234567890189",
        }
        assert (await api.owner("PUT", "/profile/identity", body)).status_code == 200
        assert (await api.owner("GET", "/profile/identity")).json()["iban"] == body["iban"]
        wrong = await api.owner("PUT", "/profile/identity", body | {"iban": "FR00"})
        assert refusal(wrong) == (422, "invalid-request")
        unnamed = {name: one for name, one in body.items() if name != "company_number"}
        missing = await api.owner("PUT", "/profile/identity", unnamed)
        assert refusal(missing) == (422, "company-number-missing")
        assert (await api.provider("GET", "/profile")).json()["marketing_consent"] is True


async def test_the_tax_report_counts_by_the_clock_of_the_place_and_flags_from_5000_euros_on(
    database: str,
) -> None:
    async with served(database) as api:
        await api.works()
        late = datetime(2030, 3, 31, 22, 30, tzinfo=UTC)
        new_year = datetime(2030, 12, 31, 23, 30, tzinfo=UTC)
        await api.follows_relation()
        await follow(api.running, job(), job("j-2"), job("j-3"))
        await follow(api.running, done(late, 499_999), done(new_year, 70_000, "j-2"))
        report = (await api.admin("GET", "/tax-reports/2030")).json()
        [seller] = report["items"]
        assert [(one["quarter"], one["jobs"]) for one in seller["quarters"]] == [(2, 1)]
        assert (seller["consideration"]["amount_minor"], seller["is_flagged"]) == (499_999, False)
        await follow(api.running, done(late, 1, "j-3"))
        [seller] = (await api.admin("GET", "/tax-reports/2030")).json()["items"]
        assert seller["is_flagged"] is True
        assert seller["quarters"][0]["fees"] == {"amount_minor": 49_999, "currency": "EUR"}
