"""What the ticket pages and paths take beside the inputs of the domain."""

import uuid

from ecopick.core.validation import Input


class ConfirmClaim(Input):
    """Which application is confirmed; the open one where none is named."""

    assignment_id: uuid.UUID | None = None


class AssignTo(Input):
    """One choice of the picker: ``user:<id>`` or ``vendor:<id>``."""

    assignee: str
