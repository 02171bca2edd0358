"""Is the process alive, and what can it do?"""

from typing import Any

from flask import Blueprint, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ecopick.web.access import public
from ecopick.web.state import database

__all__ = ["api"]

api = Blueprint("health", __name__)


@api.get("/healthz")
@public
def healthz() -> Any:
    """200 as long as the process answers."""
    return {"status": "ok"}


@api.get("/readyz")
@public
def readyz() -> Any:
    """What works: 503 only without the database; else 200, ``degraded`` naming what is missing."""
    state = {"database": _database(), **current_app.extensions["queue"].state()}
    missing = [name for name, found in state.items() if found != "ok"]
    body: dict[str, Any] = {**state, "degraded": missing} if missing else dict(state)
    response = jsonify(body)
    response.status_code = 200 if state["database"] == "ok" else 503
    response.headers["Cache-Control"] = "no-store"
    return response


def _database() -> str:
    try:
        with database().engine.connect() as connection:
            connection.execute(text("select 1"))
    except SQLAlchemyError:
        return "away"
    return "ok"
