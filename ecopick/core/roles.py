"""Organisational roles and the sets that policies speak of."""

from enum import StrEnum


class MembershipRole(StrEnum):
    """What a person is in a property owner, a tenant company or a vendor."""

    PROPERTY_OWNER = "PROPERTY_OWNER"
    BUILDING_MANAGER = "BUILDING_MANAGER"
    BUILDING_MAINTENANCE = "BUILDING_MAINTENANCE"
    TENANT_ADMIN = "TENANT_ADMIN"
    TENANT_COORDINATOR = "TENANT_COORDINATOR"
    TENANT_OCCUPANT = "TENANT_OCCUPANT"
    RESIDENT = "RESIDENT"
    BUILDING_ADMIN = "BUILDING_ADMIN"
    CARETAKER = "CARETAKER"
    VENDOR_ADMIN = "VENDOR_ADMIN"
    VENDOR_TECH = "VENDOR_TECH"


MANAGEMENT_ROLES = frozenset(
    {
        MembershipRole.PROPERTY_OWNER,
        MembershipRole.BUILDING_MANAGER,
        MembershipRole.BUILDING_ADMIN,
    }
)
OPERATIONS_ROLES = MANAGEMENT_ROLES | {
    MembershipRole.BUILDING_MAINTENANCE,
    MembershipRole.CARETAKER,
}
VENDOR_ROLES = frozenset({MembershipRole.VENDOR_ADMIN, MembershipRole.VENDOR_TECH})
# Residents are not in it: they come in through their unit.
TENANT_ROLES = frozenset(
    {
        MembershipRole.TENANT_OCCUPANT,
        MembershipRole.TENANT_ADMIN,
        MembershipRole.TENANT_COORDINATOR,
    }
)
TENANT_STAFF_ROLES = frozenset({MembershipRole.TENANT_ADMIN, MembershipRole.TENANT_COORDINATOR})
