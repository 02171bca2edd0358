"""What the mails about accounts have in common: their facts, and whom, when, where."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.auth.devices import browser_of, system_of
from ecopick.web.formats import local_datetime, zoned


@dataclass(frozen=True)
class Case:
    """What a text is made of: the row's facts, and what was computed for this mail.

    ``base`` is the configured address with the reader's language, ``page`` the token of
    the page of a report, for whoever sent it by mail.
    """

    email: str
    facts: dict[str, Any]
    base: str
    code: str = ""
    token: str = ""
    minutes: int = 0
    page: str = ""

    def fact(self, name: str) -> str:
        """A fact in words, blank where it is not known."""
        return str(self.facts.get(name) or "")


@dataclass(frozen=True)
class AccountLetter:
    """What a mail says; plain text, escaped by the template."""

    title: str
    paragraphs: tuple[str, ...]
    code: str = ""
    button: str = ""
    url: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    footer: tuple[str, ...] = ()


def circumstances(case: Case) -> tuple[tuple[str, str], ...]:
    """For whom, when, with which device and where from."""
    lines = [(_("Account"), case.email), (_("When"), _moment(case.facts.get("at")))]
    lines.append((_("Device"), _device(case.facts.get("user_agent"))))
    lines.append((_("Place"), case.fact("place") or _("not known")))
    return tuple((name, value) for name, value in lines if value)


def _moment(value: Any) -> str:
    if not value:
        return ""
    at = datetime.fromisoformat(str(value))
    return f"{local_datetime(at)} ({zoned(at).tzname()})"


def _device(user_agent: Any) -> str:
    text = str(user_agent) if user_agent else None
    browser, system = browser_of(text), system_of(text)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("not known")


def valid_for(minutes: int) -> str:
    """How long a code or link counts."""
    if minutes >= 60 and minutes % 60 == 0:
        return ngettext(
            "It is valid for %(num)s hour and works once.",
            "It is valid for %(num)s hours and works once.",
            minutes // 60,
        )
    return ngettext(
        "It is valid for %(num)s minute and works once.",
        "It is valid for %(num)s minutes and works once.",
        minutes,
    )


def in_one(*sentences: str) -> str:
    """Sentences of one paragraph."""
    return " ".join(sentences)


def keep_secret() -> str:
    """What stands below every code."""
    return _("Please tell this code to nobody. We never ask for it by phone or mail.")
