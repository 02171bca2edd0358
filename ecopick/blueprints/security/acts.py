"""What administrators do on the pages: resolve, block, unblock, end sessions."""

from typing import Any

from flask import request, url_for

from ecopick.blueprints.security.blueprint import pages
from ecopick.blueprints.security.monitoring import show_blocks
from ecopick.blueprints.security.writing import block_and_end, for_writing
from ecopick.core.errors import Conflict, Invalid
from ecopick.core.text import lazy_gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.auth.commands.guessing import open_password
from ecopick.domains.auth.commands.sessions import end_all_sessions
from ecopick.domains.security.commands import blocking, reviewing
from ecopick.domains.security.inputs import BlockSource, ChangeSeverity, ChangeStatus
from ecopick.domains.security.models import AlertStatus, BlockedSourceType
from ecopick.domains.security.queries.alerts import get_alert
from ecopick.domains.security.queries.people import people_named
from ecopick.web.bind import bind
from ecopick.web.render import local_path, see_other
from ecopick.web.state import close_session
from ecopick.web.step_up import needs_step_up
from ecopick.web.toasts import say


def _back(endpoint: str = "security.overview") -> Any:
    return see_other(local_path(request.form.get("next"), url_for(endpoint)))


@pages.post("/admin/security/alerts/<alert_id>/resolve")
@needs_step_up
def resolve_alert(alert_id: str) -> Any:
    """The alert needs nobody any more."""
    session, actor = for_writing()
    reviewing.change_status(session, actor, alert_id, ChangeStatus(status=AlertStatus.RESOLVED))
    say(_("Alert resolved"))
    return _back()


@pages.post("/admin/security/alerts/<alert_id>/severity")
@needs_step_up
def rate_alert(alert_id: str) -> Any:
    """The alert is worth more or less than the rule thought."""
    data = bind(ChangeSeverity)
    session, actor = for_writing()
    reviewing.change_severity(session, actor, alert_id, data)
    say(_("Severity changed"))
    return _back()


@pages.post("/admin/security/alerts/<alert_id>/end-sessions")
@needs_step_up
def end_sessions(alert_id: str) -> Any:
    """Sign the person of the alert out everywhere."""
    session, actor = for_writing()
    alert = get_alert(session, actor, alert_id)
    if alert.user_id is None:
        raise Conflict(_("This alert is not about an account."))
    count = end_all_sessions(session, alert.user_id, reason="ended_by_administrator")
    say(ngettext("%(num)s session ended", "%(num)s sessions ended", count))
    return _back()


@pages.post("/admin/security/alerts/<alert_id>/open-password")
@needs_step_up
def allow_password(alert_id: str) -> Any:
    """Let the person of the alert use their password again after too many failures."""
    session, actor = for_writing()
    alert = get_alert(session, actor, alert_id)
    person = people_named(session, [alert.user_id]).get(alert.user_id) if alert.user_id else None
    if person is None:
        raise Conflict(_("This alert is not about an account."))
    open_password(session, person.id, person.email)
    say(_("The password is accepted again"))
    return _back()


@pages.post("/admin/security/alerts/<alert_id>/block")
@needs_step_up
def block_alert(alert_id: str) -> Any:
    """Block the address that the alert came from, for a day."""
    session, actor = for_writing()
    alert = get_alert(session, actor, alert_id)
    if not alert.ip:
        raise Conflict(_("This alert names no address that could be blocked."))
    data = BlockSource(type=BlockedSourceType.IP, value=alert.ip, reason=alert.alert_code)
    block_and_end(session, actor, data)
    say(_("Source blocked for 24 hours"))
    return _back()


@pages.post("/admin/security/blocked")
@needs_step_up
def block() -> Any:
    """Block a source; refused, the form comes back as it was typed."""
    try:
        data = bind(BlockSource)
        session, actor = for_writing()
        block_and_end(session, actor, data)
    except Invalid as error:
        close_session()
        return show_blocks(error)
    say(_("Source blocked"))
    return see_other(url_for("security.blocked_sources"))


@pages.post("/admin/security/blocked/<block_id>/unblock")
@needs_step_up
def unblock(block_id: str) -> Any:
    """Let the source in again."""
    session, actor = for_writing()
    blocking.unblock(session, actor, block_id)
    say(_("Source unblocked"))
    return _back("security.blocked_sources")


@pages.post("/admin/security/blocked/<block_id>/archive")
@needs_step_up
def archive(block_id: str) -> Any:
    """Take an ended block off the lists."""
    session, actor = for_writing()
    blocking.archive(session, actor, block_id)
    say(_("Block archived"))
    return _back("security.blocked_sources")
