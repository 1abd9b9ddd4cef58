"""The routes of dispatch, over a real store: a request from its creation to the reviews."""

from datetime import timedelta
from typing import Any

import pytest

from infra.testing.following import follow
from services.dispatch.aggregates import CONTRACT, JOB, REQUEST
from services.dispatch.tests.serving import (
    MANAGES,
    PROVIDERS,
    ends,
    euros,
    in_days,
    proposal,
    served,
    suspended,
    text,
    wanted,
)

MET = {"relation": "accepted", "service": "accepted", "zone": "inside", "documents": "good"}


def criteria(**missed: str) -> list[dict[str, Any]]:
    facts = MET | {"availability": "available"} | missed
    return [
        {"criterion": name, "met": name not in missed, "fact": fact} for name, fact in facts.items()
    ]


@pytest.mark.requirement("OGU-03", "OGU-24", "SM-24", "SM-25")
async def test_a_request_goes_to_whoever_matches_and_says_why(database: str) -> None:
    async with served(database) as api:
        request_id = await api.created()
        shown = (await api.ask("GET", f"/requests/{request_id}")).json()
        assert shown["status"] == "assigned"
        assert {one["provider_id"] for one in shown["offers"]} == set(PROVIDERS)
        told = (await api.ask("GET", f"/requests/{request_id}/explanation")).json()
        assert told["rule"] == "least-recently-offered"
        assert told["considered"][3] == {
            "provider_id": "lyonnais",
            "provider_name": "Lyonnais",
            "offered": False,
            "criteria": criteria(zone="outside"),
        }
        own = (await api.by("lyonnais", "GET", f"/offers/{request_id}/explanation")).json()
        assert own == {"offered": False, "recorded": True, "criteria": criteria(zone="outside")}
        own = (await api.by("eclat", "GET", f"/offers/{request_id}/explanation")).json()
        assert own == {"offered": True, "recorded": True, "criteria": criteria()}
        nobody = await api.by("stranger", "GET", f"/offers/{request_id}/explanation")
        assert nobody.status_code == 404


@pytest.mark.requirement("SM-25", "G-68")
async def test_a_provider_sees_the_place_and_the_fees_before_it_answers(database: str) -> None:
    async with served(database) as api:
        request_id = await api.created()
        offer = (await api.by("eclat", "GET", f"/offers/{request_id}")).json()
        assert (offer["status"], offer["locality"], offer["proposal"]) == (
            "awaiting",
            "Lille",
            None,
        )
        assert not {"customer_name", "customer_email", "address"} & offer.keys()
        path = f"/offers/{request_id}/fees?amount_minor=12000&vat_basis_points=2000"
        assert (await api.by("eclat", "GET", path)).json() == {
            "excluding_vat": euros(12_000),
            "vat": euros(2_400),
            "including_vat": euros(14_400),
            "commission": euros(0),
            "net": euros(12_000),
            "commission_vat": euros(0),
            "payout": euros(14_400),
        }
        for path in (f"/offers/{request_id}", f"/jobs/{request_id}"):
            assert (await api.by("lyonnais", "GET", path)).status_code == 404
        refused = await api.by("lyonnais", "PUT", f"/offers/{request_id}/proposal", proposal())
        assert refused.status_code == 404


@pytest.mark.requirement("OGU-04", "N-25")
async def test_the_customer_compares_what_was_sent_and_chooses(database: str) -> None:
    async with served(database) as api:
        request_id = await api.created()
        page = await api.page(request_id)
        await api.proposed(request_id, "eclat", "vitrex")
        assert (await api.anybody("GET", f"{page}/request")).json()["proposals"] == []
        early = await api.anybody("PUT", f"{page}/choice", api.choice())
        assert early.json()["type"] == "urn:relais:problem:no-such-proposal"
        await api.proposed(request_id, "clair")
        shown = (await api.anybody("GET", f"{page}/request")).json()
        assert shown["status"] == "proposals_sent"
        assert [one["provider_name"] for one in shown["proposals"]] == ["Clair", "Eclat", "Vitrex"]
        assert (await api.anybody("PUT", f"{page}/choice", api.choice())).is_success
        other = await api.anybody("PUT", f"{page}/choice", api.choice("vitrex"))
        assert other.json()["type"] == "urn:relais:problem:provider-is-chosen"
        late = await api.by("vitrex", "PUT", f"/offers/{request_id}/proposal", proposal())
        assert late.json()["type"] == "urn:relais:problem:provider-is-chosen"
        assert (await api.by("vitrex", "GET", f"/offers/{request_id}")).json()["status"] == "closed"


async def test_a_choice_names_the_price_that_was_seen(database: str) -> None:
    async with served(database) as api:
        request_id = await api.created()
        await api.proposed(request_id, *PROVIDERS)
        dearer = proposal(price=euros(13_000))
        assert (await api.by("eclat", "PUT", f"/offers/{request_id}/proposal", dearer)).is_success
        stale = await api.anybody("PUT", f"{await api.page(request_id)}/choice", api.choice())
        assert stale.status_code == 412, stale.text
        assert stale.json()["now"] == {"/price": euros(13_000)}


@pytest.mark.requirement("OGU-25")
async def test_a_job_is_done_from_a_phone_without_an_account_and_reviewed(database: str) -> None:
    async with served(database) as api:
        request_id, job_id = await api.chosen()
        await api.job(job_id, "planned")
        link = (await api.by("eclat", "GET", f"/jobs/{job_id}/phone-link")).json()["url"]
        phone = f"/phone/{link.rpartition('/')[2]}"
        leaves = {"arrival_expected_at": text(in_days(0) + timedelta(hours=2))}
        assert (await api.anybody("PUT", f"{phone}/departure", leaves)).is_success
        assert (await api.anybody("GET", f"{phone}/job")).json()["status"] == "on_the_way"
        done = await api.anybody("PUT", f"{phone}/completion", {"report": "All clean"})
        assert done.is_success, done.text
        page = f"{await api.page(request_id)}/jobs/{job_id}"
        assert (await api.anybody("PUT", f"{page}/review", {"mark": 5})).is_success
        assert (await api.job(job_id, "done"))["reviews"] == []
        body = {"mark": 4, "comment": "Kind"}
        assert (await api.by("eclat", "PUT", f"/jobs/{job_id}/review", body)).is_success
        shown = (await api.anybody("GET", page)).json()
        assert shown["reviews"] == [
            {"given_by": "customer", "mark": 5, "comment": None},
            {"given_by": "provider", "mark": 4, "comment": "Kind"},
        ]
        assert "commission" not in shown


async def test_a_provider_reports_with_its_own_photos(database: str) -> None:
    async with served(database) as api:
        _, job_id = await api.chosen()
        path = f"/jobs/{job_id}/completion"
        body = {"report": "All clean", "file_ids": ["f-photo"]}
        others = await api.by("eclat", "PUT", path, body | {"file_ids": ["f-nobody"]})
        assert others.json()["errors"][0]["field"] == "/file_ids/0"
        assert (await api.by("eclat", "PUT", path, body)).is_success
        shown = await api.job(job_id, "done")
        assert (shown["file_ids"], shown["commission"]) == (["f-photo"], euros(0))


async def test_a_provider_that_cancels_is_replaced_by_those_who_had_answered(
    database: str,
) -> None:
    async with served(database) as api:
        request_id, job_id = await api.chosen()
        await api.cancelled(job_id)
        shown = (await api.ask("GET", f"/requests/{request_id}")).json()
        assert (shown["status"], shown["chosen_provider_id"]) == ("assigned", None)
        again = {o["provider_id"] for o in shown["offers"] if o["way"] == "runner_up"}
        assert again == {"vitrex", "clair"}
        await api.proposed(request_id, "vitrex")
        page = await api.page(request_id)
        assert (await api.anybody("PUT", f"{page}/choice", api.choice("vitrex"))).is_success
        await api.work(REQUEST, request_id)
        shown = (await api.ask("GET", f"/requests/{request_id}")).json()
        assert shown["job_id"] != job_id
        own = await api.by("vitrex", "GET", f"/jobs/{shown['job_id']}")
        assert own.json()["status"] == "planned"
        assert (await api.by("eclat", "GET", f"/jobs/{shown['job_id']}")).status_code == 404


@pytest.mark.requirement("OGU-18")
async def test_a_suspended_provider_is_not_asked_again(database: str) -> None:
    async with served(database) as api:
        request_id, job_id = await api.chosen()
        await follow(api.running, suspended("vitrex"))
        await api.cancelled(job_id)
        shown = (await api.ask("GET", f"/requests/{request_id}")).json()
        again = {o["provider_id"] for o in shown["offers"] if o["way"] == "runner_up"}
        assert again == {"clair"}


@pytest.mark.requirement("OGU-18", "G-65")
async def test_who_is_suspended_or_has_left_is_not_chosen_and_proposes_nothing(
    database: str,
) -> None:
    async with served(database) as api:
        request_id = await api.created()
        await api.proposed(request_id, *PROVIDERS)
        page = f"{await api.page(request_id)}/choice"
        await follow(api.running, suspended("eclat"), ends("vitrex", in_days(10)))
        for provider in ("eclat", "vitrex"):
            answers = (
                await api.anybody("PUT", page, api.choice(provider)),
                await api.ask("PUT", f"/requests/{request_id}/choice", api.choice(provider)),
                await api.by(
                    provider,
                    "PUT",
                    f"/offers/{request_id}/proposal",
                    proposal(price=euros(9_000)),
                ),
            )
            slugs = {one.json()["type"].rpartition(":")[2] for one in answers}
            assert (slugs, {one.status_code for one in answers}) == ({"provider-is-barred"}, {409})
        assert (await api.anybody("PUT", page, api.choice("clair"))).is_success


@pytest.mark.requirement("OGU-18")
async def test_who_leaves_after_the_day_of_the_job_is_chosen(database: str) -> None:
    async with served(database) as api:
        request_id = await api.created()
        await api.proposed(request_id, *PROVIDERS)
        await follow(api.running, ends("vitrex", in_days(11)))
        page = f"{await api.page(request_id)}/choice"
        assert (await api.anybody("PUT", page, api.choice("vitrex"))).is_success


@pytest.mark.requirement("OGU-18", "OGU-19")
async def test_no_contract_is_agreed_with_who_has_left_and_another_one_takes_it_over(
    database: str,
) -> None:
    async with served(database) as api:
        request_id, _ = await api.chosen()
        first = in_days(20).date()
        body: dict[str, Any] = {"request_id": request_id, "rule": "FREQ=WEEKLY"}
        body |= {"first_day": str(first), "minute": 540}
        body |= {"price": euros(9_000), "vat_basis_points": 2_000}
        path = f"/contracts/{(await api.ask('POST', '/contracts', body)).json()['id']}/provider"
        await follow(api.running, ends("eclat", in_days(15)), ends("clair", in_days(18)))
        refused = await api.ask("POST", "/contracts", body)
        assert refused.json()["type"] == "urn:relais:problem:provider-is-barred"
        for provider, status in (("clair", 409), ("nobody", 422), ("vitrex", 200)):
            change = {"provider_id": provider, "first_day": str(first)}
            assert (await api.ask("PUT", path, change, org="forum")).status_code == 404
            assert (await api.ask("PUT", path, change)).status_code == status
        shown = (await api.ask("GET", path.removesuffix("/provider"))).json()
        assert shown["turns"] == [{"provider_id": "vitrex", "first_day": str(first)}]


@pytest.mark.requirement("OGU-18")
async def test_a_choice_that_crosses_the_end_of_the_provider_finds_another_one(
    database: str,
) -> None:
    async with served(database) as api:
        request_id = await api.created()
        await api.proposed(request_id, *PROVIDERS)
        page = f"{await api.page(request_id)}/choice"
        assert (await api.anybody("PUT", page, api.choice("vitrex"))).is_success
        job_id = (await api.ask("GET", f"/requests/{request_id}")).json()["job_id"]
        await follow(api.running, ends("vitrex", in_days(10)))
        await api.work(REQUEST, request_id)
        shown = (await api.by("vitrex", "GET", f"/jobs/{job_id}")).json()
        assert (shown["status"], shown["cancelled_cause"]) == ("cancelled", "provider_leaves")
        await api.work(JOB, job_id)
        shown = (await api.ask("GET", f"/requests/{request_id}")).json()
        again = {o["provider_id"] for o in shown["offers"] if o["way"] == "runner_up"}
        assert (shown["chosen_provider_id"], again) == (None, {"eclat", "clair"})


@pytest.mark.requirement("OGU-05", "OGU-06", "T-18", "T-19", "G-62", "G-63")
async def test_a_silent_request_is_broadcast_again_and_answered_late(database: str) -> None:
    async with served(database) as api:
        request_id = await api.created()
        await api.time_passes(in_days(2) + timedelta(hours=3))
        await api.work(REQUEST, request_id)
        path = f"/requests/{request_id}"
        offers = (await api.ask("GET", path)).json()["offers"]
        assert {(one["round"], one["way"]) for one in offers} == {(2, "broadcast_again")}
        await api.time_passes(in_days(3) + timedelta(hours=3))
        assert (await api.ask("GET", path)).json()["unanswered"]
        await api.proposed(request_id, "eclat")
        shown = (await api.ask("GET", path)).json()
        assert (shown["status"], shown["unanswered"]) == ("answered", False)
        await api.time_passes(in_days(4) + timedelta(hours=3))
        assert (await api.ask("GET", path)).json()["sent_provider_ids"] == ["eclat"]


@pytest.mark.requirement("G-61")
async def test_where_broadcast_is_off_the_operator_picks_providers(database: str) -> None:
    async with served(database) as api:
        made = await api.ask("POST", "/requests", wanted(), org="forum")
        request_id = made.json()["id"]
        await api.work(REQUEST, request_id)
        path = f"/requests/{request_id}"
        assert (await api.ask("GET", path, org="forum")).json()["offers"] == []
        picks = {"provider_ids": ["eclat", "vitrex"]}
        refused = await api.ask("POST", f"{path}/assignments", picks, org="forum")
        assert refused.json()["errors"][0]["field"] == "/provider_ids/1"
        picks = {"provider_ids": ["eclat"]}
        assert (await api.ask("POST", f"{path}/assignments", picks, org="forum")).is_success
        shown = (await api.ask("GET", path, org="forum")).json()
        assert [one["way"] for one in shown["offers"]] == ["by_hand"]


async def test_anybody_asks_at_the_door_of_a_marketplace(database: str) -> None:
    async with served(database) as api:
        url = (await api.ask("GET", "/door")).json()["url"]
        door = f"/door/{url.rpartition('/')[2]}/requests"
        made = await api.anybody("POST", door, wanted())
        assert made.status_code == 201, made.text
        shown = (await api.ask("GET", f"/requests/{made.json()['id']}")).json()
        assert (shown["created_by"], shown["customer_email"]) == ("customer", "awa@example.org")
        unlisted = await api.anybody("POST", door, wanted(service_code="gardens"))
        assert unlisted.json()["errors"][0]["field"] == "/service_code"
        assert (await api.anybody("POST", f"{door[:-12]}x/requests", wanted())).status_code == 404


async def test_a_contract_has_visits_that_become_jobs(database: str) -> None:
    async with served(database) as api:
        request_id, _ = await api.chosen()
        first = in_days(20).date()
        body: dict[str, Any] = {"request_id": request_id, "rule": "FREQ=WEEKLY"}
        body |= {"first_day": str(first)}
        body |= {"minute": 540, "price": euros(9_000), "vat_basis_points": 2_000}
        never = body | {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}
        refused = await api.ask("POST", "/contracts", never)
        assert refused.json()["type"] == "urn:relais:problem:rule-never-occurs"
        made = await api.ask("POST", "/contracts", body)
        assert made.status_code == 201, made.text
        path = f"/contracts/{made.json()['id']}"
        moved = {"to_day": str(first + timedelta(days=1)), "to_minute": 600}
        assert (await api.ask("PUT", f"{path}/visits/{first}/time", moved)).is_success
        await api.time_passes(in_days(14) + timedelta(hours=12))
        await api.work(CONTRACT, made.json()["id"])
        visits = (await api.ask("GET", f"{path}/visits?since={first}&days=14")).json()["items"]
        assert [one["day"] for one in visits] == [str(first), str(first + timedelta(days=7))]
        assert visits[1]["job_id"] is None
        job = (await api.by("eclat", "GET", f"/jobs/{visits[0]['job_id']}")).json()
        assert (job["contract_id"], job["visit"]) == (made.json()["id"], str(first))
        assert job["arrives_from"] == visits[0]["arrives_from"]


async def test_what_is_of_one_marketplace_is_hidden_from_another(database: str) -> None:
    async with served(database) as api:
        request_id, job_id = await api.chosen()
        for path in (
            f"/requests/{request_id}",
            f"/requests/{request_id}/history",
            f"/requests/{request_id}/explanation",
            f"/jobs/{job_id}",
            f"/jobs/{job_id}/history",
        ):
            assert (await api.ask("GET", path)).is_success, path
            assert (await api.ask("GET", path, org="forum")).status_code == 404, path
        choice = await api.ask("PUT", f"/requests/{request_id}/choice", api.choice(), org="forum")
        assert choice.status_code == 404
        body = {"cause": "other"}
        path = f"/jobs/{job_id}/cancellation"
        assert (await api.ask("PUT", path, body, "eve", MANAGES, "forum")).status_code == 404
        assert (await api.by("vitrex", "PUT", path, body)).status_code == 404
        page, other = await api.page(request_id), await api.created()
        made_up = page.replace(request_id, other)
        assert (await api.anybody("GET", f"{made_up}/request")).status_code == 404


async def test_the_operator_cancels_a_request_and_providers_decline(database: str) -> None:
    async with served(database) as api:
        request_id = await api.created()
        declined = await api.by("eclat", "PUT", f"/offers/{request_id}/declining")
        assert declined.is_success
        offer = (await api.by("eclat", "GET", f"/offers/{request_id}")).json()
        assert offer["status"] == "declined"
        assert (await api.ask("PUT", f"/requests/{request_id}/cancellation")).is_success
        page = await api.page(request_id)
        assert (await api.anybody("GET", f"{page}/request")).json()["status"] == "cancelled"
        late = await api.by("vitrex", "PUT", f"/offers/{request_id}/proposal", proposal())
        assert late.json()["type"] == "urn:relais:problem:request-is-cancelled"
