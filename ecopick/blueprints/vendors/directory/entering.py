"""Entering a vendor together with whoever gets its jobs."""

from ecopick.blueprints.people.invitations import send
from ecopick.domains.people.inputs import InvitePerson
from ecopick.domains.vendors.commands import directory
from ecopick.domains.vendors.inputs import AddPerson, CreateVendor
from ecopick.domains.vendors.models import OwnerVendor
from ecopick.web.state import current_actor, db_session


def invite_person(works: OwnerVendor, data: AddPerson) -> None:
    """Invite the person to an account at the vendor, whether they have one anywhere or not."""
    send(
        InvitePerson(
            email=data.email,
            role=data.role,
            first_name=data.name,
            org_id=works.vendor_org_id,
            language=data.language,
        )
    )


def enter_vendor(data: CreateVendor) -> OwnerVendor:
    """Enter a vendor; with an address in it that person gets its jobs and an invitation."""
    works = directory.create_vendor(db_session(), current_actor(), None, data)
    if data.person_email is not None:
        invite_person(works, directory.person_in(data))
    return works
