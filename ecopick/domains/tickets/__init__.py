"""Requests from report to closure: assignments, messages, evidence, participants."""
