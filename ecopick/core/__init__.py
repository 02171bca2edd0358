"""Foundations without domain knowledge: database, tenancy, commands, audit, events."""
