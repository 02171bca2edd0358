"""Rules that decide who gets a ticket."""
