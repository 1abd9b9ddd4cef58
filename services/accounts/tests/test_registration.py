"""A depot registers itself: a phone is proved, the operator decides, and then its people work."""

import asyncio
from dataclasses import replace
from datetime import date
from functools import reduce
from typing import Any

import pytest

from contracts.accounts.organisation_v1 import OrganisationEvent, ProfileChanged
from contracts.accounts.user_v1 import (
    PasswordResetRequested,
    PhoneFoundInUse,
    Role,
    UserInvited,
)
from contracts.decisions import Changed
from contracts.obligations import Obligations
from infra.database import Connection
from infra.testing.spec import Spec
from services.accounts import organisation, user
from services.accounts.adapters.password_links import PasswordLinks
from services.accounts.adapters.secrets.phone_codes import MOST_WRONG
from services.accounts.aggregates import USER
from services.accounts.organisation.admission import (
    CONDITIONS,
    ConditionsChanged,
    NotToBeAdmitted,
    RegistrationIsConfirmed,
    RegistrationIsPending,
    RegistrationIsRejected,
    masked,
)
from services.accounts.reactions import from_accounts_organisation
from services.accounts.terms import TextMissing
from services.accounts.tests.make import LATER
from services.accounts.tests.make import registered as founded
from services.accounts.tests.registering import (
    DEPOT,
    EVIDENCE,
    PHONE,
    body,
    code_for,
    confirm,
    confirmed,
    correct,
    corrected,
    decided,
    registered,
    reject,
    rejected,
    sign_in,
    submit,
    submitted,
    with_operator,
)
from services.accounts.tests.serving import PASSWORD, Caller, served
from services.accounts.tests.test_sign_in import REFUSED, outcome

given = Spec(organisation.decide, organisation.evolve, organisation.initial).given
OTHER = "marmot in the attic"
STAFF: dict[str, Any] = {
    "last_name": "Berrada",
    "first_name": "Omar",
    "email": "omar@example.org",
    "phone": "+212662000001",
    "password": "a lorry full of parcels",
    "roles": ["operator"],
}


def owed(*decided: OrganisationEvent, person: str = "nadia") -> Obligations:
    """The obligations of a depot to somebody who asks to be forgotten."""
    facts = (*submitted(), *decided)
    return organisation.obligations(
        reduce(organisation.evolve, facts, organisation.initial), person
    )


@pytest.mark.requirement("EXX-04", "G-20", "SM-07")
class TestDecisions:
    def test_a_partner_registers_once(self) -> None:
        given().when(submit()).records(*submitted())

    @pytest.mark.requirement("EXX-03")
    def test_only_the_conditions_in_force_are_accepted(self) -> None:
        given().when(submit("2020-01")).is_rejected(ConditionsChanged(CONDITIONS))

    def test_a_registration_is_decided_on_what_was_seen(self) -> None:
        given(*submitted()).when(confirm()).records(confirmed())
        given(*submitted()).when(reject()).records(rejected())
        changed = Changed({"seen/name": "Anfa"}, {"seen/name": "Maarif"})
        given(*submitted()).when(confirm("Anfa")).is_rejected(changed)

    def test_a_rejection_says_why(self) -> None:
        given(*submitted()).when(reject(" ")).is_rejected(TextMissing("reason"))

    def test_what_is_decided_stays(self) -> None:
        given(*submitted(), confirmed()).when(reject()).is_rejected(RegistrationIsConfirmed())
        given(*submitted(), rejected()).when(confirm()).is_rejected(RegistrationIsRejected())

    def test_what_was_refused_is_corrected_and_decided_again(self) -> None:
        refused = (*submitted(), rejected())
        given(*refused).when(correct()).records(corrected())
        given(*refused, corrected()).when(correct(address="15 rue")).is_rejected(
            RegistrationIsPending()
        )
        stale = {"identity_card": "BK****56", "company_number": "001561191000066"}
        answer = given(*refused, corrected()).answer(confirm())
        assert isinstance(answer, Changed)
        assert {f"seen/{one}" for one in (*stale, "address", "city")} == set(answer.seen)

    def test_the_name_of_a_partner_is_corrected_too(self) -> None:
        renamed = ProfileChanged(
            organisation_id="maarif", profile=replace(DEPOT, name="Anfa"), changed_at=LATER
        )
        given(*submitted(), rejected()).when(correct("Anfa")).records(renamed, corrected())

    def test_only_what_was_refused_is_corrected_by_whoever_registered(self) -> None:
        given(*submitted()).when(correct()).is_rejected(RegistrationIsPending())
        given(*submitted(), confirmed()).when(correct()).is_rejected(RegistrationIsConfirmed())
        refused = (*submitted(), rejected())
        given(*refused).when(correct(user="omar")).is_rejected(NotToBeAdmitted())
        given(*refused).when(correct(conditions="2020-01")).is_rejected(
            ConditionsChanged(CONDITIONS)
        )
        given(founded()).when(correct()).is_rejected(NotToBeAdmitted())

    def test_who_was_founded_is_not_decided_about(self) -> None:
        given(founded()).when(confirm()).is_rejected(NotToBeAdmitted())

    def test_a_manager_is_forgotten_once_the_registration_is_decided(self) -> None:
        assert owed() == Obligations(waits_for="their registration is not decided")
        assert owed(rejected()) == owed(confirmed(), person="omar") == Obligations()
        [kept] = owed(confirmed()).kept
        assert (kept.what, kept.until) == (
            f"conditions {CONDITIONS}, accepted for maarif",
            date(2040, 12, 31),
        )

    def test_a_reaction_makes_the_manager_should_the_request_not_come_to_it(self) -> None:
        _, submission = submitted()
        [command] = from_accounts_organisation.react(submission)
        facts = user.decide(command, user.initial)
        assert isinstance(facts, list)
        invited = facts[0]
        assert isinstance(invited, UserInvited)
        assert (invited.phone, invited.roles) == (PHONE, (Role.ADMINISTRATION,))
        Spec(user.decide, user.evolve, user.initial).given(*facts).when(command).records_nothing()


@pytest.mark.parametrize(("card", "shown"), [("BK123456", "BK****56"), ("A123", "A*23")])
def test_a_card_is_shown_by_its_letters_and_its_end(card: str, shown: str) -> None:
    assert masked(card) == shown


@pytest.mark.requirement("EXX-01", "EXX-02", "EXX-04", "G-20", "G-21")
async def test_a_depot_registers_and_sees_no_more_than_that_until_it_is_confirmed(
    database: str,
) -> None:
    async with served(database) as api:
        await with_operator(api)
        ids = await registered(api)
        tokens = (await sign_in(api, phone="0661 23 45 67")).json()
        assert tokens["roles"] == ["pending"]
        shown = (await api.own(tokens, "GET", "/organisation/registration")).json()
        assert (shown["status"], shown["identity_card"]) == ("pending", "BK****56")
        org, path = ids["organisation_id"], f"/users/{ids['user_id']}"
        refused = await api.own(tokens, "GET", path)
        assert outcome(refused) == (403, "registration-pending")
        assert outcome(await decided(api, ids, "confirmation", "hiflow")) == (
            404,
            "no-such-organisation",
        )
        assert (await decided(api, ids, "confirmation")).status_code == 200
        assert (await sign_in(api, phone=PHONE)).json()["roles"] == ["enrolling"]
        history = (await api.ask("GET", "/organisation/history", org=org)).text
        assert "registration_confirmed" in history
        assert "BK" not in history


@pytest.mark.requirement("EXX-04", "G-20")
async def test_who_is_rejected_is_told_why(database: str) -> None:
    async with served(database) as api:
        await with_operator(api)
        ids = await registered(api)
        stale = EVIDENCE | {"name": "Anfa"}
        changed = await decided(api, ids, "rejection", reason="No.", seen=stale)
        assert (outcome(changed), changed.json()["now"]) == (
            (412, "changed"),
            {"/seen/name": "Maarif"},
        )
        assert (await decided(api, ids, "rejection", reason="No such street.")).is_success
        tokens = (await sign_in(api, phone=PHONE)).json()
        refused = await api.own(tokens, "GET", "/organisation/history")
        assert outcome(refused) == (403, "registration-rejected")
        shown = (await api.own(tokens, "GET", "/organisation/registration")).json()
        assert (shown["status"], shown["reason"]) == ("rejected", "No such street.")


@pytest.mark.requirement("EXX-04", "G-20", "SM-07")
async def test_who_is_rejected_corrects_the_registration_and_is_let_in(database: str) -> None:
    async with served(database) as api:
        await with_operator(api)
        ids = await registered(api)
        assert (await decided(api, ids, "rejection", reason="No such street.")).is_success
        tokens = (await sign_in(api, phone=PHONE)).json()
        now = {key: value for key, value in EVIDENCE.items() if key != "phone"}
        now |= {"identity_card": "BK123457", "address": "14 rue Ibn Batouta"}
        body = now | {"conditions_version": CONDITIONS}
        done = await api.own(tokens, "PUT", "/organisation/registration", body)
        assert done.is_success, done.text
        shown = (await api.own(tokens, "GET", "/organisation/registration")).json()
        assert (shown["status"], shown["reason"], shown["address"]) == (
            *("pending", None),
            "14 rue Ibn Batouta",
        )
        assert outcome(await decided(api, ids, "confirmation")) == (412, "changed")
        seen = EVIDENCE | now | {"identity_card": "BK****57"}
        assert (await decided(api, ids, "confirmation", seen=seen)).is_success
        assert (await sign_in(api, phone=PHONE)).json()["roles"] == ["enrolling"]
        again = await api.own(tokens, "PUT", "/organisation/registration", body)
        assert outcome(again) == (409, "registration-is-confirmed")


@pytest.mark.requirement("G-21")
async def test_one_partner_at_most_is_confirmed_with_an_identity_card(database: str) -> None:
    async with served(database) as api:
        await with_operator(api)
        first, other = await registered(api), await registered(api, phone="0662345678")
        assert (await decided(api, first, "confirmation")).is_success
        seen = EVIDENCE | {"phone": "+212662345678"}
        refused = await decided(api, other, "confirmation", seen=seen)
        assert outcome(refused) == (409, "identity-card-taken")
        assert (await decided(api, other, "rejection", seen=seen, reason="Twice.")).is_success


@pytest.mark.requirement("G-21")
async def test_a_phone_that_is_known_is_answered_alike_and_gets_no_code(database: str) -> None:
    async with served(database) as api:
        ids = await registered(api)
        known, free = [
            await api.anybody("POST", "/phone-codes", {"phone": phone})
            for phone in ("0661234567", "0662345678")
        ]
        assert (known.status_code, known.json()) == (free.status_code, free.json())
        history = await api.running.commands.history(USER, ids["user_id"])
        assert isinstance(history[-1].event, PhoneFoundInUse)
        again = await api.anybody("POST", "/registrations", body("000000"))
        assert again.json()["errors"][0]["field"] == "/code"


async def test_a_code_is_good_for_few_attempts_and_a_short_time(database: str) -> None:
    async with served(database) as api:
        code = await code_for(api)
        wrong = f"{(int(code) + 1) % 10**6:06}"
        for _ in range(MOST_WRONG):
            assert (await api.anybody("POST", "/registrations", body(wrong))).status_code == 422
        assert (await api.anybody("POST", "/registrations", body(code))).status_code == 422
        code = await code_for(api)
        async with api.running.pool.connection() as connection:
            await connection.execute("update secrets.phone_code set expires_at = now()")
        late = await api.anybody("POST", "/registrations", body(code))
        assert late.json()["errors"][0]["field"] == "/code"


async def test_codes_that_come_at_one_moment_are_judged_one_after_the_other(database: str) -> None:
    async with served(database) as api:
        code = await code_for(api)
        async with api.running.pool.connection() as guesser, guesser.transaction():
            spent = "update secrets.phone_code set wrong = %s"
            await guesser.execute(spent, (MOST_WRONG,))
            right = asyncio.create_task(api.anybody("POST", "/registrations", body(code)))
            while not await waiting(guesser):
                assert not right.done()
        assert (await right).json()["errors"][0]["field"] == "/code"


WAITING = "select true from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))"


async def waiting(guesser: Connection) -> bool:
    """Whether somebody waits for this transaction to end."""
    found = await (await guesser.execute(WAITING)).fetchone()
    await asyncio.sleep(0)
    return found is not None


async def test_codes_are_sent_to_a_phone_a_few_times_an_hour(database: str) -> None:
    async with served(database) as api:
        asked = [
            (await api.anybody("POST", "/phone-codes", {"phone": "0661234567"})).status_code
            for _ in range(4)
        ]
        assert asked == [202, 202, 202, 429]


@pytest.mark.parametrize("phone", ["0522200000", "0890000000", "0800000000"])
async def test_a_code_goes_to_a_mobile_phone_alone(database: str, phone: str) -> None:
    async with served(database) as api:
        refused = await api.anybody("POST", "/phone-codes", {"phone": phone})
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["field"] == "/phone"


async def test_the_same_request_registers_once_and_a_code_works_once(database: str) -> None:
    async with served(database) as api:
        code, once = await code_for(api), {"Idempotency-Key": "once"}
        same = [await api.anybody("POST", "/registrations", body(code), once) for _ in range(2)]
        assert [answer.status_code for answer in same] == [201, 201]
        assert same[0].json() == same[1].json()
        other = await api.anybody("POST", "/registrations", body(code, name="Anfa"))
        assert outcome(other) == (409, "organisation-id-taken")


WRONG = {
    "partnership": "merchant",
    "phone": "0661",
    "identity_card": "123456",
    "company_number": "001561191000067",
    "conditions_version": "",
    "address": "",
    "name": None,
}


@pytest.mark.requirement("EXX-02", "EXX-03")
async def test_each_field_of_a_registration_is_checked(database: str) -> None:
    async with served(database) as api:
        for field, value in WRONG.items():
            refused = await api.anybody("POST", "/registrations", body("000000", **{field: value}))
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["field"] == f"/{field}"


@pytest.mark.requirement("G-21")
async def test_a_password_is_set_by_a_link_in_a_text_message(database: str) -> None:
    async with served(database) as api:
        ids = await registered(api)
        asked = await api.anybody("POST", "/password-resets", {"phone": "0661234567"})
        assert asked.status_code == 202
        await PasswordLinks(api.running).answer_waiting()
        history = await api.running.commands.history(USER, ids["user_id"])
        [sent] = [e.event for e in history if isinstance(e.event, PasswordResetRequested)]
        assert (sent.phone, sent.email) == (PHONE, None)
        token = sent.reset_link.partition("#token=")[2]
        answer = await api.anybody("PUT", "/password", {"token": token, "password": OTHER})
        assert answer.status_code == 200, answer.text
        assert outcome(await sign_in(api, phone=PHONE)) == REFUSED
        assert (await sign_in(api, phone=PHONE, password=OTHER)).status_code == 200


async def test_somebody_signs_in_by_an_address_or_by_a_phone(database: str) -> None:
    async with served(database) as api:
        both = {"phone": PHONE, "email": "nadia@example.org"}
        for login in ({}, both, {"phone": "12"}):
            assert (await sign_in(api, **login)).status_code == 422


async def confirmed_depot(api: Caller) -> Any:
    await with_operator(api)
    ids = await registered(api)
    assert (await decided(api, ids, "confirmation")).is_success
    return ids


@pytest.mark.requirement("EXX-25", "EXX-26", "G-27")
async def test_a_depot_adds_users_who_sign_in_by_address_or_phone(database: str) -> None:
    async with served(database) as api:
        ids = await confirmed_depot(api)
        added = await api.ask("POST", "/depot-users", STAFF, org=ids["organisation_id"])
        assert added.status_code == 201, added.text
        for login in ({"email": STAFF["email"]}, {"phone": STAFF["phone"]}):
            tokens = await sign_in(api, password=STAFF["password"], **login)
            assert tokens.status_code == 200, tokens.text
            assert tokens.json()["roles"] == ["operator"]
        again = STAFF | {"email": "other@example.org"}
        refused = await api.ask("POST", "/depot-users", again, org=ids["organisation_id"])
        assert outcome(refused) == (409, "phone-taken")


@pytest.mark.requirement("EXX-26", "G-27")
async def test_a_user_whom_another_organisation_adds_too_signs_in(database: str) -> None:
    async with served(database) as api:
        ids = await confirmed_depot(api)
        theirs = STAFF | {"password": OTHER}
        added = {
            org: (await api.ask("POST", "/depot-users", body, org=org)).json()["id"]
            for org, body in ((ids["organisation_id"], STAFF), ("rival", theirs))
        }
        for login in ({"email": STAFF["email"]}, {"phone": STAFF["phone"]}):
            for (org, user_id), password in zip(
                added.items(), (STAFF["password"], OTHER), strict=True
            ):
                tokens = (await sign_in(api, password=password, **login)).json()
                assert (tokens["user_id"], tokens["organisation_id"]) == (user_id, org)
            assert outcome(await sign_in(api, password="neither of both", **login)) == REFUSED


@pytest.mark.requirement("EXX-26", "G-27")
async def test_a_user_of_a_depot_has_every_field_and_a_role_of_depots(database: str) -> None:
    async with served(database) as api:
        org = (await confirmed_depot(api))["organisation_id"]
        for field in STAFF:
            lacking = {name: value for name, value in STAFF.items() if name != field}
            refused = await api.ask("POST", "/depot-users", lacking, org=org)
            assert refused.json()["errors"][0]["field"] == f"/{field}"
        for role in ("driver", "logistics", "billing", "analyst"):
            refused = await api.ask("POST", "/depot-users", STAFF | {"roles": [role]}, org=org)
            assert outcome(refused) == (422, "roles-not-of-depots")


@pytest.mark.requirement("G-27")
async def test_the_manager_of_a_depot_stays_while_nobody_else_administers_it(database: str) -> None:
    async with served(database) as api:
        ids = await confirmed_depot(api)
        path, org = f"/users/{ids['user_id']}/activation", ids["organisation_id"]
        assert outcome(await api.ask("DELETE", path, org=org)) == (409, "last-administrator")
        other = STAFF | {"roles": ["administration", "depot_agent"]}
        assert (await api.ask("POST", "/depot-users", other, org=org)).status_code == 201
        assert (await api.ask("DELETE", path, org=org)).status_code == 200
        assert outcome(await sign_in(api, phone=PHONE)) == REFUSED


async def test_the_second_factor_of_who_has_a_phone_alone(database: str) -> None:
    async with served(database) as api:
        await registered(api)
        tokens = (await sign_in(api, phone=PHONE)).json()
        begun = await api.own(tokens, "POST", "/me/second-factor", {"password": PASSWORD})
        assert begun.status_code == 201, begun.text
        assert "%2B212661234567" in begun.json()["uri"]
