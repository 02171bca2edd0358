"""What stands behind a mailed link to an open job, and how the vendor stands there."""

import uuid
from dataclasses import dataclass, replace

from sqlalchemy import LargeBinary, Uuid, cast, column, func, select
from sqlalchemy.orm import Session

from ecopick.core import crypto
from ecopick.core.actor import Actor
from ecopick.core.tenancy import Scope
from ecopick.core.uow import Database
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.tickets.models import Quote
from ecopick.domains.tickets.queries.inbox import InboxItem, job_for_vendor
from ecopick.domains.tickets.queries.quotes import limits_of
from ecopick.domains.tickets.quote_lifecycle import LIVE_QUOTE, UNDECIDED_QUOTE, QuoteState
from ecopick.domains.tickets.quote_policy import quotes_visible_to


@dataclass(frozen=True)
class OpportunityContext:
    """A link that exists: the job, the vendor, and its recipient as the actor."""

    id: uuid.UUID
    property_owner_id: uuid.UUID
    ticket_id: uuid.UUID
    vendor_org_id: uuid.UUID
    actor: Actor


def open_opportunity(database: Database, token: str) -> OpportunityContext | None:
    """The link behind ``token``; None for one that was never issued, and for people who left
    the vendor."""
    with database.transaction(Scope()) as session:
        found = func.find_opportunity_link(
            cast(crypto.token_hash(token), LargeBinary)
        ).table_valued(
            column("id", Uuid),
            column("property_owner_id", Uuid),
            column("ticket_id", Uuid),
            column("vendor_org_id", Uuid),
            column("recipient_id", Uuid),
        )
        link = session.execute(select(found)).one_or_none()
    if link is None:
        return None
    actor = load_user_actor(
        database, link.recipient_id, link.property_owner_id, kind="link", via="opportunity_link"
    )
    if actor is None:
        return None
    facts = tuple(m for m in actor.memberships if m.vendor_org_id == link.vendor_org_id)
    if not facts:
        return None
    return OpportunityContext(
        link.id,
        link.property_owner_id,
        link.ticket_id,
        link.vendor_org_id,
        replace(actor, memberships=facts),
    )


@dataclass(frozen=True)
class Standing:
    """How a vendor stands with a job: the job, its live quote, and what it may do.

    ``earlier`` is its last quote that was refused or taken back.
    """

    item: InboxItem
    quote: Quote | None
    agreed: Quote | None
    earlier: Quote | None
    sign_in_above: str | None

    @property
    def may_apply(self) -> bool:
        """Whether the vendor may apply without a price."""
        return self.item.kind == "open" and not self.item.collects_quotes

    @property
    def waits(self) -> bool:
        """Whether its price waits for an approval."""
        return self.quote is not None and self.quote.state is QuoteState.WAITING


def standing(session: Session, actor: Actor, ticket_id: uuid.UUID) -> Standing | None:
    """How the actor's vendor stands; None where the job is neither its own nor open to it."""
    item = job_for_vendor(session, actor, ticket_id)
    if item is None:
        return None
    rows = session.scalars(
        select(Quote)
        .where(
            Quote.ticket_id == ticket_id,
            quotes_visible_to(actor),
            Quote.vendor_org_id.in_(actor.vendor_org_ids),
        )
        .order_by(Quote.created_at.desc(), Quote.id.desc())
    ).all()
    limit = limits_of(session, item.property_owner_id).sign_in_above
    return Standing(
        item,
        next((row for row in rows if row.state in UNDECIDED_QUOTE), None),
        next((row for row in rows if row.state is QuoteState.ACCEPTED), None),
        next((row for row in rows if row.state not in LIVE_QUOTE), None),
        None if limit is None else str(limit),
    )
