"""The people of a depot, and where they are reached."""

import pytest

from contracts.accounts.user_v1 import PhoneChanged, Role, UserInvited
from infra.consumers.views import OutOfOrder
from services.views.depot.tests.make import NOON
from services.views.depot.users import User, project

KARIM = UserInvited(
    user_id="karim",
    organisation_id="maarif",
    email=None,
    name="Karim Tazi",
    language="ar",
    roles=(Role.COURIER,),
    phone="+212661000000",
    invited_by="nadia",
    invited_at=NOON,
    reference=None,
    dealerships=(),
    at_once=None,
)
CHANGED = PhoneChanged(
    user_id="karim",
    organisation_id="maarif",
    phone="+212662345678",
    former_phone="+212661000000",
    changed_at=NOON,
)


@pytest.mark.requirement("G-21")
def test_a_courier_is_called_at_the_phone_that_they_sign_in_with() -> None:
    assert project(project(None, KARIM), CHANGED) == User(
        user_id="karim", organisation_id="maarif", name="Karim Tazi", phone="+212662345678"
    )
    with pytest.raises(OutOfOrder):
        project(None, CHANGED)
