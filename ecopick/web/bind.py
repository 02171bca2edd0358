"""Input becomes a pydantic model: the same one for forms, JSON and queries.

A blank field is None, a missing one is unset. Unknown fields are refused. Names
in camelCase mean the same as in snake_case.
"""

from typing import Any, TypeVar
from urllib.parse import parse_qsl

from flask import Request, request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType

from ecopick.core.errors import Invalid, Malformed, Text
from ecopick.core.text import lazy_gettext as _

M = TypeVar("M", bound=BaseModel)

FORMS = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data"})
# Fields that belong to the transport, not to the use case.
TRANSPORT_FIELDS = frozenset(
    {
        "csrf_token",
        "idempotency_key",
        "nonce",
        "next",
        # That somebody means what a button does.
        "sure",
        "version_shown",
        # A proof of identity that a sensitive form carries along.
        "access_password",
        "access_code",
    }
)


def bind(model: type[M], *, source: dict[str, Any] | None = None, **fixed: Any) -> M:
    """The request's input as ``model``; ``fixed`` fields come from the URL.

    Raises ``Invalid`` with a translated sentence for each field.
    """
    raw = source if source is not None else raw_input(request, model)
    try:
        return model.model_validate({**raw, **fixed})
    except ValidationError as error:
        raise Invalid(_("Please check the marked fields."), fields=field_errors(error)) from error


def raw_input(incoming: Request, model: type[BaseModel]) -> dict[str, Any]:
    """Form, JSON or query of a request as a plain dictionary.

    Raises Malformed for JSON that is no object, 415 for any other content.
    """
    if incoming.method in ("GET", "HEAD"):
        return _fields(incoming.args, model)
    if incoming.is_json:
        return {_snake(str(key)): value for key, value in _json(incoming).items()}
    if incoming.mimetype not in FORMS:
        raise UnsupportedMediaType
    return _fields(incoming.form, model)


def from_query(text: str, model: type[BaseModel]) -> dict[str, Any]:
    """The fields of ``model`` in a query string that was kept; others are left out."""
    values: MultiDict[str, str] = MultiDict(parse_qsl(text))
    return {
        name: value for name, value in _fields(values, model).items() if name in model.model_fields
    }


def _json(incoming: Request) -> dict[str, Any]:
    """The object of a JSON body; no body is an object without fields."""
    try:
        body = incoming.get_json(silent=True) if incoming.get_data() else {}
    except RecursionError:  # Brackets without end.
        body = None
    if not isinstance(body, dict):
        raise Malformed(_("The request body must be a JSON object."))
    return body


def _fields(values: MultiDict[str, str], model: type[BaseModel]) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    for key in values:
        name = _snake(key.removesuffix("[]"))
        if name in TRANSPORT_FIELDS:
            continue
        if _is_list(model, name):
            raw[name] = [item for item in values.getlist(key) if item != ""]
        else:
            raw[name] = values.get(key) or None
    return raw


def _is_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and "list[" in str(field.annotation)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def field_errors(error: ValidationError) -> dict[str, Text]:
    """One translated sentence for each field that pydantic refused."""
    found: dict[str, Text] = {}
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else "form"
        absent = item["type"] == "string_type" and item["input"] is None
        kind = "missing" if absent else item["type"]
        found.setdefault(name, sentence(kind, dict(item.get("ctx") or {})))
    return found


def sentence(kind: str, ctx: dict[str, Any]) -> Text:
    """The catalogue of pydantic's error types, in words for people."""
    match kind:
        case "missing" | "none_required":
            return _("This field is needed.")
        case "string_too_short" if ctx.get("min_length") == 1:
            return _("This field is needed.")
        case "string_too_short":
            return _("At least %(count)s characters, please.", count=ctx.get("min_length", 1))
        case "string_too_long":
            return _("At most %(count)s characters, please.", count=ctx.get("max_length", 0))
        case "uuid_parsing" | "uuid_type" | "enum" | "literal_error":
            return _("Please choose one of the options.")
        case "extra_forbidden":
            return _("This field is not accepted.")
        case "int_parsing" | "int_type" | "float_parsing" | "decimal_parsing" | "decimal_type":
            return _("Please enter a number.")
        case "greater_than_equal" | "greater_than":
            return _("This number is too small.")
        case "less_than_equal" | "less_than":
            return _("This number is too large.")
        case "bool_parsing" | "bool_type":
            return _("Please answer yes or no.")
        case kind if kind.startswith(("datetime", "date", "time", "timezone")):
            return _("Please enter a valid date and time.")
        case "value_error" if isinstance(ctx.get("error"), Exception):
            argument = ctx["error"].args[0] if ctx["error"].args else ""
            return argument if not isinstance(argument, str) else _("This value is not valid.")
        case _:
            return _("This value is not valid.")
