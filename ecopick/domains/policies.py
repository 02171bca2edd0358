"""Every domain's policy, loaded so that its rules are registered."""

from importlib import import_module
from pkgutil import iter_modules

import ecopick.domains


def load() -> None:
    """Import ``policy`` of each domain that has one, and its ``…_policy`` modules."""
    for domain in iter_modules(ecopick.domains.__path__):
        if not domain.ispkg:
            continue
        package = import_module(f"ecopick.domains.{domain.name}")
        for module in iter_modules(package.__path__):
            if module.name == "policy" or module.name.endswith("_policy"):
                import_module(f"ecopick.domains.{domain.name}.{module.name}")
