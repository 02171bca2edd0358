"""Writing rights and approvals."""
