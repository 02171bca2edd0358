"""What somebody who is kept out may know."""

from typing import Any

from flask import url_for

from ecopick.blueprints.security.blueprint import api, pages
from ecopick.web.access import public
from ecopick.web.blocks import kept_out
from ecopick.web.render import render, see_other


@api.get("/app/check-block")
@public
def check_block() -> Any:
    """Whether the caller is kept out, until when, and why in general words."""
    found = kept_out()
    return {
        "blocked": found is not None,
        "until": found.until.isoformat() if found is not None and found.until else None,
        "reason": str(found.reason) if found is not None else None,
    }


@pages.get("/blocked")
@public
def blocked() -> Any:
    """The page on which whoever is kept out ends; everybody else goes on to sign in."""
    found = kept_out()
    if found is None:
        return see_other(url_for("auth.sign_in"))
    return render("security/blocked.html", status=403, block=found)
