"""Writing rates and invoices."""
