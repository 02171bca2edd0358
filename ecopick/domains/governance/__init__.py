"""Approvals and grants on single resources."""
