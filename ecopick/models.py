"""Every table of the product: what migrations compare the database with."""

from ecopick.core import models as core_models
from ecopick.core.audit import models as audit_models
from ecopick.core.db import Base
from ecopick.domains.audit import models as proof_models
from ecopick.domains.auth import models as auth_models
from ecopick.domains.billing import models as billing_models
from ecopick.domains.catalog import models as catalog_models
from ecopick.domains.governance import models as governance_models
from ecopick.domains.imports import models as imports_models
from ecopick.domains.insights import models as insights_models
from ecopick.domains.mailbox import models as mailbox_models
from ecopick.domains.notifications import models as notifications_models
from ecopick.domains.people import models as people_models
from ecopick.domains.privacy import models as privacy_models
from ecopick.domains.property import models as property_models
from ecopick.domains.routing import models as routing_models
from ecopick.domains.scheduling import models as scheduling_models
from ecopick.domains.security import models as security_models
from ecopick.domains.sla import models as sla_models
from ecopick.domains.teams import models as teams_models
from ecopick.domains.tickets import models as tickets_models
from ecopick.domains.vendors import models as vendors_models

MODULES = (
    core_models,
    audit_models,
    proof_models,
    property_models,
    people_models,
    auth_models,
    security_models,
    governance_models,
    vendors_models,
    catalog_models,
    routing_models,
    sla_models,
    tickets_models,
    insights_models,
    billing_models,
    scheduling_models,
    teams_models,
    notifications_models,
    privacy_models,
    imports_models,
    mailbox_models,
)
metadata = Base.metadata
