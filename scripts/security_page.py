"""Lists, for ``docs/security.md``, the tests that prove each check of the bar.

    python scripts/security_page.py

A test names the checks that it proves in the first line of its docstring:
"Check 15: …" or "Checks 21, 24: …".
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "security.md"
NAMED = re.compile(r"^Checks? ((?:\d+)(?:(?:, | and )\d+)*)")
START, END = "<!-- proofs -->", "<!-- end of proofs -->"


def proofs() -> Iterator[tuple[int, str]]:
    """Pairs of check number and test, as ``file::test``."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            found = NAMED.match(ast.get_docstring(node) or "")
            if found:
                for number in re.findall(r"\d+", found.group(1)):
                    yield int(number), f"{path.relative_to(ROOT)}::{node.name}"


def table() -> str:
    """The proofs as a table, one row a check."""
    rows: dict[int, list[str]] = {}
    for number, test in proofs():
        rows.setdefault(number, []).append(f"`{test}`")
    lines = ["| Check | Proved by |", "|---|---|"]
    lines += [f"| {number} | {'<br>'.join(rows[number])} |" for number in sorted(rows)]
    return "\n".join(lines)


def rendered() -> str:
    """The page with its table brought up to date."""
    text = PAGE.read_text()
    before, rest = text.split(START, 1)
    return f"{before}{START}\n{table()}\n{END}{rest.split(END, 1)[1]}"


if __name__ == "__main__":
    PAGE.write_text(rendered())
