"""The business: one folder a domain, free of Flask, RQ and Redis."""
