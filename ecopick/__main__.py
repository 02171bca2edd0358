"""`python -m ecopick`."""

from __future__ import annotations

from ecopick.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
