"""Signing in: sessions, refresh tokens, second factors, passkeys and proven addresses."""
