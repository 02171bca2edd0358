"""The audit log as management reads it."""

from typing import Any

from flask import Blueprint, request, url_for

from ecopick.blueprints.audit.export import export
from ecopick.blueprints.audit.proofs import request_proof
from ecopick.core.errors import Invalid
from ecopick.core.permissions import allows
from ecopick.core.text import gettext as _
from ecopick.domains.audit.inputs import ExportAudit, ListAudit, Stream
from ecopick.domains.audit.queries import actions, last_proofs, list_entries
from ecopick.domains.people.queries import org_members
from ecopick.web.access import background
from ecopick.web.bind import bind
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session

pages = Blueprint("audit", __name__)


@pages.get("/admin/audit")
def show() -> Any:
    """A page of one stream with its filters, and when it was last proven whole."""
    session, actor = db_session(), current_actor()
    errors: dict[str, Any] = {}
    try:
        filters = bind(ListAudit)
        page = list_entries(session, actor, filters)
    except Invalid as error:
        filters, errors = ListAudit(stream=_stream()), dict(error.fields)
        page = list_entries(session, actor, filters)
    newest, whole = last_proofs(session, actor)
    asked: dict[str, Any] = {
        key: value for key, value in request.args.items() if key != "cursor" and value
    }
    return render(
        "audit/page.html",
        "audit/_entries.html",
        found=page,
        filters=filters,
        asked=asked,
        errors=errors,
        streams=_streams(),
        actions=actions(session, actor, filters.stream),
        people=[(str(each.user_id), each.name) for each in org_members(session, actor)],
        newest=newest,
        whole=whole,
        can_export=allows(session, actor, "audit:export", None),
        more=url_for("audit.show", **{**asked, "cursor": page.next_cursor})
        if page.next_cursor
        else None,
    )


@pages.get("/admin/audit/export")
def export_file() -> Any:
    """The entries that the page's filters let through, as a file."""
    return export(bind(ExportAudit))


@pages.post("/admin/audit/proof")
def ask_proof() -> Any:
    """Ask for a proof; the page then shows how far it is."""
    request_proof()
    return see_other(url_for("audit.show") + "#proof")


@pages.get("/admin/audit/proof")
@background
def proof() -> Any:
    """How far the proof is; pages ask for it until it has ended."""
    session, actor = db_session(), current_actor()
    newest, whole = last_proofs(session, actor)
    return render(
        "audit/_proof.html",
        newest=newest,
        whole=whole,
        can_export=allows(session, actor, "audit:export", None),
    )


def _stream() -> Stream:
    asked = request.args.get("stream", "")
    return Stream(asked) if asked in set(Stream) else Stream.CHANGES


def _streams() -> list[tuple[str, str]]:
    return [
        (Stream.CHANGES.value, _("Changes")),
        (Stream.READS.value, _("Reads")),
        (Stream.DECISIONS.value, _("Decisions")),
        (Stream.SIGN_INS.value, _("My sign-ins")),
    ]
