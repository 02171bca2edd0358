"""Files over the API."""
