"""PDF documents: data set in a template by Typst, archivable (PDF/A, tagged).

Text reaches a template as JSON, never as markup, so nothing in it is ever run.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import typst

FOLDER = Path(__file__).resolve().parents[1] / "templates" / "documents"
ARCHIVE: Final = "a-3a"


def typeset(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """The PDF of ``documents/<template>.typ`` with ``data``, which must be JSON.

    ``data["language"]`` is the document's language (two letters) and
    ``data["title"]`` its title; ``at`` is the moment it says it was made. The
    outcome is PDF/A-3a (ISO 19005-3).
    """
    made: bytes = typst.compile(
        str(FOLDER / f"{template}.typ"),
        root=str(FOLDER),
        font_paths=[str(FOLDER / "fonts")],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=[ARCHIVE],
        timestamp=int(at.timestamp()),
    )
    return made
