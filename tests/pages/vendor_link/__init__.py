"""Vendor links in browsers."""
