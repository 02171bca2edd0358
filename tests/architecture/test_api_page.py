"""The reference of the API names every path with its methods, and no other."""

import re
from pathlib import Path

from flask import Flask

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
ROW = re.compile(r"^\| `(GET|POST|PUT|DELETE) (/\S+)` \|", re.MULTILINE)
BESIDE_THE_API = ("/healthz", "/readyz")


def test_the_page_names_every_path(app: Flask) -> None:
    served = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") or rule.rule in BESIDE_THE_API
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert set(ROW.findall(PAGE.read_text())) == served
