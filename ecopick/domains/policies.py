"""Every domain's policy, loaded so that its rules are registered."""

from importlib import import_module
from pkgutil import iter_modules

import ecopick.domains


def load() -> None:
    """Import the ``policy`` module of each domain that has one."""
    for domain in iter_modules(ecopick.domains.__path__):
        if not domain.ispkg:
            continue
        package = import_module(f"ecopick.domains.{domain.name}")
        if any(module.name == "policy" for module in iter_modules(package.__path__)):
            import_module(f"ecopick.domains.{domain.name}.policy")
