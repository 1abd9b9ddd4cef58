from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import reduce

import pytest

from contracts.accounts.organisation_v1 import (
    OrganisationEvent,
    ProfileChanged,
    SupportAccessEnded,
    SupportAccessRevoked,
)
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.accounts import organisation
from services.accounts.organisation import (
    Command,
    NoSuchOrganisation,
    OrganisationIdTaken,
    Registered,
)
from services.accounts.organisation.support_access import (
    LONGEST_ACCESS,
    Grant,
    NoSuchGrant,
    RolesNotLent,
    SupporterIsMember,
    TimeNotPossible,
    open_for,
)
from services.accounts.terms import LONGEST_TEXT, TextMissing, TextTooLong
from services.accounts.tests.make import (
    DAY,
    LATER,
    NOON,
    change_organisation,
    end_access,
    grant,
    granted,
    organisation_profile,
    register,
    registered,
    revoke,
)

given = Spec(organisation.decide, organisation.evolve, organisation.initial).given
REVOKED = SupportAccessRevoked(
    organisation_id="hiflow", grant_id="G1", supporter_id="sam", revoked_by="lea", revoked_at=NOON
)
ENDED = SupportAccessEnded(
    organisation_id="hiflow", grant_id="G1", supporter_id="sam", ended_at=NOON + DAY
)
SECOND = timedelta(seconds=1)
COMMANDS: list[Command] = [change_organisation(), grant(), revoke(), end_access()]


@pytest.mark.requirement("G-01")
class TestOrganisation:
    def test_it_is_registered(self) -> None:
        given().when(register()).records(registered())

    def test_the_same_registration_is_no_news(self) -> None:
        given(registered()).when(register(at=LATER)).records_nothing()

    def test_an_id_names_one_organisation(self) -> None:
        taken = OrganisationIdTaken("hiflow")
        given(registered()).when(register("Rival")).is_rejected(taken)

    @pytest.mark.requirement("G-02", "G-03")
    def test_its_profile_changes(self) -> None:
        moved = organisation_profile(time_zone="Africa/Casablanca", currency="MAD")
        changed = ProfileChanged(organisation_id="hiflow", profile=moved, changed_at=NOON)
        given(registered()).when(change_organisation(moved)).records(changed)

    @pytest.mark.parametrize("command", COMMANDS, ids=lambda c: type(c).__name__)
    def test_nothing_happens_where_there_is_none(self, command: Command) -> None:
        given().when(command).is_rejected(NoSuchOrganisation())


def grants_of(*events: OrganisationEvent) -> Mapping[str, Grant]:
    state = reduce(organisation.evolve, events, organisation.initial)
    assert isinstance(state, Registered)
    return state.grants


class TestSupport:
    def test_an_administrator_lets_the_support_in(self) -> None:
        given(registered()).when(grant()).records(granted())

    def test_the_support_is_lent_nothing_that_touches_money_or_users(self) -> None:
        wanted = grant(roles=("administration", "billing", "driver", "logistics"))
        kept = RolesNotLent(("administration", "billing", "driver"))
        given(registered()).when(wanted).is_rejected(kept)
        given(registered()).when(grant(roles=())).is_rejected(RolesNotLent(()))

    def test_a_member_takes_no_other_role_as_support(self) -> None:
        given(registered()).when(grant(is_member=True)).is_rejected(SupporterIsMember())

    def test_an_access_ends_in_time(self) -> None:
        latest = NOON + LONGEST_ACCESS
        given(registered()).when(grant(until=latest)).records(granted(until=latest))
        for until in (latest + SECOND, NOON):
            refused = TimeNotPossible("until", until, latest)
            given(registered()).when(grant(until=until)).is_rejected(refused)

    def test_an_access_has_a_reason(self) -> None:
        long = "x" * LONGEST_TEXT
        given(registered()).when(grant(reason=long)).records(granted(reason=long))
        given(registered()).when(grant(reason=" ")).is_rejected(TextMissing("reason"))
        longer = TextTooLong("reason", LONGEST_TEXT + 1, LONGEST_TEXT)
        given(registered()).when(grant(reason=long + "x")).is_rejected(longer)

    def test_an_access_is_revoked_once(self) -> None:
        given(registered(), granted()).when(revoke()).records(REVOKED)
        given(registered(), granted(), ENDED).when(revoke()).records_nothing()
        given(registered()).when(revoke()).is_rejected(NoSuchGrant())

    def test_an_access_ends_when_its_time_is_over(self) -> None:
        given(registered(), granted()).when(end_access()).records(ENDED)
        given(registered(), granted()).when(end_access(NOON + DAY - SECOND)).records_nothing()
        given(registered(), granted(), REVOKED).when(end_access()).records_nothing()

    @pytest.mark.parametrize(
        ("supporter", "at", "lets_in"),
        [
            ("sam", NOON + DAY - SECOND, True),
            ("sam", NOON + DAY, False),
            ("max", NOON, False),
        ],
    )
    def test_an_access_is_one_persons_for_a_while(
        self, supporter: str, at: datetime, lets_in: bool
    ) -> None:
        grants = grants_of(registered(), granted())
        assert (open_for(grants, supporter, at) is not None) is lets_in
        assert open_for(grants_of(registered(), granted(), REVOKED), supporter, at) is None

    def test_the_end_is_a_timer(self) -> None:
        assert organisation.timers(granted()) == (SetTimer("support:G1", NOON + DAY),)
        assert organisation.timers(REVOKED) == (CancelTimer("support:G1"),)
        assert organisation.timers(ENDED) == ()
        fired = organisation.on_timer("support:G1", "hiflow", NOON)
        assert fired == end_access(NOON)
        with pytest.raises(LookupError):
            organisation.on_timer("other", "hiflow", NOON)
