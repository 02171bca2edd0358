"""Vendors, the owners they work for, what they subscribe to and how well they do."""
