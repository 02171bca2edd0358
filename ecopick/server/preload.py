"""Gunicorn's configuration: import everything once, before the web processes are forked.

Only imports happen here. Each process then builds its own application, so that
none shares a database connection or a thread with another. What it logs is JSON, as
in every process.
"""

from __future__ import annotations

from importlib import import_module

from ecopick import blueprints
from ecopick.config import AppEnv, Settings

# Gunicorn's own access log would write down addresses, and some addresses are secrets.
logconfig_dict = {
    "formatters": {"json": {"()": "ecopick.core.logs.JsonLines"}},
    "handlers": {"json": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "WARNING", "handlers": ["json"]},
    "loggers": {
        "ecopick": {"level": "INFO"},
        "gunicorn.error": {"level": "INFO", "handlers": ["json"], "propagate": False},
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}

import_module("ecopick.app")
_production = Settings.from_env().app_env is AppEnv.PRODUCTION
for _module, _attribute, _prefix in blueprints.MOUNTS + (
    () if _production else blueprints.DEVELOPMENT
):
    import_module(f"ecopick.blueprints.{_module}")
