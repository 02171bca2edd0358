"""Limits, blocks and alerts."""
