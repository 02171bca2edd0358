"""The demo: two property owners, their people and vendors, ninety days of tickets."""

from ecopick.demo.accounts import ACCOUNTS, PASSWORD

__all__ = ["ACCOUNTS", "PASSWORD"]
