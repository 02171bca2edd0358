"""Changing vendors: their details, their papers and the figures of their work."""

from ecopick.domains.vendors.commands.figures import (
    Reopened,
    SolvedJob,
    note_reopened,
    record_performance,
)

__all__ = ["Reopened", "SolvedJob", "note_reopened", "record_performance"]
