"""The demo: two property owners, their people and vendors, ninety days of tickets."""

from ecopick.demo.accounts import ACCOUNTS, PASSWORD
from ecopick.demo.load import SeedIds, Summary, ids, is_loaded, load

__all__ = ["ACCOUNTS", "PASSWORD", "SeedIds", "Summary", "ids", "is_loaded", "load"]
