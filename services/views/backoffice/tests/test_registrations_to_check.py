"""The operator sees the partners who wait to be let in, with what speaks for and against them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.accounts.organisation_v1 import (
    ProfileChanged,
    RegistrationConfirmed,
    RegistrationCorrected,
    RegistrationRejected,
)
from contracts.accounts.user_v1 import SubjectForgotten
from infra.consumers.views import OutOfOrder
from services.views.backoffice.organisations import alike, project
from services.views.backoffice.tests.make import (
    LATER,
    NOON,
    OPERATOR,
    applied,
    founded,
    invited,
)
from services.views.backoffice.tests.stage import Office, served

PATH = "/registrations/to-check"


def confirmed(id: str) -> RegistrationConfirmed:
    return RegistrationConfirmed(
        organisation_id=id, user_id="m", partner=id, confirmed_by="lea", confirmed_at=LATER
    )


async def waiting(office: Office, org: str = "hiflow") -> list[dict[str, Any]]:
    async with served(office) as api:
        return await api.items(PATH, role="administration", org=org)


class TestRow:
    def test_a_registration_needs_its_organisation(self) -> None:
        with pytest.raises(OutOfOrder):
            project(None, applied("anfa"))

    def test_an_organisation_keeps_its_latest_name(self) -> None:
        row = project(None, founded("anfa"))
        profile = replace(founded("anfa").profile, name="Dépôt d'Anfa")
        event = ProfileChanged(organisation_id="anfa", profile=profile, changed_at=LATER)
        assert project(row, event).name == "Dépôt d'Anfa"

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Dépôt Maârif", "depot MAARIF"),
            ("12, bd. Zerktouni", "12 boulevard Zerktouni"),
            ("Av. Hassan II 7", "7 avenue Hassan II"),
        ],
    )
    def test_texts_are_alike_however_they_are_written(self, one: str, other: str) -> None:
        assert alike(one) == alike(other)
        assert alike(one) != alike(f"{other} bis")


@pytest.mark.requirement("EXX-04", "G-20", "G-21")
async def test_the_evidence_of_a_registration_stands_on_one_screen(office: Office) -> None:
    await office.saw(OPERATOR, founded("anfa"), applied("anfa"))
    [shown] = await waiting(office)
    assert shown["seen"] == {
        "name": "anfa",
        "manager_name": "Nadia Alaoui",
        "phone": "phone-of-anfa",
        "identity_card": "BK****56",
        "company_number": "001561191000066",
        "address": "12 rue anfa",
        "city": "Casablanca",
    }
    assert set(shown["checks"].values()) == {True}
    assert shown["duplicates"] == []


async def test_what_is_not_as_it_should_be_is_told(office: Office) -> None:
    bare = applied("anfa", company_number=None, address="Maarif")
    await office.saw(OPERATOR, founded("anfa"), bare)
    [shown] = await waiting(office)
    wrong = {name for name, right in shown["checks"].items() if not right}
    assert wrong == {"company_number", "address"}


@pytest.mark.parametrize(
    ("changed", "name", "same"),
    [
        ({"identity_card_mark": "mark-of-anfa"}, "", "identity_card"),
        ({"phone": "phone-of-anfa"}, "", "phone"),
        ({"address": "Rue ÀNFA, 12"}, "", "address"),
        ({}, "ANFA", "name"),
    ],
)
async def test_a_duplicate_is_found_however_it_is_written(
    office: Office, changed: dict[str, Any], name: str, same: str
) -> None:
    other = (
        founded("other", name),
        applied("other", **changed),
        confirmed("other"),
    )
    stranger = (
        founded("stranger"),
        applied("stranger", submitted_at=LATER),
    )
    await office.saw(OPERATOR, founded("anfa"), applied("anfa"), *other, *stranger)
    shown, alone = await waiting(office)
    [found] = shown["duplicates"]
    assert (found["organisation_id"], found["status"]) == ("other", "confirmed")
    assert (found["same"], shown["checks"]["unique"]) == ([same], False)
    assert alone["duplicates"] == []


async def test_what_is_decided_waits_no_more_and_the_longest_waiting_comes_first(
    office: Office,
) -> None:
    later = applied("late", submitted_at=NOON + timedelta(days=1))
    rejected = RegistrationRejected(
        organisation_id="no",
        user_id="m",
        partner="no",
        reason="?",
        rejected_by="l",
        rejected_at=NOON,
    )
    await office.saw(OPERATOR, *(founded(id) for id in ("late", "early", "yes", "no")))
    await office.saw(later, *(applied(id) for id in ("early", "yes", "no")))
    await office.saw(confirmed("yes"), rejected)
    assert [one["organisation_id"] for one in await waiting(office)] == ["early", "late"]


REFUSED = RegistrationRejected(
    organisation_id="anfa",
    user_id="manager-of-anfa",
    partner="anfa",
    reason="No such street.",
    rejected_by="lea",
    rejected_at=NOON,
)
CORRECTED = RegistrationCorrected(
    organisation_id="anfa",
    user_id="manager-of-anfa",
    manager_name="Nadia Alaoui",
    identity_card="BK123457",
    identity_card_mark="another",
    company_number=None,
    address="14 rue Ibn Batouta",
    city="Rabat",
    conditions_version="2026-12",
    corrected_at=LATER,
)


@pytest.mark.requirement("G-20")
async def test_what_was_corrected_waits_again_with_the_reason_it_was_refused_for(
    office: Office,
) -> None:
    await office.saw(OPERATOR, founded("anfa"), applied("anfa"), REFUSED, CORRECTED)
    [shown] = await waiting(office)
    assert (shown["refused_before"], shown["conditions_version"]) == ("No such street.", "2026-12")
    card, address = shown["seen"]["identity_card"], shown["seen"]["address"]
    assert (card, address, shown["seen"]["city"]) == ("BK****57", "14 rue Ibn Batouta", "Rabat")
    assert (shown["seen"]["company_number"], shown["checks"]["company_number"]) == (None, False)


async def test_nobody_but_the_operator_sees_who_registered(office: Office) -> None:
    await office.saw(
        founded("hiflow"),
        founded("anfa"),
        applied("anfa"),
    )
    for org in ("hiflow", "anfa", "nobody"):
        assert await waiting(office, org) == []


async def test_a_forgotten_manager_is_like_nobody(office: Office) -> None:
    await office.saw(OPERATOR)
    for id in ("anfa", "maarif"):
        await office.saw(invited(f"manager-of-{id}"), founded(id), applied(id))
        gone = SubjectForgotten(user_id=f"manager-of-{id}", forgotten_at=LATER)
        await office.saw(gone)
    for shown in await waiting(office):
        assert (shown["seen"]["phone"], shown["seen"]["manager_name"]) == ("XXXX", "XXXX")
        assert shown["duplicates"] == []
