"""``Idempotency-Key``: a repeated change is answered, not made again.

The key is stored in the command's own transaction. A second request with the
same key waits for the first on the unique index, then gets its answer.
"""

import hashlib
import json
import uuid

from flask import Response, g, make_response, request
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from ecopick.core import clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, Invalid
from ecopick.core.models import IdempotencyKey
from ecopick.core.tenancy import NOBODY_ID, PLATFORM_OWNER_ID, SYSTEM_USER_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.web.access import SAFE_METHODS
from ecopick.web.state import close_session, db_session, find_actor

MAX_KEY_LENGTH = 200
# Proofs of a page: a repeat may carry newer ones and is the same request all the same.
PROOFS = frozenset({"csrf_token", "nonce"})


def answer_repeat() -> Response | None:
    """The stored answer of a repeat; else None, and the key is reserved."""
    key = request.headers.get("Idempotency-Key") or (
        request.form.get("idempotency_key") if request.method == "POST" else None
    )
    actor = find_actor()
    if not key or request.method in SAFE_METHODS or actor is None:
        return None
    if len(key) > MAX_KEY_LENGTH:
        raise Invalid(_("The Idempotency-Key is too long."), code="idempotency_key")
    if not key.isprintable():
        raise Invalid(_("The request could not be understood."), code="idempotency_key")
    session = db_session()
    row_id = new_id()
    reserved = session.execute(
        insert(IdempotencyKey)
        .values(
            id=row_id,
            property_owner_id=_owner(),
            actor_id=_whose(actor),
            key=key,
            method=request.method,
            path=_sealed(request.path),
            request_hash=_request_hash(),
            created_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["actor_id", "key"])
        .returning(IdempotencyKey.id)
    ).scalar_one_or_none()
    if reserved is not None:
        g.idempotency_id = row_id
        g.session_is_used = False  # By no view so far: who may see the key needs no asking.
        return None
    return _stored(actor, key)


def _whose(actor: Actor) -> uuid.UUID:
    """Whose key it is; people without an account share the product's own user."""
    return SYSTEM_USER_ID if actor.user_id == NOBODY_ID else actor.user_id


def _owner() -> object:
    actor = find_actor()
    if actor is None or not actor.owner_ids:
        return PLATFORM_OWNER_ID
    return actor.owner_id or actor.owner_ids[0]


def _stored(actor: Actor, key: str) -> Response:
    """The answer of the first request, while its person still has to do with the owner."""
    row = (
        db_session()
        .execute(
            select(
                IdempotencyKey.method,
                IdempotencyKey.path,
                IdempotencyKey.request_hash,
                IdempotencyKey.status,
                IdempotencyKey.response,
            ).where(
                IdempotencyKey.actor_id == _whose(actor),
                IdempotencyKey.key == key,
                IdempotencyKey.property_owner_id.in_((*actor.owner_ids, PLATFORM_OWNER_ID)),
            )
        )
        .one_or_none()
    )
    close_session()
    if row is None or row.status is None:
        raise Conflict(_("The same request is still being worked on."), code="in_progress")
    if (row.method, row.path, row.request_hash) != (
        request.method,
        _sealed(request.path),
        _request_hash(),
    ):
        raise Invalid(
            _("This Idempotency-Key was used for a different request."), code="idempotency_key"
        )
    response = make_response(_unsealed(row.response["body"]), row.status)
    response.content_type = row.response["content_type"]
    if row.response.get("location"):
        response.headers["Location"] = _unsealed(row.response["location"])
    response.headers["Idempotent-Replay"] = "true"
    return response


def _request_hash() -> bytes:
    if request.is_json:
        return hashlib.sha256(request.get_data(cache=True)).digest()
    fields = [(k, v) for k, v in request.form.items(multi=True) if k not in PROOFS]
    files = [(name, item.filename) for name, item in request.files.items(multi=True)]
    return hashlib.sha256(json.dumps([sorted(fields), sorted(map(str, files))]).encode()).digest()


def answer_link_repeat() -> Response | None:
    """The same for whoever acts by a private link, once the link was opened."""
    return None if "idempotency_id" in g else answer_repeat()


def _sealed(text: str) -> str:
    """``text`` without the token of a private link, which the database must not know."""
    token = (request.view_args or {}).get("token")
    return text.replace(token, _mark(token)) if token else text


def _unsealed(text: str) -> str:
    token = (request.view_args or {}).get("token")
    return text.replace(_mark(token), token) if token else text


def _mark(token: str) -> str:
    return f"token-{crypto.token_hash(token).hex()}"


def keep_no_answer() -> None:
    """The answer holds a secret that is shown once: a repeat is refused instead of answered."""
    g.pop("idempotency_id", None)


def remember(response: Response) -> None:
    """Keep the answer beside the key, in the transaction of the change."""
    row_id = g.pop("idempotency_id", None)
    if row_id is None or response.is_streamed:
        return
    db_session().execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.id == row_id)
        .values(
            status=response.status_code,
            response={
                "body": _sealed(response.get_data(as_text=True)),
                "content_type": response.content_type,
                "location": _sealed(response.headers.get("Location") or "") or None,
            },
        )
    )
