"""What people may ask of places."""

import uuid

from ecopick.core.validation import Input, Line, Prose


class IssueCodes(Input):
    """Codes for the building itself, for units and sections, or for every place without one.

    With a ``category`` whoever scans them reports in it.
    """

    building: bool | None = None
    unit_id: list[uuid.UUID] = []
    unit_section_id: list[uuid.UUID] = []
    all_places: bool | None = None
    category: Line | None = None


class RetireCode(Input):
    """An end, with words for whoever still scans it."""

    note: Prose | None = None
