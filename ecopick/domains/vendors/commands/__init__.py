"""Changing vendors: their details, their papers and the figures of their work."""

from ecopick.domains.vendors.commands.figures import SolvedJob, record_performance

__all__ = ["SolvedJob", "record_performance"]
