"""Reusable compositions of participants."""
