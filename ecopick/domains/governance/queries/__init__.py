"""Reading rights and approvals."""

from ecopick.domains.governance.queries import building_rights
from ecopick.domains.governance.queries.grants import (
    Resources,
    Source,
    granted,
    has_grant,
    source_of,
)

__all__ = ["Resources", "Source", "building_rights", "granted", "has_grant", "source_of"]
