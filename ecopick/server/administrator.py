"""The first account of an installation, made from the command line."""

from __future__ import annotations

from pydantic import ValidationError

from ecopick.app import create_app
from ecopick.core.errors import AppError
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.administrators import create_administrator as create
from ecopick.domains.auth.inputs import NewAdministrator
from ecopick.server.errors import StartError


def create_administrator(
    *, email: str, name: str, owner_name: str, language: str, password: str
) -> None:
    """Make an administrator with a property owner of their own.

    Raises StartError when a value is refused or the address is taken.
    """
    app = create_app()
    database: Database = app.extensions["database"]
    with app.test_request_context():
        try:
            data = NewAdministrator.model_validate(
                {
                    "email": email,
                    "name": name,
                    "owner_name": owner_name,
                    "language": language,
                    "password": password,
                }
            )
            create(database, data)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise StartError(f"{first['loc'][0]}: {first['msg']}.") from None
        except AppError as error:
            raise StartError(str(error.message)) from None
