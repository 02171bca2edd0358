"""What is asked of imports."""

from typing import Annotated

from pydantic import Field

from ecopick.core.validation import Input, Line
from ecopick.domains.imports.lifecycle import ImportKind


class BeginImport(Input):
    """A file with rows of one kind."""

    kind: ImportKind
    file_name: Line


class MapColumns(Input):
    """The column (from 0) of each field; fields that the file does not hold are left out."""

    mapping: dict[str, Annotated[int, Field(ge=0, lt=100)]]
