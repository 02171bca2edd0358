"""The first account of an installation."""

import uuid

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth import passwords
from ecopick.domains.auth.inputs import NewAdministrator
from ecopick.domains.auth.password_rules import check_password
from ecopick.domains.auth.queries.credentials import find_credentials
from ecopick.domains.people import commands as people
from ecopick.domains.people.inputs import AdministratorRow
from ecopick.domains.people.models import User


def create_administrator(database: Database, data: NewAdministrator) -> uuid.UUID:
    """The first account of an installation: an app administrator; answers their id.

    With ``owner_name`` also a new property owner, with them as PROPERTY_OWNER.
    ``Conflict`` where the address is taken, ``Invalid`` for a weak password.
    """
    check_password(data.password, email=data.email, name=data.name)
    user_id, owner_id = new_id(), new_id()
    with database.transaction(Scope((owner_id, PLATFORM_OWNER_ID), user_id)) as session:
        if find_credentials(session, data.email) is not None:
            raise Conflict(_("There is already an account with this email address."))
        people.create_administrator(
            session,
            Actor.system(owner_id if data.owner_name else PLATFORM_OWNER_ID, via="command_line"),
            None,
            AdministratorRow(
                email=data.email,
                name=data.name,
                language=data.language,
                owner_name=data.owner_name,
                password_hash=passwords.hash_password(data.password),
            ),
            User(id=user_id),
        )
        audit.login(session, "account_created", "success", user_id=user_id, email=data.email)
    return user_id
