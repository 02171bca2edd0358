"""The API's aids for development; absent in production."""

from typing import Any

from flask import Blueprint, jsonify, request

from ecopick.adapters.mailcatcher import caught_mails
from ecopick.web.access import public
from ecopick.web.state import settings

api = Blueprint("dev_api", __name__)


@api.get("/mail")
@public
def list_mails() -> Any:
    """The caught mails, newest first; ``to`` narrows to one recipient."""
    return jsonify(caught_mails(settings().mail_dir, request.args.get("to") or None))
