"""Alerts, blocks and log entries in words for people."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.auth.devices import browser_of, system_of
from ecopick.domains.security.models import (
    AlertType,
    BlockedSource,
    BlockedSourceType,
    SecurityAlert,
)
from ecopick.domains.security.queries.people import Named
from ecopick.web import labels
from ecopick.web.formats import local_time, number

Names = Mapping[uuid.UUID, Named]


@dataclass(frozen=True)
class AlertWords:
    """What an alert says: a line on what happened, one on whence, advice, facts."""

    what: str
    source: str
    source_note: str
    advice: str
    person: str | None = None
    facts: list[tuple[str, str]] = field(default_factory=list)


def device_words(user_agent: str | None) -> str:
    """ "Firefox on macOS"."""
    browser, system = browser_of(user_agent), system_of(user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("Unknown device")


def of_alert(alert: SecurityAlert, names: Names) -> AlertWords:
    """The words of one alert."""
    meta: dict[str, Any] = alert.meta or {}
    person = names.get(alert.user_id) if alert.user_id is not None else None
    name = person.name if person is not None else None
    agent = (alert.device_info or {}).get("user_agent")
    return AlertWords(
        what=_what(alert, name, meta),
        source=alert.ip or alert.source_id or "",
        source_note=str(meta.get("to") or device_words(agent)),
        advice=_advice(alert.type),
        person=name,
        facts=_facts(alert, meta, agent, person),
    )


def _what(alert: SecurityAlert, name: str | None, meta: Mapping[str, Any]) -> str:
    who = name or _("An address without an account")
    match alert.type:
        case AlertType.IMPOSSIBLE_TRAVEL if "from" in meta and "to" in meta:
            return _(
                "%(name)s: %(first)s %(first_time)s, %(second)s %(second_time)s",
                name=who,
                first=meta["from"],
                first_time=_time(meta.get("from_at")),
                second=meta["to"],
                second_time=_time(meta.get("to_at")),
            )
        case AlertType.CREDENTIAL_STUFFING if "addresses" in meta:
            return ngettext(
                "%(num)s email address tried", "%(num)s email addresses tried", meta["addresses"]
            )
        case AlertType.BRUTE_FORCE if "failures" in meta:
            return ngettext(
                "%(name)s, %(num)s wrong password",
                "%(name)s, %(num)s wrong passwords",
                meta["failures"],
                name=who,
            )
        case AlertType.TOKEN_REUSE:
            return _("%(name)s, sessions ended", name=who)
        case _:
            return str(meta.get("note") or who)


def _advice(kind: AlertType) -> str:
    match kind:
        case AlertType.IMPOSSIBLE_TRAVEL:
            return _(
                "Nobody travels that fast. Call the person; if they do not know the second "
                "place, end all their sessions and ask them to add a passkey."
            )
        case AlertType.CREDENTIAL_STUFFING:
            return _(
                "Somebody tries a list of stolen passwords. Block the source; people whose "
                "password was right are listed in the sign-in log."
            )
        case AlertType.BRUTE_FORCE:
            return _(
                "Somebody guesses at one account. Waiting times slow them down; the person's "
                "own devices and passkeys are not affected."
            )
        case AlertType.TOKEN_REUSE:
            return _(
                "A token that had been replaced was used again, which a copy of it would do. "
                "That sign-in was ended everywhere."
            )
        case AlertType.PASSKEY_COUNTER:
            return _(
                "A passkey counted backwards, which a copy of it would do. Ask the person to "
                "remove it and to add a new one."
            )


def _facts(
    alert: SecurityAlert, meta: Mapping[str, Any], agent: str | None, person: Named | None
) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = [(_("Reference"), alert.alert_code)]
    if person is not None:
        facts.append((_("Account"), person.email))
    if "from" in meta and "to" in meta:
        first = f"{_time(meta.get('from_at'))}, {device_words(meta.get('from_user_agent'))}"
        facts.append((str(meta["from"]), first))
        facts.append((str(meta["to"]), f"{_time(meta.get('to_at'))}, {device_words(agent)}"))
        distance = _("%(count)s km", count=number(meta.get("kilometres")))
        facts.append((_("Distance"), distance))
    else:
        facts.append((_("Device"), device_words(agent)))
    if alert.ip:
        facts.append((_("IP address"), alert.ip))
    if alert.count > 1:
        facts.append((_("Seen"), ngettext("%(num)s time", "%(num)s times", alert.count)))
    if meta.get("note"):
        facts.append((_("Note"), str(meta["note"])))
    return facts


def _time(value: object) -> str:
    try:
        return local_time(datetime.fromisoformat(str(value)))
    except ValueError:
        return ""


def of_block(block: BlockedSource, names: Names) -> str:
    """Who or what a block keeps out: the address, the device in short, the person."""
    if block.type is BlockedSourceType.USER:
        person = names.get(block.user_id) if block.user_id is not None else None
        return person.email if person is not None else block.value
    if block.type is BlockedSourceType.DEVICE_FINGERPRINT:
        device = block.value.partition(":")[2]
        short = f"{device[:4]}…{device[-4:]}" if len(device) > 9 else device
        return _("Device %(id)s", id=short)
    return block.value


def of_reason(code: str | None) -> str:
    """The reason in the log."""
    return labels.label(code, "SignInReason") if code else ""
