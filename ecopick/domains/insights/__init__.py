"""Suggestions from AI, each to be accepted, dismissed or flagged by a person."""
