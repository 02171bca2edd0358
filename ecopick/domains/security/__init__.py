"""Defence: blocked sources, rate limits and alerts."""
