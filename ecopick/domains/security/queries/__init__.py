"""Reading what is blocked, what was noticed and who tried to come in."""

from ecopick.domains.security.queries.blocks import find_block

__all__ = ["find_block"]
