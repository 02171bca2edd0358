"""The page behind a mailed link to an open job."""

from ecopick.blueprints.open_jobs.pages import pages

__all__ = ["pages"]
