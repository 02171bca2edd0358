"""Who is behind a cookie, a link or an address, and what an account holds."""
