"""Planned work that recurs."""
