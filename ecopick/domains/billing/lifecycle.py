"""States of an invoice, the moves between them, and kinds of rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ecopick.core.errors import Conflict
from ecopick.core.text import lazy_gettext as _


class InvoiceStatus(StrEnum):
    """Where an invoice stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    PAID = "PAID"
    DISPUTED = "DISPUTED"
    CANCELLED = "CANCELLED"


class RateType(StrEnum):
    """What a rate is charged for."""

    HOURLY = "HOURLY"
    FIXED = "FIXED"
    PER_UNIT = "PER_UNIT"


class TaxCategory(StrEnum):
    """Why a line is taxed as it is (UNCL 5305, as EN 16931 uses it).

    ``STANDARD`` any rate above zero, ``ZERO`` taxed at zero, ``EXEMPT`` free of tax,
    ``REVERSE`` the customer owes the tax.
    """

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE = "AE"


class InvoiceSource(StrEnum):
    """How an invoice came in: typed by the vendor, with an account or behind a mailed link;
    as an electronic invoice of the vendor, or one that management got and took in."""

    VENDOR = "vendor"
    LINK = "link"
    E_INVOICE = "e_invoice"
    RECEIVED = "received"


class Move(StrEnum):
    """What can happen to an invoice."""

    EDIT = "edit"
    SUBMIT = "submit"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    DISPUTE = "dispute"
    LIFT = "lift"
    CANCEL = "cancel"
    PAY = "pay"


S = InvoiceStatus
# Neither changes any more.
TERMINAL = frozenset({S.PAID, S.CANCELLED})
# Asks for money that was not paid.
UNPAID = frozenset({S.SUBMITTED, S.APPROVED, S.DISPUTED})
# Only the vendor sees it.
PRIVATE = frozenset({S.DRAFT})


@dataclass(frozen=True)
class Step:
    """A move: from which states, and where it leads."""

    before: frozenset[InvoiceStatus]
    after: InvoiceStatus


# Every arrow that there is. Editing keeps a draft a draft.
MOVES: Mapping[Move, Step] = {
    Move.EDIT: Step(frozenset({S.DRAFT}), S.DRAFT),
    Move.SUBMIT: Step(frozenset({S.DRAFT}), S.SUBMITTED),
    Move.CORRECT: Step(frozenset({S.DISPUTED}), S.SUBMITTED),
    Move.WITHDRAW: Step(frozenset({S.DRAFT, S.SUBMITTED, S.DISPUTED}), S.CANCELLED),
    Move.APPROVE: Step(frozenset({S.SUBMITTED}), S.APPROVED),
    Move.DISPUTE: Step(frozenset({S.SUBMITTED, S.APPROVED}), S.DISPUTED),
    Move.LIFT: Step(frozenset({S.DISPUTED}), S.APPROVED),
    Move.CANCEL: Step(frozenset({S.APPROVED, S.DISPUTED}), S.CANCELLED),
    Move.PAY: Step(frozenset({S.APPROVED}), S.PAID),
}
# Who may do what, as the permission that is asked for.
PERMISSIONS: Mapping[Move, str] = {
    Move.EDIT: "billing:submit",
    Move.SUBMIT: "billing:submit",
    Move.CORRECT: "billing:submit",
    Move.WITHDRAW: "billing:submit",
    Move.APPROVE: "billing:approve",
    Move.DISPUTE: "billing:dispute",
    Move.LIFT: "billing:approve",
    Move.CANCEL: "billing:dispute",
    Move.PAY: "billing:pay",
}


class _Invoice(Protocol):
    status: InvoiceStatus


def possible(status: InvoiceStatus) -> frozenset[Move]:
    """The moves that lead on from ``status``."""
    return frozenset(move for move, step in MOVES.items() if status in step.before)


def require(invoice: _Invoice, move: Move) -> None:
    """Raise Conflict ``illegal_transition`` where the state does not allow ``move``."""
    if invoice.status not in MOVES[move].before:
        raise Conflict(
            _("This is no longer possible: the invoice has changed meanwhile. Please look again."),
            code="illegal_transition",
        )


def advance(invoice: _Invoice, move: Move) -> None:
    """Bring an invoice onward: the only writer of its state. Raises as ``require``."""
    require(invoice, move)
    invoice.status = MOVES[move].after
