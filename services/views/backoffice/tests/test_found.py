"""Staff find what they run: the lists of everything, searched, narrowed, sorted, as a file."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.accounts.user_v1 import Role
from contracts.media.file_v1 import FileRefused, FileRemoved, Purpose, RefusalReason
from contracts.runtime import REDACTED
from infra.consumers.views import OutOfOrder
from infra.http.readable_ids import TRIP, referenced_id
from infra.reading import Order
from services.views.backoffice import (
    drivers_found,
    files_found,
    invoices_found,
    missions_found,
    payees_found,
    statements_found,
    trips_found,
    users_found,
)
from services.views.backoffice.missions_found import MissionFilters, MissionState
from services.views.backoffice.tests.make import (
    DAY,
    FROM,
    HOUR,
    IBAN,
    INVOICE,
    LATER,
    NEW_IBAN,
    NOON,
    activated,
    approved,
    assigned,
    bank_change,
    bank_change_cancelled,
    bank_changed,
    bank_given,
    closed,
    contested,
    deactivated,
    delivered,
    driver_forgotten,
    engaged,
    expired,
    file_held,
    file_started,
    file_stored,
    home_changed,
    invited,
    numbered,
    opened,
    paid_out,
    phone_changed,
    profile_changed,
    published,
    qualified,
    registered,
    roles_changed,
    submitted,
    user_forgotten,
    validated,
)
from services.views.backoffice.tests.stage import Caller, Office, served
from services.views.backoffice.trips import project

MINE = referenced_id(TRIP, "hiflow", "4711")
MICROSECOND = timedelta(microseconds=1)
IDS = {
    "/users": "user_id",
    "/drivers": "driver_id",
    "/trips": "trip_id",
    "/missions": "trip_id",
    "/invoices": "invoice_id",
    "/statements": "payout_id",
    "/files": "file_id",
}


async def ids(api: Caller, asked: str) -> list[str]:
    """The ids that a list answers, in order."""
    path = asked.partition("?")[0]
    role: Any = "billing" if path in {"/invoices", "/payees", "/statements"} else "logistics"
    items = await api.items(asked, role=role)
    if path == "/payees":
        return [item["driver"]["driver_id"] for item in items]
    return [item[IDS[path]] for item in items]


async def answers(api: Caller, expected: Mapping[str, list[str]]) -> None:
    """Every query answers exactly these ids, in this order."""
    assert {asked: await ids(api, asked) for asked in expected} == expected


USERS = {
    "/users": ["ada", "zoe"],
    "/users?order=latest_invited": ["zoe", "ada"],
    "/users?q=eloise": ["zoe"],
    "/users?q=DYS+elo": ["zoe"],
    "/users?q=ada%40example": ["ada"],
    "/users?q=loise": [],
    "/users?status=deactivated": ["zoe"],
    "/users?role=billing": ["ada"],
    "/users?role=billing&status=deactivated": [],
    "/users?reference=4711": [],
}


async def test_users_are_found_by_their_words_status_and_role(office: Office) -> None:
    zoe = replace(invited("zoe"), name="Éloïse d'Ys", invited_at=NOON + HOUR)
    await office.saw(zoe, invited("ada"), invited("gone"), user_forgotten("gone"))
    await office.saw(roles_changed(Role.DRIVER, Role.BILLING), deactivated("zoe"))
    async with served(office) as api:
        await answers(api, USERS)
        [ada, _] = await api.items("/users", role="administration")
        assert (ada["email"], ada["roles"]) == ("ada@example.org", ["driver", "billing"])


OMAR = {
    "user_id": "omar",
    "name": "Omar Berrada",
    "email": "omar@example.org",
    "phone": "+33612345678",
    "language": "fr",
    "roles": ["depot_agent"],
    "status": "active",
    "invited_by": "lea",
    "invited_at": "2030-05-01T12:00:00Z",
    "activated_at": "2030-05-01T13:00:00Z",
    "deactivated_at": None,
}


@pytest.mark.requirement("EXX-25")
async def test_the_administrator_of_a_depot_sees_all_its_users(office: Office) -> None:
    of_depot = replace(invited("omar", "maarif"), name="Omar Berrada", roles=(Role.DEPOT_AGENT,))
    await office.saw(of_depot, activated("omar"), invited("nadia", "maarif"), invited("ada"))
    async with served(office) as api:
        found = await api.items("/users", role="administration", org="maarif")
        assert [one["user_id"] for one in found] == ["nadia", "omar"]
        assert found[1] == OMAR
        assert (await api.get("/users", "depot_agent", "maarif")).status_code == 403


async def test_a_user_is_found_by_what_is_true_now_and_by_nothing_once_forgotten(
    office: Office,
) -> None:
    await office.saw(invited(), profile_changed())
    async with served(office) as api:
        assert await ids(api, "/users?q=33700000000") == ["ada"]
        assert await ids(api, "/users?q=33612345678") == []
        await office.saw(user_forgotten())
        assert await ids(api, "/users?q=lovelace") == []
    async with office.pool.connection() as connection:
        cursor = await connection.execute("select search, filed_under from users")
        assert await cursor.fetchall() == [("", "")]


DRIVERS = {
    "/drivers": ["ada", "bob"],
    "/drivers?order=latest_registered": ["bob", "ada"],
    "/drivers?q=benedicte": ["bob"],
    "/drivers?q=paris": ["ada"],
    "/drivers?q=33700": ["ada"],
    "/drivers?on_mission=true": ["bob"],
    "/drivers?on_mission=false": ["ada"],
    "/drivers?qualification=atlas": ["ada"],
    "/drivers?qualification=tesla": [],
    "/drivers?suspended=true": [],
    "/drivers?suspended=false": ["ada", "bob"],
}


async def test_drivers_are_found_by_name_town_mission_and_qualification(office: Office) -> None:
    await office.saw(replace(registered("bob"), name="Bénédicte Roy", registered_at=LATER))
    await office.saw(registered(), home_changed(), phone_changed(), qualified())
    await office.saw(engaged("bob"), registered("gone"), driver_forgotten("gone"))
    async with served(office) as api:
        await answers(api, DRIVERS)


async def test_of_a_forgotten_driver_neither_home_nor_words_are_left(office: Office) -> None:
    await office.saw(registered(), home_changed(), driver_forgotten())
    async with office.pool.connection() as connection:
        cursor = await connection.execute(
            "select search, filed_under, latitude, longitude from drivers"
        )
        assert await cursor.fetchall() == [("", "", None, None)]


TRIPS = {
    "/trips": ["t-3", "t-2", "t-1", MINE],
    "/trips?q=lyon+ATLAS+t-1": ["t-1"],
    "/trips?q=lovelace": ["t-1"],
    "/trips?q=marseille": [],
    "/trips?status=expired": ["t-3"],
    "/trips?status=open&order=first_to_start": ["t-2", MINE],
    "/trips?driver_id=ada": ["t-1"],
    f"/trips?until_day={FROM - DAY}": ["t-2"],
    f"/trips?until_day={FROM - 4 * DAY}": [],
    f"/trips?order=first_to_start&from_day={FROM}": ["t-2", MINE, "t-1", "t-3"],
    "/trips?from_day=2030-05-11": [],
    "/trips?from_day=2030-05-10&status=expired": ["t-3"],
    "/trips?reference=4711": [MINE],
}


async def test_trips_are_found_by_place_driver_status_and_days(office: Office) -> None:
    await office.saw(published("t-1"), published("t-2", FROM - 3 * DAY), published(MINE))
    await office.saw(replace(published("t-3"), published_at=LATER), expired("t-3"))
    await office.saw(registered("ada"), submitted(id="t-2"), assigned())
    async with served(office) as api:
        await answers(api, TRIPS)
        [waiting] = await api.items("/trips?q=t-2", role="logistics")
        assert (waiting["quotes_waiting"], waiting["driver"]) == (1, None)
        [assigned_one] = await api.items("/trips?q=t-1", role="administration")
        assert assigned_one["driver"]["phone"] == "+33612345678"


@pytest.mark.parametrize(
    ("zone", "over_at"),
    [
        ("Europe/Paris", datetime.fromisoformat("2030-05-10T22:00Z")),
        ("America/New_York", datetime.fromisoformat("2030-05-11T04:00Z")),
        ("Pacific/Kiritimati", datetime.fromisoformat("2030-05-10T10:00Z")),
        (None, datetime.fromisoformat("2030-05-10T22:00Z")),
    ],
)
async def test_a_mission_is_late_from_the_midnight_after_its_last_day_where_it_is(
    office: Office, zone: str | None, over_at: datetime
) -> None:
    offer = replace(published(), time_zone=zone)
    row = project(project(None, offer), assigned())
    assert missions_found.state(row, over_at - MICROSECOND) is MissionState.UNDER_WAY
    assert missions_found.state(row, over_at) is MissionState.LATE
    assert missions_found.state(project(row, delivered()), over_at) is MissionState.DELIVERED
    await office.saw(offer, assigned())
    for now, state in (
        (row.begins_at - MICROSECOND, MissionState.TO_COME),
        (row.begins_at, MissionState.UNDER_WAY),
        (over_at - MICROSECOND, MissionState.UNDER_WAY),
        (over_at, MissionState.LATE),
    ):
        assert missions_found.state(row, now) is state
        for asked in MissionState:
            rows = missions_found.found("hiflow", MissionFilters(state=asked), now)
            shown = await rows.many(office.pool, missions_found.FIRST_TO_END)
            assert len(shown) == (asked is state), (now, asked)


MISSIONS = {
    "/missions": ["done", "late", "runs", "comes"],
    "/missions?order=latest_assigned": ["comes", "runs", "late", "done"],
    "/missions?state=late": ["late"],
    "/missions?state=under_way": ["runs"],
    "/missions?state=to_come": ["comes"],
    "/missions?state=delivered": ["done"],
    "/missions?q=ada+love&state=late": ["late"],
    "/missions?driver_id=bob": [],
    "/missions?reference=4711": [],
}


async def test_missions_are_found_by_state_driver_and_words(office: Office) -> None:
    """It is noon of the first of May."""
    yesterday, today = NOON.date() - DAY, NOON.date()
    for id, first, last in (
        ("late", yesterday - DAY, yesterday),
        ("runs", yesterday, today),
        ("comes", today + DAY, today + DAY),
        ("done", yesterday, yesterday),
    ):
        trip = published(id, first)
        until = replace(trip.until_slot, date=last)
        given = replace(assigned(), trip_id=id, assigned_at=NOON + (last - today))
        await office.saw(replace(trip, until_slot=until), given)
    await office.saw(replace(delivered(), trip_id="done"), published("open"), registered())
    async with served(office) as api:
        await answers(api, MISSIONS)
        [late] = await api.items("/missions?state=late", role="administration")
        assert (late["state"], late["driver"]["name"]) == ("late", "Ada Lovelace")
        assert late["price"] == {"amount_minor": 12_500, "currency": "EUR"}


INVOICES = {
    "/invoices": ["loud", INVOICE, "night"],
    "/invoices?order=first_delivered": ["night", INVOICE, "loud"],
    "/invoices?q=ada-2030-0001": [INVOICE],
    "/invoices?q=ada+lovelace": ["loud", INVOICE],
    "/invoices?q=clio+lyon&driver_id=bob": ["night"],
    "/invoices?status=disputed": ["loud"],
    "/invoices?status=validated": [],
    "/invoices?status=approved": [INVOICE],
    "/invoices?trip_id=t-2": [],
    "/invoices?delivered_until=2030-04-30": [],
    "/invoices?delivered_from=2030-05-01": ["loud", INVOICE, "night"],
    "/invoices?delivered_from=2030-05-02": [],
}


async def test_invoices_are_found_by_number_driver_status_and_day(office: Office) -> None:
    """Half past midnight of the first of May in Paris is the thirtieth of April in UTC."""
    night = datetime.fromisoformat("2030-04-30T22:30Z")
    await office.saw(registered(), opened(), validated(), approved(), numbered())
    await office.saw(replace(opened("night"), delivered_at=night, driver_id="bob"))
    await office.saw(opened("loud"), validated("loud"), contested(invoice="loud"))
    async with served(office) as api:
        [row, *_] = await api.items(f"/invoices?q={INVOICE}")
        await answers(api, INVOICES)
        assert row["total"] == {"amount_minor": 40_056, "currency": "EUR"}
        assert row["driver"]["name"] == "Ada Lovelace"


async def test_payees_are_found_and_no_bank_details_are_told_whole(office: Office) -> None:
    await office.saw(registered(), bank_given(), bank_given("bob", LATER), bank_change())
    async with served(office) as api:
        await answers(
            api,
            {
                "/payees": ["bob", "ada"],
                "/payees?order=first_changed": ["ada", "bob"],
                "/payees?q=lovelace": ["ada"],
                "/payees?change_waits=true": ["ada"],
                "/payees?change_waits=false": ["bob"],
            },
        )
        answer = await api.get("/payees?q=lovelace")
        [ada] = answer.json()["items"]
        assert (ada["account"], ada["change"]["account"]) == ("FR … 0189", "DE … 3000")
        assert IBAN[4:-4] not in answer.text
        assert NEW_IBAN[4:-4] not in answer.text
        await office.saw(driver_forgotten())
        [ada] = (await api.get("/payees?change_waits=true")).json()["items"]
        assert {ada["account"], ada["holder"], ada["change"]["holder"]} == {REDACTED}
        assert ada["driver"] == {"driver_id": "ada", "name": "", "phone": ""}


def test_a_bank_change_waits_until_it_takes_effect_or_is_cancelled() -> None:
    waits = payees_found.project(payees_found.project(None, bank_given()), bank_change())
    cancelled = payees_found.project(waits, bank_change_cancelled())
    changed = payees_found.project(waits, bank_changed())
    assert (waits.account, waits.new_account) == ("FR … 0189", "DE … 3000")
    assert (cancelled.account, cancelled.change_id) == ("FR … 0189", None)
    assert (changed.account, changed.holder, changed.change_id) == ("DE … 3000", "Ada King", None)
    assert payees_found.project(waits, bank_change_cancelled("c-0")) == waits
    with pytest.raises(OutOfOrder):
        payees_found.project(waits, bank_changed("c-0"))
    with pytest.raises(OutOfOrder):
        payees_found.project(None, bank_change())


def test_what_is_masked_once_forgotten_stays_what_it_is() -> None:
    assert payees_found.masked(REDACTED) == REDACTED


async def test_statements_are_found_by_driver_status_and_day(office: Office) -> None:
    night = datetime.fromisoformat("2030-05-01T22:00Z")
    await office.saw(registered(), closed(), closed("ada", "p-2", 90_000, night), paid_out())
    await office.saw(closed("bob", "p-3", 0))
    async with served(office) as api:
        await answers(
            api,
            {
                "/statements": ["p-2", "p-3", "p-1"],
                "/statements?order=largest": ["p-2", "p-1", "p-3"],
                "/statements?status=to_pay": ["p-2"],
                "/statements?status=paid": ["p-1"],
                "/statements?status=settled": ["p-3"],
                "/statements?q=lovelace": ["p-2", "p-1"],
                "/statements?driver_id=bob": ["p-3"],
                "/statements?closed_from=2030-05-02": ["p-2"],
                "/statements?closed_until=2030-05-01": ["p-3", "p-1"],
            },
        )
        [paid] = await api.items("/statements?status=paid")
        assert (paid["reference"], paid["net"]["amount_minor"]) == ("SEPA 42", 40_056)
    with pytest.raises(OutOfOrder):
        statements_found.project(None, paid_out())


FILES = {
    "/files": ["f-2", "f-1"],
    "/files?order=largest&limit=1": ["f-2"],
    "/files?q=recu+PEAGE": ["f-1"],
    "/files?purpose=photo": ["f-2"],
    "/files?status=stored": ["f-1"],
    "/files?held=false": ["f-2"],
    "/files?user_id=bob": [],
    "/files?media_type=image/png": [],
}


async def test_files_are_found_by_name_owner_purpose_and_whether_they_are_held(
    office: Office,
) -> None:
    photo = file_started("f-2", "moi.jpg", Purpose.PHOTO, 9_000)
    await office.saw(invited(), file_started(), file_stored(), file_held(), photo)
    async with served(office) as api:
        await answers(api, FILES)
        [paper, _] = await api.items("/files?order=newest&q=")
        assert paper["user_name"] == "Ada Lovelace"
        await office.saw(user_forgotten())
        assert await ids(api, "/files?q=recu") == []
        for item in await api.items("/files"):
            assert (item["name"], item["user_name"]) == (REDACTED, "")
    async with office.pool.connection() as connection:
        cursor = await connection.execute("select distinct search from files")
        assert await cursor.fetchall() == [(REDACTED,)]


def test_a_file_that_is_gone_says_how() -> None:
    sent = files_found.project(None, file_started())
    refused = FileRefused(
        file_id="f-1",
        organisation_id="hiflow",
        user_id="ada",
        reason=RefusalReason.VIRUS,
        refused_at=LATER,
    )
    removed = FileRemoved(
        file_id="f-1",
        organisation_id="hiflow",
        user_id="ada",
        removed_by="ada",
        removed_at=LATER,
    )
    assert files_found.project(sent, refused).status == "refused"
    assert files_found.project(sent, removed).status == "removed"
    with pytest.raises(OutOfOrder):
        files_found.project(None, refused)


async def test_what_is_no_filter_or_order_of_a_list_is_refused_by_its_field(
    office: Office,
) -> None:
    async with served(office) as api:
        for asked, field in {
            "/missions?state=lost": "query:state",
            "/users?role=king": "query:role",
            "/trips?order=price": "query:order",
            "/trips?from_day=tomorrow": "query:from_day",
            f"/drivers?q={'x' * 101}": "query:q",
        }.items():
            refused = await api.get(asked, role="logistics")
            assert refused.status_code == 422, asked
            [error] = refused.json()["errors"]
            assert error["field"] == field


async def test_a_cursor_of_one_order_is_none_of_another(office: Office) -> None:
    await office.saw(invited("ada"), invited("bob"))
    async with served(office) as api:
        first = await api.get("/users?limit=1", role="logistics")
        following = first.links["next"]["url"]
        assert (await api.get(following, role="logistics")).json()["items"][0]["user_id"] == "bob"
        other = await api.get(f"{following}&order=latest_invited", role="logistics")
        assert other.status_code == 400


async def test_a_list_as_a_file_has_the_rows_of_its_filters_in_its_order(office: Office) -> None:
    await office.saw(registered(), replace(registered("eve"), name="Ève Adam"), engaged("eve"))
    await office.saw(bank_given(), closed(), closed("eve", "p-2", 90_000))
    async with served(office) as api:
        query = "/drivers?on_mission=true&q=adam&format=csv"
        [row] = rows_of(await api.get(query, role="logistics"))
        assert (row["driver_id"], row["name"]) == ("eve", "Ève Adam")
        ordered = rows_of(await api.get("/statements?order=largest&format=csv"))
        assert [row["payout_id"] for row in ordered] == ["p-2", "p-1"]
        [payee] = rows_of(await api.get("/payees?format=csv"))
        assert (payee["driver.name"], payee["account"]) == ("Ada Lovelace", "FR … 0189")
        book = await api.get("/files?format=xlsx", role="billing")
        assert book.content.startswith(b"PK")


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


ORDERS: list[tuple[Any, Order[Any]]] = [
    (module, order)
    for module in (
        users_found,
        drivers_found,
        trips_found,
        missions_found,
        invoices_found,
        payees_found,
        statements_found,
        files_found,
    )
    for order in module.ORDERS.values()
]


async def test_every_order_of_a_list_is_read_from_an_index(office: Office) -> None:
    async with office.pool.connection() as connection:
        await connection.execute("set enable_seqscan = off")
        await connection.execute("set enable_bitmapscan = off")
        for module, order in ORDERS:
            condition = "organisation_id = 'hiflow'"
            if module is missions_found:
                condition += " and driver_id is not null"
            table = order.terms[0].partition(".")[0]
            query = f"explain select * from {table} where {condition} order by {order.by} limit 9"
            cursor = await connection.execute(query.encode())
            plan = "\n".join(row[0] for row in await cursor.fetchall())
            assert "Sort" not in plan, (order.name, plan)
