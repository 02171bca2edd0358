"""Mails that come in, and what became of them."""

from email.message import EmailMessage
from typing import Any

from sqlalchemy import select

from jobs.mail_in import Outcome, receive
from jobs.runtime import Runtime
from tests.factories import World
from tests.jobs.conftest import Post

DOMAIN = "in.example.org"
STRANGER = "anna.stranger@example.org"


def written(sender: str, body: str, number: int = 1, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Message-ID"] = sender, f"<{number}@example.org>"
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(body)
    return mail


def sent(jobs: Runtime, to: str, mail: EmailMessage, sender: str | None = None) -> Outcome:
    return receive(jobs, mail.as_bytes(), to, "someone@example.org" if sender is None else sender)


def rows(world: World, model: Any) -> list[Any]:
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        found = select(model).where(model.property_owner_id == world.owner_id)
        return list(session.scalars(found.order_by(model.created_at, model.id)))


def reply_to(post: Post, address: str) -> str:
    """Where the newest mail to somebody says that it is answered."""
    return str(post.to(address)[-1]["Reply-To"])
