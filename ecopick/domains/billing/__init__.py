"""Vendor rates and vendor invoices."""
