"""The history of a ticket tells of approvals in people's words, without technical fields."""

from ecopick.blueprints.tickets.history_words import value_words
from ecopick.core import text
from ecopick.domains.tickets.queries.history import SILENT, Change


def test_an_approval_stands_in_the_readers_words() -> None:
    text.set_language("de")
    status = Change("access_requests.status", None, "SUBMITTED")
    assert value_words(status, status.after, "Europe/Berlin") not in ("SUBMITTED", "Submitted")
    assert {"action", "metadata", "requested_by_id"} <= SILENT
