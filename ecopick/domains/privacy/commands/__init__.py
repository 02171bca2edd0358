"""Asking for exports and erasures, carrying erasures out, holds and retention."""
