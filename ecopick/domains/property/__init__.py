"""Owners, their buildings, units and sections, the companies that rent and their leases."""
