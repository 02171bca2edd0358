"""The application: ``create_app`` reads as the list of its parts."""

from typing import Any

from flask import Flask, Response
from flask_babel import Babel
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from werkzeug.middleware.proxy_fix import ProxyFix

from ecopick import models  # noqa: F401  (registers every table)
from ecopick.adapters.presence import Presence
from ecopick.blueprints import register_blueprints
from ecopick.config import Settings
from ecopick.core import audit, crypto
from ecopick.core.db import Base
from ecopick.core.text import compile_catalogues
from ecopick.core.uow import Database
from ecopick.domains import policies
from ecopick.web import (
    access,
    assets,
    errors,
    formats,
    headers,
    idempotency,
    request_log,
    state,
    uploads,
)
from ecopick.web.counters import connect_counters
from ecopick.web.identity_providers import open_identity_providers
from ecopick.web.queue import connect_queue
from ecopick.web.storage import open_storage

MAX_REQUEST_BYTES = 120 * 1024 * 1024


class Ecopick(Flask):
    """Flask with one transaction a request: commit on success, else nothing."""

    request_class = uploads.IncomingRequest

    def dispatch_request(self) -> Any:
        """Run the view; store what it wrote only if its answer is a success."""
        repeated = idempotency.answer_repeat()
        if repeated is not None:
            return repeated
        response: Response = self.make_response(super().dispatch_request())
        access.require_decision(response)
        if response.status_code < 400:
            idempotency.remember(response)
            state.commit()
        state.close_session()
        return response


def create_app(settings: Settings | None = None, database: Database | None = None) -> Flask:
    """Build the application from ``settings`` (the environment by default).

    Refuses to start when the database role could see past the wall between
    owners, or when production lacks a setting.
    """
    settings = settings or Settings.from_env()
    app = Ecopick(__name__)
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True},
        BABEL_TRANSLATION_DIRECTORIES="../translations",
    )
    app.extensions["settings"] = settings
    use_keys(settings)
    connect_database(app, database)
    app.extensions["storage"] = open_storage(settings)
    app.extensions["presence"] = Presence(settings.redis_url)
    app.extensions["queue"] = connect_queue(settings)
    app.extensions["identity_providers"] = open_identity_providers(settings)
    connect_counters(settings)
    policies.load()
    compile_catalogues()
    Babel(app, locale_selector=access.current_language)
    headers.install(app, production=settings.is_production)
    request_log.install(app)
    state.install(app)
    uploads.install(app)
    access.install(app)
    errors.install(app)
    formats.install(app)
    assets.install(app)
    # The router's own redirects would name the host that the request names.
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    register_blueprints(app, production=settings.is_production)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def use_keys(settings: Settings) -> None:
    """Give this process its keys: the ones in use first, then those before."""
    previous = settings.session_hmac_key_previous
    signing = (settings.session_hmac_key, *((previous,) if previous else ()))
    older = settings.data_encryption_key_previous
    crypto.use_keys(
        crypto.Keys(settings.data_encryption_key, signing, older_data=(older,) if older else ())
    )


def connect_database(app: Flask, database: Database | None = None) -> Database:
    """Attach the database; the wall between owners is checked at first use."""
    if database is None:
        extension = SQLAlchemy(model_class=Base, disable_autonaming=True)
        extension.init_app(app)
        Migrate(app, extension, directory="ecopick/migrations")
        with app.app_context():
            database = Database(extension.engine)
    app.extensions["database"] = database
    found = database
    found.refuse_bypass()
    batches = app.extensions["audit_batches"] = audit.start_batches(found)
    # Forked servers: the thread must start in the process that serves.
    app.before_request(batches.wake)
    return found
