"""The words of ratings and of vendors' papers, one table per enum."""

from ecopick.core.text import LazyText
from ecopick.core.text import lazy_gettext as _

VENDOR_LABELS: dict[str, dict[str, LazyText]] = {
    "Rating": {"good": _("Good"), "fair": _("All right"), "poor": _("Not good")},
    "CertificateKind": {
        "liability_insurance": _("Liability insurance"),
        "accident_insurance": _("Accident insurance"),
        "trade_licence": _("Trade licence"),
        "qualification": _("Qualification"),
        "tax_exemption": _("Tax certificate"),
        "other": _("Other certificate"),
    },
    "CertificateState": {
        "expired": _("Expired"),
        "expires_soon": _("Ends soon"),
        "unverified": _("Not checked yet"),
        "valid": _("Valid"),
        "missing": _("None"),
    },
}
