"""Views of the list that people keep, and the columns they chose: forms and their answers."""

from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.blueprints.tickets.asked import Asked, asked, spelt_out
from ecopick.blueprints.tickets.columns import ALWAYS, COLUMNS, USUAL
from ecopick.core.errors import AppError
from ecopick.core.permissions import allows
from ecopick.core.text import gettext as _
from ecopick.domains.people.commands.own_settings import save_setting
from ecopick.domains.people.settings import COLUMNS as KEY
from ecopick.domains.tickets.commands import views as commands
from ecopick.domains.tickets.models import SavedView
from ecopick.domains.tickets.queries.views import find_view, of_row, saved_views, view_out
from ecopick.domains.tickets.view_inputs import ChangeView, SaveView
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say


def _show(error: AppError | None = None, view_id: str | None = None) -> Response:
    session, actor = db_session(), current_actor()
    view = of_row(actor, find_view(session, actor, view_id)) if view_id else None
    session.info["authorized"] = True
    sent = request.form if error is not None else None
    wanted = asked(source=sent) if view is None else Asked(view.filters, saved=view)
    draft = SavedView(property_owner_id=actor.owner_id, user_id=actor.user_id, is_shared=False)
    return render(
        "tickets/view.html",
        asked=wanted,
        view=view,
        may_share=actor.owner_id is not None and allows(session, actor, "view:share", draft),
        errors=error.fields if error else {},
        typed={"name": request.form.get("name", ""), "is_shared": "is_shared" in request.form}
        if error
        else {},
        nav_current="tickets",
    )


def _refused(*, error: AppError, view_id: str | None = None) -> Response:
    return _show(error, view_id)


def _open(view: SavedView) -> BaseResponse:
    return see_other(url_for("tickets.index", saved=view.id))


def new_view() -> Response:
    """The form that keeps the list of the address as a view."""
    return _show()


def edit_view(view_id: str) -> Response:
    """The form for name and sharing of a view."""
    return _show(view_id=view_id)


@refill(_refused)
def save_view() -> BaseResponse:
    """Keep the filters of the form as a view and open it."""
    data = bind(SaveView, source=_typed(filters=True))
    view = commands.save_view(db_session(), current_actor(), None, data)
    say(_("View saved"))
    return _open(view)


@refill(_refused)
def change_view(view_id: str) -> BaseResponse:
    """Rename or share a view, or give it the filters of the form."""
    data = bind(ChangeView, source=_typed(filters="with_filters" in request.form))
    view = commands.change_view(db_session(), current_actor(), view_id, data)
    say(_("View saved"))
    return _open(view)


def remove_view(view_id: str) -> BaseResponse:
    """Remove a view; the sentence on the next page takes it back."""
    commands.remove_view(db_session(), current_actor(), view_id)
    say(_("View removed"), undo=url_for("tickets.restore_view", view_id=view_id))
    return see_other(url_for("tickets.index"))


def restore_view(view_id: str) -> BaseResponse:
    """Bring a removed view back and open it."""
    view = commands.restore_view(db_session(), current_actor(), view_id)
    say(_("View is back"))
    return _open(view)


def _typed(*, filters: bool) -> dict[str, Any]:
    """The fields of a form about a view; the filters stand beside them."""
    found: dict[str, Any] = {}
    if "name" in request.form:
        found["name"] = request.form["name"] or None
    if "shares" in request.form:
        found["is_shared"] = "is_shared" in request.form
    if filters:
        found["filters"] = spelt_out(request.form)
    return found


def choose_columns() -> BaseResponse:
    """Keep which columns the list shows; the request is always one of them."""
    wanted = set(request.form.getlist("column")) & set(COLUMNS)
    if "usual" in request.form:
        wanted = set(USUAL)
    names = [name for name in COLUMNS if name in wanted | ALWAYS]
    save_setting(db_session(), current_actor(), KEY, names)
    return see_other(request.form.get("next") or url_for("tickets.index"))


def api_list() -> Response:
    """The views that the person has, own ones first."""
    kept, _columns = saved_views(db_session(), current_actor())
    return jsonify(items=[view_out(each).model_dump(mode="json") for each in kept])


def api_save() -> tuple[Response, int]:
    """201 with the view."""
    view = commands.save_view(db_session(), current_actor(), None, bind(SaveView))
    return _json(view), 201


def api_change(view_id: str) -> Response:
    """Change name, filters, order or sharing; unset fields stay."""
    return _json(commands.change_view(db_session(), current_actor(), view_id, bind(ChangeView)))


def api_remove(view_id: str) -> Response:
    """204 once it is removed."""
    commands.remove_view(db_session(), current_actor(), view_id)
    return Response(status=204)


def _json(view: SavedView) -> Response:
    return jsonify(view_out(of_row(current_actor(), view)).model_dump(mode="json"))


def add_views(pages: Blueprint, api: Blueprint) -> None:
    """Mount the forms beside the list, and the same in JSON."""
    pages.get("/tickets/views/new")(new_view)
    pages.post("/tickets/views")(save_view)
    pages.get("/tickets/views/<view_id>")(edit_view)
    pages.post("/tickets/views/<view_id>")(change_view)
    pages.post("/tickets/views/<view_id>/remove")(remove_view)
    pages.post("/tickets/views/<view_id>/restore")(restore_view)
    pages.post("/tickets/columns")(choose_columns)
    api.get("/tickets/views", endpoint="list_views")(api_list)
    api.post("/tickets/views", endpoint="save_view")(api_save)
    api.put("/tickets/views/<view_id>", endpoint="change_view")(api_change)
    api.delete("/tickets/views/<view_id>", endpoint="remove_view")(api_remove)
