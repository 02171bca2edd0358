"""The directory: vendors entered, changed, blocked and parted from."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import attempt
from ecopick.core.validation import wrong_field
from ecopick.domains.people.models import Membership, User
from ecopick.domains.vendors.events import VendorBlocked, VendorChanged, VendorUnblocked
from ecopick.domains.vendors.inputs import (
    AddPerson,
    BlockVendor,
    CreateVendor,
    LinkVendor,
    UpdateVendor,
    VendorContact,
    VendorNotes,
)
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg
from ecopick.domains.vendors.queries.directory import (
    lock_vendor,
    lock_works,
    vendor_of,
)


def _new_works(session: Session, actor: Actor, key: Any) -> OwnerVendor:
    """The dealings as they would be, for ``authorize`` to judge."""
    return OwnerVendor(id=new_id(), property_owner_id=actor.owner_id, categories=[])


@command("vendor:create", find=_new_works, audit_as="ENTITY_CREATED")
def create_vendor(
    session: Session, actor: Actor, works: OwnerVendor, data: CreateVendor
) -> OwnerVendor:
    """Enter a vendor that nobody has here yet; the owner keeps its details until it does so itself.

    With ``person_email`` that person gets its jobs by mail, as with ``add_person``.
    """
    vendor = VendorOrg(
        id=new_id(),
        name=data.name,
        language=data.language or actor.language,
        kept_by_id=works.property_owner_id,
    )
    _fill(vendor, data)
    works.vendor_org_id = vendor.id
    _note(works, data)
    # The vendor is seen by whoever works with it: its row first, then the dealings.
    session.add(vendor)
    session.flush()
    session.add(works)
    session.flush()
    note(session, vendor=vendor.name)
    if data.person_email is not None:
        add_person(session, actor, vendor, person_in(data))
    emit(session, actor, VendorChanged(works.property_owner_id, vendor.id))
    return works


@command("vendor:create", find=_new_works, audit_as="ENTITY_CREATED")
def link_vendor(
    session: Session, actor: Actor, works: OwnerVendor, data: LinkVendor
) -> OwnerVendor:
    """Work with a vendor that is here already; its number is its consent.

    Dealings that had ended begin again. Raises Invalid for a number that is nobody's.
    """
    earlier = session.scalars(
        select(OwnerVendor).where(
            OwnerVendor.property_owner_id == works.property_owner_id,
            OwnerVendor.vendor_org_id == data.number,
        )
    ).one_or_none()
    if earlier is not None:
        works = earlier
        works.ended_at = None
    else:
        works.vendor_org_id = data.number
        try:
            with attempt(session):
                session.add(works)
                session.flush()
        except IntegrityError as error:
            text = _("No vendor has this number. Please ask the vendor for it.")
            raise wrong_field("number", text) from error
        vendor = lock_vendor(session, actor, data.number)
        # From now on two owners depend on its details: they are the vendor's own affair.
        vendor.kept_by_id = None
    _note(works, data)
    emit(session, actor, VendorChanged(works.property_owner_id, data.number))
    return works


def update_vendor(session: Session, actor: Actor, key: Any, data: UpdateVendor) -> OwnerVendor:
    """Change a vendor: its details where the owner keeps them, else only the owner's notes.

    Raises Forbidden where details are sent that the vendor keeps itself.
    """
    works = lock_works(session, actor, key)
    contact = data.model_fields_set & set(VendorContact.model_fields)
    vendor = vendor_of(session, works)
    if any(getattr(vendor, name) != getattr(data, name) for name in contact):
        change_contact(session, actor, key, _only(data, contact))
    return change_notes(session, actor, works, data)


def _only(data: VendorContact, names: set[str]) -> VendorContact:
    return VendorContact.model_validate({name: getattr(data, name) for name in names})


@command("vendor:edit", find=lock_vendor, audit_as="ENTITY_UPDATED")
def change_contact(
    session: Session, actor: Actor, vendor: VendorOrg, data: VendorContact
) -> VendorOrg:
    """Change how to reach a vendor. Its name and its language cannot be blank."""
    _fill(vendor, data)
    if actor.owner_id is not None:
        emit(session, actor, VendorChanged(actor.owner_id, vendor.id))
    return vendor


@command("vendor:manage", find=lock_works, audit_as="ENTITY_UPDATED")
def change_notes(
    session: Session, actor: Actor, works: OwnerVendor, data: VendorNotes
) -> OwnerVendor:
    """Change what the owner calls the vendor for, and its note to itself."""
    _note(works, data)
    emit(session, actor, VendorChanged(works.property_owner_id, works.vendor_org_id))
    return works


def _fill(vendor: VendorOrg, data: VendorContact) -> None:
    for name in data.model_fields_set & set(VendorContact.model_fields):
        value = getattr(data, name)
        if value is None and name in ("name", "language"):
            if name == "name":
                raise wrong_field("name", _("This field is needed."))
            continue
        setattr(vendor, name, value)


def _note(works: OwnerVendor, data: VendorNotes) -> None:
    if data.categories is not None:
        works.categories = sorted(set(data.categories))
    if "note" in data.model_fields_set:
        works.note = data.note


def person_in(data: CreateVendor) -> AddPerson:
    """Whoever is to get the jobs of a vendor that is entered."""
    return AddPerson.model_validate(
        {
            "name": data.person_name or data.name,
            "email": data.person_email,
            "language": data.language,
        }
    )


@command("vendor:staff", find=lock_vendor, audit_as="ENTITY_CREATED")
def add_person(
    session: Session, actor: Actor, vendor: VendorOrg, data: AddPerson
) -> Membership | None:
    """Somebody at the vendor who gets its jobs by mail, without an account.

    Whoever has an account is not made part of a vendor by somebody else: there None is the
    answer, and only an invitation helps. The caller sends one in either case, so that nobody
    learns by typing an address who has an account.
    """
    user = User(
        id=new_id(),
        email=data.email,
        name=data.name,
        language=data.language or vendor.language,
    )
    try:
        with attempt(session):
            session.add(user)
            session.flush()
    except IntegrityError:
        return None
    membership = Membership(id=new_id(), user_id=user.id, role=data.role, vendor_org_id=vendor.id)
    session.add(membership)
    return membership


@command("vendor:manage", find=lock_works, audit_as="ENTITY_STATUS_CHANGED")
def block_vendor(
    session: Session, actor: Actor, works: OwnerVendor, data: BlockVendor
) -> OwnerVendor:
    """Give the vendor nothing new; what it has accepted it finishes. Blocked again, the later
    reason counts."""
    works.blocked_at = works.blocked_at or clock.now()
    works.blocked_reason = data.reason
    works.blocked_by_id = actor.audit_user_id
    emit(session, actor, VendorBlocked(works.property_owner_id, works.vendor_org_id))
    return works


@command("vendor:manage", find=lock_works, audit_as="ENTITY_STATUS_CHANGED")
def unblock_vendor(session: Session, actor: Actor, works: OwnerVendor) -> OwnerVendor:
    """Let the vendor have work again; one that is not blocked stays as it is."""
    works.blocked_at = works.blocked_reason = works.blocked_by_id = None
    emit(session, actor, VendorUnblocked(works.property_owner_id, works.vendor_org_id))
    return works


@command("vendor:manage", find=lock_works, audit_as="ENTITY_DEACTIVATED")
def end_vendor(session: Session, actor: Actor, works: OwnerVendor) -> OwnerVendor:
    """Part from a vendor: it gets nothing new and leaves the pickers; its history stays."""
    works.ended_at = works.ended_at or clock.now()
    emit(session, actor, VendorChanged(works.property_owner_id, works.vendor_org_id))
    return works


@command("vendor:manage", find=lock_works, audit_as="ENTITY_STATUS_CHANGED")
def resume_vendor(session: Session, actor: Actor, works: OwnerVendor) -> OwnerVendor:
    """Work with the vendor again."""
    works.ended_at = None
    emit(session, actor, VendorChanged(works.property_owner_id, works.vendor_org_id))
    return works
