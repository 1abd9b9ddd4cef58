"""The roles of people in dealerships: granted at each of them, or for the whole group (G-32)."""

from contracts.accounts.user_v1 import Role

AT_A_DEALERSHIP = frozenset(
    {
        Role.DEALERSHIP_MANAGER,
        Role.ADMINISTRATIVE_AGENT,
        Role.SALES_REPRESENTATIVE,
        Role.TECHNICIAN,
        Role.AUDITOR,
        Role.AUDIT_MANAGER,
    }
)
"""The roles that hold where they were granted, and nowhere else."""
OF_DEALERS = AT_A_DEALERSHIP | {Role.GROUP_MANAGER}
WITHOUT_PASSWORD = frozenset({Role.TECHNICIAN, Role.AUDITOR})
"""Who has no other role has no password, and does not sign in (FLB-015)."""
