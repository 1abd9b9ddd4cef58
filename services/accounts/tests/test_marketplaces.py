"""The roles of marketplaces and of their providers (OGU)."""

import pytest

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.accounts.user_v1 import Role
from services.accounts.http.access import held_elsewhere
from services.accounts.user.sign_in import ENROLLING, granted

BOTH = (Role.MARKETPLACE_MANAGER, Role.PROVIDER_MANAGER)
KEEPERS = {OrganisationKind.MARKETPLACE, OrganisationKind.MARKETPLACE_OPERATOR}


@pytest.mark.requirement("OGU-01")
@pytest.mark.parametrize("kind", OrganisationKind)
def test_each_role_is_for_organisations_of_its_kind_alone(kind: OrganisationKind) -> None:
    refused = held_elsewhere(kind, (*BOTH, Role.BILLING))
    assert ("marketplace_manager" in refused) is (kind not in KEEPERS)
    assert ("provider_manager" in refused) is (kind is not OrganisationKind.PROVIDER)
    assert "billing" not in refused


@pytest.mark.requirement("OGU-01", "OGU-21")
def test_only_a_second_factor_opens_a_marketplace() -> None:
    roles = frozenset(BOTH)
    assert granted(roles, with_second_factor=True) == {"marketplace_manager", "provider_manager"}
    assert granted(roles, with_second_factor=False) == {"provider_manager", ENROLLING}
