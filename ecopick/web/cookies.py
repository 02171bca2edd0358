"""How every cookie of the product is set: in production only over HTTPS, as ``__Host-``."""

from flask import Response

from ecopick.web.state import settings


def cookie_name(name: str) -> str:
    """The name as the browser knows it."""
    return f"__Host-{name}" if settings().is_production else name


def set_cookie(
    response: Response,
    name: str,
    value: str,
    max_age: int | None,
    *,
    same_site: str = "Lax",
    readable: bool = False,
) -> None:
    """Set a cookie for the whole site; ``max_age`` in seconds, None until the browser closes."""
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=max_age,
        path="/",
        secure=settings().is_production,
        httponly=not readable,
        samesite=same_site,
    )


def drop_cookie(
    response: Response, name: str, *, same_site: str = "Lax", readable: bool = False
) -> None:
    """Take a cookie back."""
    response.delete_cookie(
        cookie_name(name),
        path="/",
        secure=settings().is_production,
        httponly=not readable,
        samesite=same_site,
    )
