"""Staff see the accounts that wait to be activated, with their papers."""

from functools import reduce

import pytest

from contracts.accounts import user_v1
from contracts.accounts.user_v1 import Role
from infra.consumers.views import OutOfOrder
from services.views.backoffice.accounts_to_activate import LONGEST_WAITING, to_activate
from services.views.backoffice.tests.make import (
    HOUR,
    LATER,
    NOON,
    activated,
    deactivated,
    invited,
    paper_accepted,
    paper_added,
    profile_changed,
    roles_changed,
    signed,
    user_forgotten,
)
from services.views.backoffice.tests.stage import Office, served
from services.views.backoffice.users import Reads, User, project


def user_of(*events: Reads) -> User:
    empty: User | None = None
    row = reduce(project, events, empty)
    assert row is not None
    return row


class TestUser:
    @pytest.mark.requirement("HIF-02")
    def test_a_user_waits_from_the_signed_agreement_until_activated(self) -> None:
        assert user_of(invited()).status == "invited"
        row = user_of(invited(), signed())
        assert (row.status, row.agreement_file_id, row.agreement_recorded_at) == (
            "signed",
            "file-1",
            LATER,
        )
        assert user_of(invited(), signed(), activated()).status == "active"

    def test_another_agreement_does_not_undo_the_activation(self) -> None:
        assert user_of(invited(), signed(), activated(), signed()).status == "active"

    def test_who_is_deactivated_no_longer_waits(self) -> None:
        assert user_of(invited(), signed(), deactivated()).status == "deactivated"

    def test_roles_language_and_phone_are_the_latest(self) -> None:
        row = user_of(invited(), roles_changed(Role.BILLING), profile_changed())
        assert (row.roles, row.language, row.phone) == (("billing",), "en", "+33700000000")

    def test_a_confirmed_address_is_the_address(self) -> None:
        asked = user_v1.EmailChangeRequested(
            user_id="ada",
            organisation_id="hiflow",
            new_email="b@x.example",
            confirmation_link="",
            expires_at=LATER,
            requested_at=NOON,
        )
        assert not isinstance(asked, Reads)
        changed = user_v1.EmailChanged(
            user_id="ada", organisation_id="hiflow", email="b@x.example", changed_at=LATER
        )
        assert user_of(invited(), changed).email == "b@x.example"

    def test_a_confirmed_phone_is_the_phone_and_finds_its_owner(self) -> None:
        changed = user_v1.PhoneChanged(
            user_id="ada",
            organisation_id="hiflow",
            phone="+212662345678",
            former_phone="+212661234567",
            changed_at=LATER,
        )
        row = user_of(invited(), changed)
        assert (row.phone, "212662345678" in row.search) == ("+212662345678", True)

    def test_of_a_forgotten_user_nothing_personal_is_left(self) -> None:
        row = user_of(invited(), user_forgotten())
        assert (row.name, row.email, row.phone, row.forgotten) == ("", "", None, True)

    @pytest.mark.parametrize("event", [signed(), activated(), deactivated(), user_forgotten()])
    def test_an_event_before_the_invitation_is_out_of_order(self, event: Reads) -> None:
        with pytest.raises(OutOfOrder):
            user_of(event)

    @pytest.mark.parametrize("event", [signed(), activated(), deactivated(), profile_changed()])
    def test_seeing_an_event_twice_changes_nothing(self, event: Reads) -> None:
        assert user_of(invited(), event, event) == user_of(invited(), event)


class TestToActivate:
    async def test_who_has_waited_longest_comes_first(self, office: Office) -> None:
        await office.saw(invited("ada"), signed("ada", LATER + HOUR), invited("bob"))
        await office.saw(signed("bob", LATER), invited("eve"), invited("dan"), signed("dan"))
        await office.saw(activated("dan"))
        waiting = to_activate("hiflow")
        found = await waiting.page(office.pool, LONGEST_WAITING, None, 10)
        assert [user.user_id for user in found] == ["bob", "ada"]
        after = await waiting.page(office.pool, LONGEST_WAITING, (LATER, "bob"), 10)
        assert [user.user_id for user in after] == ["ada"]

    async def test_another_organisation_sees_none(self, office: Office) -> None:
        await office.saw(invited(), signed(), paper_added())
        assert await to_activate("stranger").many(office.pool, LONGEST_WAITING) == []

    @pytest.mark.requirement("HIF-02")
    async def test_a_user_to_activate_is_shown_with_papers(self, office: Office) -> None:
        await office.saw(invited(), signed(), paper_added(), paper_accepted())
        async with served(office) as api:
            [shown] = await api.items("/accounts/to-activate", role="administration")
        [paper] = shown.pop("papers")
        assert (paper["kind"], paper["holds"]) == ("liability_insurance", True)
        assert shown == {
            "user_id": "ada",
            "name": "Ada Lovelace",
            "email": "ada@example.org",
            "phone": "+33612345678",
            "language": "fr",
            "roles": ["driver"],
            "invited_by": "lea",
            "invited_at": "2030-05-01T12:00:00Z",
            "agreement": {
                "file_id": "file-1",
                "signed_on": "2030-05-01",
                "recorded_at": "2030-05-01T13:00:00Z",
            },
        }
