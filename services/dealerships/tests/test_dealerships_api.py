"""The routes of dealerships and their settings, over a real store."""

from typing import Any

import pytest
from pydantic import ValidationError

from infra.http.problems import slug_of
from services.dealerships.dealership import DealershipIsOpen
from services.dealerships.http.dealerships import MediaLimitsBody, OpeningBody, SettingsBody
from services.dealerships.tests.serving import OPENING, Caller, refusal, served

NOTHING: dict[str, Any] = dict.fromkeys(SettingsBody.model_fields)
USUAL: dict[str, Any] = {
    "dealership_name": "Lake",
    "website": None,
    "booking_link": None,
    "premises": None,
    "country": "FR",
    "default_language": "fr",
    "vat_basis_points": 2000,
    "modes": ["after_sales", "sales"],
    "modules": ["mechanical", "bodywork", "warranty", "used_vehicle_stock", "direct_message"],
    "after_sales_direct_send": False,
    "sales_direct_send": False,
    "sales_representative_notified": False,
    "notices": ["created", "sent", "read", "answered", "contact_requested", "paid", "closed"],
    "photos": 50,
    "video_seconds": 300,
    "videos_seconds": 600,
    "code_above": None,
    "link_days": None,
    "statistics_shared": False,
    "default_checklist_id": None,
    "reminders_allowed": False,
    "reminders_automatic": False,
    "reminder_lead_days": 10,
    "reminder_grouping_days": 31,
    "reminder_follow_up_days": 7,
    "colour": None,
    "visit_question_allowed": True,
    "default_after_sales_message_id": None,
    "default_sales_message_id": None,
}
SAID: dict[str, Any] = {
    "dealership_name": "Opel Lake",
    "website": "https://opel.example",
    "booking_link": "https://opel.example/book",
    "premises": {"line": "1 quai", "postcode": "74000", "city": "Annecy"},
    "country": "CH",
    "default_language": "de",
    "vat_basis_points": 770,
    "modules": ["direct_message", "mechanical"],
    "after_sales_direct_send": True,
    "sales_direct_send": True,
    "sales_representative_notified": True,
    "notices": ["paid", "created"],
    "media": {"photos": 10, "video_seconds": 20, "videos_seconds": 30},
    "code_above": {"amount_minor": 50_000, "currency": "EUR"},
    "link_days": 30,
    "statistics_shared": True,
    "default_checklist_id": None,
    "reminders_allowed": True,
    "reminders_automatic": True,
    "reminder_lead_days": 1,
    "reminder_grouping_days": 0,
    "reminder_follow_up_days": 3,
    "colour": "9c1c2e",
    "visit_question_allowed": False,
    "default_after_sales_message_id": None,
    "default_sales_message_id": None,
}
SHOWN = SAID | {"modules": ["mechanical", "direct_message"], "notices": ["created", "paid"]}
LIMITS = {"photos": None, "video_seconds": None, "videos_seconds": 900}


def works(said: dict[str, Any]) -> dict[str, Any]:
    """How a dealership works that said this, all of it."""
    plain = {name: value for name, value in said.items() if name != "media"}
    return {**plain, **said["media"], "modes": ["after_sales", "sales"]}


async def said(api: Caller) -> str:
    """The id of a dealership of which all is said that can be."""
    where = await api.opened()
    path = f"/dealerships/{where}"
    told = {"email_addresses": ["a@lake.example", "b@lake.example"]}
    for answer in (
        await api.operator("PUT", f"{path}/brands/opel", {"brand_name": "Opel"}),
        await api.manager(where, "PUT", "/brands/opel/settings", SAID),
        await api.manager(where, "PUT", "/notified-addresses", told),
        await api.operator("PUT", f"{path}/licences", {"licences": ["oditoo", "chat", "chat"]}),
        await api.operator("PUT", f"{path}/media-limits", {"videos_seconds": 900}),
    ):
        assert answer.status_code == 200, answer.text
    return where


class TestOpening:
    async def test_a_dealership_that_is_no_group_has_one(self, database: str) -> None:
        async with served(database) as api:
            where = await api.opened("lone")
            again = await api.ask("POST", "/dealerships", OPENING, org="lone")
            assert (again.status_code, again.json()["id"]) == (201, where)
            other = OPENING | {"dealership_name": "Hill"}
            refused = await api.ask("POST", "/dealerships", other, org="lone")
            assert refusal(refused) == (409, slug_of(DealershipIsOpen))

    async def test_a_group_has_several(self, database: str) -> None:
        async with served(database) as api:
            assert await api.opened() != await api.opened()

    @pytest.mark.parametrize("org", ["maarif", "relais", "unknown"])
    async def test_nobody_else_opens_one(self, database: str, org: str) -> None:
        async with served(database) as api:
            refused = await api.ask("POST", "/dealerships", OPENING, org=org)
            assert refusal(refused) == (403, "not-a-dealer")


class TestSettings:
    @pytest.mark.requirement("FLB-126", "FLB-127", "G-41", "G-79")
    async def test_all_that_is_said_is_shown_with_how_it_works(self, database: str) -> None:
        async with served(database) as api:
            where = await said(api)
            longer = {"videos_seconds": 900}
            main = {"brand": "peugeot", "brand_name": "Peugeot", "settings": NOTHING}
            opel = {"brand": "opel", "brand_name": "Opel", "settings": SHOWN}
            answer = await api.manager(where, "GET", "")
            assert answer.json() == {
                "dealership_id": where,
                "organisation_id": "group",
                "time_zone": "Europe/Paris",
                "currency": "EUR",
                "settings": NOTHING,
                "effective": USUAL | longer,
                "brands": [
                    main | {"effective": USUAL | longer},
                    opel | {"effective": works(SHOWN) | longer},
                ],
                "licences": ["chat", "oditoo"],
                "media_limits": LIMITS,
                "email_addresses": ["a@lake.example", "b@lake.example"],
            }

    @pytest.mark.requirement("FLB-017", "G-32")
    async def test_only_managers_of_it_say_how_it_works(self, database: str) -> None:
        async with served(database) as api:
            where, other = await api.opened(), await api.opened()
            path = f"/dealerships/{where}/settings"
            assert (await api.chief("PUT", path, {"link_days": 7})).status_code == 200
            elsewhere = await api.manager(other, "PUT", f"/../{where}/settings", {})
            assert refusal(elsewhere) == (404, "no-such-dealership")
            agent = await api.at(where, "administrative_agent", "PUT", "/settings", {})
            assert refusal(agent) == (403, "not-admitted")
            assert (await api.operator("PUT", path, {})).status_code == 403

    async def test_a_brand_that_is_not_there_has_no_settings(self, database: str) -> None:
        async with served(database) as api:
            where = await api.opened()
            answer = await api.manager(where, "PUT", "/brands/opel/settings", {})
            assert refusal(answer) == (404, "no-such-brand")

    async def test_what_the_rules_refuse_names_its_field(self, database: str) -> None:
        async with served(database) as api:
            where = await api.opened()
            francs = {"code_above": {"amount_minor": 1, "currency": "CHF"}}
            answer = await api.manager(where, "PUT", "/settings", francs)
            assert refusal(answer) == (422, "other-currency")
            assert [one["field"] for one in answer.json()["errors"]] == ["/code_above"]

    @pytest.mark.requirement("FLB-127")
    @pytest.mark.parametrize("what", ["brands/opel", "licences", "media-limits"])
    async def test_only_the_operator_says_these(self, database: str, what: str) -> None:
        async with served(database) as api:
            path = f"/dealerships/{await api.opened()}/{what}"
            bodies: dict[str, Any] = {"brands/opel": {"brand_name": "Opel"}}
            body = bodies.get(what, {"licences": []} if what == "licences" else {})
            assert refusal(await api.ask("PUT", path, body)) == (403, "not-the-operator")
            assert (await api.operator("PUT", path, body)).status_code == 200

    async def test_the_history_tells_who_changed_what(self, database: str) -> None:
        async with served(database) as api:
            where = await api.opened()
            await api.manager(where, "PUT", "/settings", SAID)
            answer = await api.ask("GET", f"/dealerships/{where}/history")
            first, last = answer.json()["items"]
            assert first["what"]["dealership_name"] == "Lake"
            assert last["what"]["settings"] == SHOWN
            assert (last["what"]["brand"], last["what"]["changed_by"]) == (None, "ines")


class TestList:
    async def test_everybody_finds_the_dealerships_they_have_to_do_with(
        self, database: str
    ) -> None:
        async with served(database) as api:
            lake, hill = await api.opened(), await api.opened(dealership_name="Élan")
            await api.opened("lone")
            seen = [await listed(api, "rose", "administration"), await listed(api, "gina")]
            assert seen == [[hill, lake], [hill, lake]]
            answer = await api.at(lake, "device", "GET", "/../../dealerships")
            assert [one["dealership_id"] for one in answer.json()["items"]] == [lake]
            everywhere = await api.operator("GET", "/dealerships")
            names = [one["organisation_id"] for one in everywhere.json()["items"]]
            assert sorted(names) == ["group", "group", "lone"]

    async def test_a_dealership_is_found_by_its_name(self, database: str) -> None:
        async with served(database) as api:
            await api.opened()
            hill = await api.opened(dealership_name="Élan")
            found = await api.ask("GET", "/dealerships?q=elan")
            assert found.json()["items"] == [
                {
                    "dealership_id": hill,
                    "organisation_id": "group",
                    "dealership_name": "Élan",
                    "country": "FR",
                    "currency": "EUR",
                    "time_zone": "Europe/Paris",
                    "brands": [{"brand": "peugeot", "brand_name": "Peugeot"}],
                    "modules": USUAL["modules"],
                    "licences": [],
                }
            ]


async def listed(api: Caller, who: str, *roles: Any) -> list[str]:
    answer = await api.ask("GET", "/dealerships", who=who, roles=roles or ("group_manager",))
    return [one["dealership_id"] for one in answer.json()["items"]]


@pytest.mark.requirement("FLB-059", "FLB-126", "FLB-132", "FLB-152", "FLB-153", "G-41", "G-80")
@pytest.mark.parametrize(
    ("body", "field", "good", "bad"),
    [
        (SettingsBody, "vat_basis_points", [0, 10_000], [-1, 10_001]),
        (SettingsBody, "link_days", [1, 3_650], [0, 3_651]),
        (SettingsBody, "reminder_lead_days", [1, 365], [0, 366]),
        (SettingsBody, "reminder_grouping_days", [0, 365], [-1, 366]),
        (SettingsBody, "reminder_follow_up_days", [1, 60], [0, 61]),
        (SettingsBody, "website", ["https://a.example"], ["http://a.example", "a.example"]),
        (SettingsBody, "booking_link", ["https://a.example"], ["ftp://a.example", "https://a b"]),
        (SettingsBody, "modules", [["warranty"]], [[], ["painting"]]),
        (SettingsBody, "colour", ["9c1c2e", "FFDD00"], ["#9c1c2e", "9c1c2", "red", "9c1c2g"]),
        (SettingsBody, "notices", [[], ["paid"]], [["shouted"]]),
        (
            SettingsBody,
            "code_above",
            [{"amount_minor": 0, "currency": "EUR"}],
            [
                {"amount_minor": -1, "currency": "EUR"},
                {"amount_minor": 1_000_000_001, "currency": "EUR"},
            ],
        ),
        (MediaLimitsBody, "photos", [1, 500], [0, 501]),
        (MediaLimitsBody, "video_seconds", [1, 3_600], [0, 3_601]),
        (MediaLimitsBody, "videos_seconds", [1, 3_600], [0, 3_601]),
    ],
)
def test_values_have_bounds(body: Any, field: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        body.model_validate({field: value})
    for value in bad:
        with pytest.raises(ValidationError, match=field):
            body.model_validate({field: value})


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("vat_basis_points", [0, 10_000], [-1, 10_001, None]),
        ("main_brand", ["land-rover", "x" * 40], ["Opel", "-a", "a--b", "x" * 41, ""]),
        ("time_zone", ["Africa/Casablanca"], ["Lyon"]),
        ("currency", ["MAD"], ["XYZ", "eur"]),
        ("country", ["MA"], ["FRA", "fr"]),
        ("default_language", ["ar", "nl-BE"], ["french"]),
    ],
)
def test_an_opening_has_bounds(field: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        OpeningBody.model_validate(OPENING | {field: value})
    for value in bad:
        with pytest.raises(ValidationError, match=field):
            OpeningBody.model_validate(OPENING | {field: value})
