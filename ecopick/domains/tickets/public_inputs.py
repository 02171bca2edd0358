"""What people without an account may send."""

import uuid
from typing import Any, Literal

from pydantic import Field

from ecopick.core.categories import Category
from ecopick.core.text import LANGUAGES
from ecopick.core.validation import Email, Input, Line, Prose

MAX_PHOTOS = 5
MOST_TILES = 8


class SubmitRequest(Input):
    """A report from the public form of a building.

    ``code`` is that of the place, from the address of the form; ``access_times`` says when
    somebody may come in. ``website`` is a field that people do not see: whoever fills it is
    a program. ``shown_at`` says when the form was opened, signed by us. ``asked`` means that
    likely duplicates were shown before; ``kept`` names photos that arrived with an earlier try.
    """

    description: Prose
    category: Category
    title: Line | None = None
    email: Email | None = None
    may_enter: bool = False
    access_times: Line | None = None
    code: Line | None = None
    website: str | None = None
    shown_at: Line | None = None
    asked: bool = False
    kept: list[str] = Field(default_factory=list, max_length=MAX_PHOTOS)


class LookForSimilar(Input):
    """What was typed so far, to look for what neighbours reported already."""

    category: Category | None = None
    description: Prose | None = None


class FollowRequest(Input):
    """A neighbour is affected by a reported fault as well; ``website`` as above."""

    ticket_id: uuid.UUID
    code: Line | None = None
    website: str | None = None


class TellEmail(Input):
    """The address to which a code is to be mailed."""

    email: Email


class TypeCode(Input):
    """The mailed code as typed."""

    code: Line


class WithdrawRequest(Input):
    """Why a report is no longer needed."""

    reason: Literal["solved", "mistake", "other"]


class SayNotFixed(Input):
    """What is still wrong."""

    body: Prose


class ShapeForm(Input):
    """How an owner wants its form: whether it is open, its tiles in their order, whom to ask
    about privacy, and its own privacy page in some of the languages (none: the complete one)."""

    open: bool = False
    categories: list[Category] = Field(default_factory=list, max_length=MOST_TILES)
    contact: Line | None = None
    privacy_en: Prose | None = None
    privacy_de: Prose | None = None
    privacy_fr: Prose | None = None
    privacy_it: Prose | None = None

    def settings(self) -> dict[str, Any]:
        """What the owner's settings keep; nothing for what was left as it is by default."""
        privacy = {
            language: words
            for language in LANGUAGES
            if (words := getattr(self, f"privacy_{language}")) is not None
        }
        wanted = {
            "categories": list(dict.fromkeys(self.categories)),
            "contact": self.contact,
            "privacy": privacy,
        }
        return {"open": self.open, **{name: value for name, value in wanted.items() if value}}
