"""Invitations by mail, and coming in through one.

Whoever holds the link has proved the invited address: an account made on its
page needs no further code. Every outcome is recorded.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.orm import Session

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.errors import AppError, Conflict, Forbidden, NotFound
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import language
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth import passwords
from ecopick.domains.auth.commands.admission import admit, refuse_blocked
from ecopick.domains.auth.commands.attempts import check_rate, count
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.inputs import JoinByInvitation
from ecopick.domains.auth.models import MailKind
from ecopick.domains.auth.outputs import Outcome
from ecopick.domains.auth.password_rules import check_password
from ecopick.domains.auth.queries.credentials import find_credentials
from ecopick.domains.people.commands import invitations
from ecopick.domains.people.expiry import expire_invitation
from ecopick.domains.people.inputs import InvitePerson
from ecopick.domains.people.lifecycle import InvitationStatus, OrganizationType
from ecopick.domains.people.members import (
    LinkFacts,
    has_left,
    leads_itself,
    leads_vendor,
    link_facts,
    owner_of_link,
)
from ecopick.domains.people.models import Invitation, User
from ecopick.domains.security.commands.limits import Limit

INVITE = "invitation"
ACCEPT = "invitation_accept"
PER_INVITER = Limit("user", 60, timedelta(hours=1))
PER_INVITED = Limit("email", 10, timedelta(days=1))


@dataclass(frozen=True)
class OpenedInvitation:
    """A link that leads somewhere, and whether its address has an account."""

    facts: LinkFacts
    has_account: bool


def invite(
    database: Database, session: Session, actor: Actor, data: InvitePerson, *, vendor_name: str = ""
) -> Invitation:
    """Invite somebody and mail them the link; ``session`` is under the actor's scope."""
    _count(database, actor, data.email)
    invitation = invitations.invite(session, actor, data)
    _mail(session, actor, invitation, vendor_name)
    return invitation


def resend(
    database: Database, session: Session, actor: Actor, key: str, *, vendor_name: str = ""
) -> Invitation:
    """A fresh link for seven more days; the earlier one is dead."""
    invitation = invitations.resend(session, actor, key)
    _count(database, actor, invitation.email)
    _mail(session, actor, invitation, vendor_name)
    return invitation


def _count(database: Database, actor: Actor, email: str) -> None:
    limits = {PER_INVITER: str(actor.user_id), PER_INVITED: f"{actor.owner_id} {email}"}
    count(database, INVITE, limits, user_id=actor.user_id)


def _mail(session: Session, actor: Actor, invitation: Invitation, vendor_name: str) -> None:
    facts = link_facts(session, invitation.id)
    known = find_credentials(session, invitation.email)
    chosen = (invitation.metadata_ or {}).get("language")
    ask_for_mail(
        session,
        MailKind.INVITATION,
        invitation.email,
        language=chosen or (known.language if known is not None else actor.language),
        user_id=known.user_id if known is not None else None,
        subject_id=invitation.id,
        version=invitation.version,
        facts={
            "organisation": vendor_name or facts.organisation,
            "role": invitation.role,
            "inviter": actor.name,
        },
    )


def open_invitation(database: Database, token: str) -> OpenedInvitation:
    """What the link leads to; reading changes nothing. ``NotFound`` for an unknown token."""
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        refuse_blocked(session)
        found = owner_of_link(session, token)
    if found is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    invitation_id, owner_id = found
    with database.transaction(Scope((owner_id,))) as session:
        facts = link_facts(session, invitation_id)
        is_vendor = facts.organization_type == OrganizationType.VENDOR_ORG
        if not is_vendor or facts.inviter_id is None or owner_id != PLATFORM_OWNER_ID:
            # An owner invites a vendor's first account; from then on the vendor does.
            over = has_left(session, facts.inviter_id, owner_id) or (
                is_vendor and leads_itself(session, facts.organization_id)
            )
            if facts.status == InvitationStatus.PENDING and over:
                facts = replace(facts, status=InvitationStatus.REVOKED)
            has_account = find_credentials(session, facts.email) is not None
            return OpenedInvitation(facts, has_account)
    # People at a vendor are seen by their own kind alone.
    with database.transaction(Scope((owner_id,), facts.inviter_id)) as session:
        facts = link_facts(session, invitation_id)
        vendor_id = facts.organization_id
        if facts.status == InvitationStatus.PENDING and not leads_vendor(
            session, facts.inviter_id, vendor_id
        ):
            facts = replace(facts, status=InvitationStatus.REVOKED)
        return OpenedInvitation(facts, find_credentials(session, facts.email) is not None)


def accept(database: Database, actor: Actor, token: str) -> None:
    """Take up an invitation as the person who is signed in.

    ``Forbidden`` where it was sent to another address, ``Conflict`` where it no
    longer counts.
    """
    facts = _checked(database, token, actor.user_id, actor.email).facts
    if facts.email.lower() != actor.email.lower():
        _record(database, "denied", actor.user_id, actor.email, "other_address")
        raise Forbidden(
            _(
                "This invitation was sent to another email address. Please sign in with the "
                "address that was invited."
            ),
            code="other_address",
        )
    _take(database, actor, facts)
    _record(database, "success", actor.user_id, actor.email, None)


def join(database: Database, token: str, data: JoinByInvitation) -> Outcome:
    """Make an account for the invited address, take the role, and go in.

    ``Conflict`` where the address already has an account: its person signs in first.
    """
    opened = _checked(database, token, None, None)
    facts = opened.facts
    if opened.has_account:
        _record(database, "denied", None, facts.email, "account_exists")
        raise Conflict(
            _("There is already an account for this invitation. Please sign in to accept it."),
            code="account_exists",
        )
    try:
        check_password(data.password, email=facts.email, name=data.name)
    except AppError:
        _record(database, "failure", None, facts.email, "weak_password")
        raise
    user = User(
        id=new_id(),
        email=facts.email.lower(),
        email_verified=True,
        name=data.name,
        language=data.language or language(),
        password_hash=passwords.hash_password(data.password),
    )
    _take(
        database, Actor(user.id, name=data.name, email=facts.email, via="invitation"), facts, user
    )
    with database.transaction(Scope((PLATFORM_OWNER_ID,), user.id)) as session:
        audit.login(session, "account_created", "success", user_id=user.id, email=facts.email)
        audit.login(session, ACCEPT, "success", user_id=user.id, email=facts.email)
        return admit(session, user.id, method="invitation")


def _checked(
    database: Database, token: str, user_id: uuid.UUID | None, email: str | None
) -> OpenedInvitation:
    """The invitation if it still counts; one past its time is marked so."""
    check_rate(database, ACCEPT)
    try:
        opened = open_invitation(database, token)
    except NotFound:
        _record(database, "failure", user_id, email, "unknown_link")
        raise
    facts = opened.facts
    if facts.status == InvitationStatus.PENDING:
        return opened
    if facts.status == InvitationStatus.EXPIRED:
        with database.transaction(Scope((facts.property_owner_id, PLATFORM_OWNER_ID))) as session:
            system = Actor.system(facts.property_owner_id, via="invitation")
            expire_invitation(session, system, facts.id)
    _record(database, "denied", user_id, email or facts.email, f"invitation_{facts.status}")
    raise Conflict(invitations.ended_sentence(facts.status), code=f"invitation_{facts.status}")


def _take(database: Database, actor: Actor, facts: LinkFacts, user: User | None = None) -> None:
    is_vendor = facts.organization_type == OrganizationType.VENDOR_ORG
    # A vendor's people let each other in; an owner's invitation speaks for the owner.
    person = facts.inviter_id if is_vendor else actor.user_id
    owners = tuple({facts.property_owner_id, PLATFORM_OWNER_ID})
    try:
        with database.transaction(Scope(owners, person)) as session:
            invitations.accept(session, actor, facts.id, user)
    except Conflict as error:
        _record(database, "denied", None if user else actor.user_id, facts.email, error.code)
        raise


def _record(
    database: Database,
    outcome: str,
    user_id: uuid.UUID | None,
    email: str | None,
    reason_code: str | None,
) -> None:
    with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
        audit.login(session, ACCEPT, outcome, user_id=user_id, email=email, reason_code=reason_code)
