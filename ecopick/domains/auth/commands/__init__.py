"""Signing in and out, proving who one is, and keeping an account."""
