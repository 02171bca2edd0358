"""What can go wrong at start."""

from __future__ import annotations


class StartError(Exception):
    """Ecopick cannot start; the message is one sentence for the operator."""
