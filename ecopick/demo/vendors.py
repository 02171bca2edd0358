"""Vendors, what they charge and wish for, and the rules that send them work."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ecopick.core.db import Base
from ecopick.demo.rows import Row, Rows, uid
from ecopick.domains.billing.lifecycle import RateType
from ecopick.domains.billing.models import BillingRate
from ecopick.domains.catalog.models import ServiceCatalog, ServiceItem
from ecopick.domains.routing.models import RoutingRule
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg, VendorSubscription

if TYPE_CHECKING:
    from ecopick.demo.owners import House


@dataclass(frozen=True)
class Vendor:
    """A firm: for whom it works, in what, and at which price."""

    key: str
    name: str
    owner: str
    language: str
    country: str
    categories: tuple[str, ...]
    email: str
    phone: str
    vat_id: str
    address: str
    iban: str
    hourly: Decimal
    trip: Decimal


# Value-added tax by country, in per cent.
VAT = {"DE": Decimal(19), "FR": Decimal(20), "IT": Decimal(22)}

VENDORS = (
    Vendor(
        "schwarzwald", "Schwarzwald Sanitär & Heizungstechnik GmbH", "rheinbogen", "de", "DE",
        ("plumbing", "hvac"), "auftrag@schwarzwald-sanitaer.example", "+49 761 5552 310",
        "DE811294009", "Zähringer Straße 310, 79108 Freiburg im Breisgau",
        "DE75512108001245126199", Decimal("68.00"), Decimal("42.00"),
    ),
    Vendor(
        "dolomiti", "Elettro Dolomiti S.r.l.", "rheinbogen", "it", "IT",
        ("electrical", "plumbing", "hvac", "it_network"), "lavori@elettrodolomiti.example",
        "+39 0471 555 204", "IT02516630213", "Via Galileo Galilei 20, 39100 Bolzano",
        "IT46X0542811101000000292100", Decimal("54.00"), Decimal("35.00"),
    ),
    Vendor(
        "kleber", "Ascenseurs Kléber SARL", "rheinbogen", "fr", "FR",
        ("elevator",), "interventions@ascenseurs-kleber.example", "+33 3 89 55 04 40",
        "FR33528413909", "4 rue de Bâle, 68300 Saint-Louis",
        "FR7630006000011234567890189", Decimal("92.00"), Decimal("75.00"),
    ),
    Vendor(
        "vogel", "Serrurerie Vogel & Fils", "rheinbogen", "fr", "FR",
        ("keys_access", "security"), "atelier@serrurerie-vogel.example", "+33 3 89 55 07 18",
        "FR11391827458", "17 avenue du Général-de-Gaulle, 68300 Saint-Louis",
        "FR1420041010050500013M02606", Decimal("58.00"), Decimal("45.00"),
    ),
    Vendor(
        "hansen", "Glaserei Hansen & Söhne", "rheinbogen", "de", "DE",
        ("structural",), "werkstatt@glaserei-hansen.example", "+49 761 5553 077",
        "DE142976005", "Haslacher Straße 9, 79115 Freiburg im Breisgau",
        "DE89370400440532013000", Decimal("62.00"), Decimal("38.00"),
    ),
    Vendor(
        "lombardia", "Lombardia Impianti S.p.A.", "lombarda", "it", "IT",
        ("plumbing", "hvac", "electrical", "appliance"), "assistenza@lombardiaimpianti.example",
        "+39 02 5554 120", "IT09981450159", "Viale Certosa 144, 20156 Milano",
        "IT42L1234512345123456789012", Decimal("57.00"), Decimal("40.00"),
    ),
    Vendor(
        "sicurtec", "Sicurtec Milano S.r.l.", "lombarda", "it", "IT",
        ("elevator", "security", "keys_access", "structural"), "centrale@sicurtec.example",
        "+39 02 5554 381", "IT10374560968", "Via Mecenate 76, 20138 Milano",
        "IT84S0542811101000000654321", Decimal("61.00"), Decimal("40.00"),
    ),
)  # fmt: skip
BY_KEY = {vendor.key: vendor for vendor in VENDORS}

# Who is asked, by building and category: a vendor or, with @, one of the staff.
_OWN_STAFF = ("cleaning", "landscaping", "pest_control", "general", "appliance", "it_network")
_SUITABLE: dict[str, dict[str, str]] = {
    "wiehre": {
        "plumbing": "schwarzwald", "hvac": "schwarzwald", "electrical": "@m.brandstaetter",
        "elevator": "kleber", "structural": "hansen", "security": "@caretaker",
        "keys_access": "@caretaker",
    },
    "dreisam": {
        "plumbing": "schwarzwald", "hvac": "schwarzwald", "electrical": "dolomiti",
        "elevator": "kleber", "structural": "hansen", "security": "@a.yildirim",
        "keys_access": "@a.yildirim",
    },
    "rheinhof": {
        "plumbing": "schwarzwald", "hvac": "schwarzwald", "electrical": "@m.brandstaetter",
        "elevator": "kleber", "structural": "hansen", "security": "vogel", "keys_access": "vogel",
    },
    "tanneurs": {
        "plumbing": "schwarzwald", "hvac": "schwarzwald", "electrical": "@b.schaeffer",
        "elevator": "kleber", "structural": "@b.schaeffer", "security": "vogel",
        "keys_access": "vogel",
    },
    "talvera": {
        "plumbing": "dolomiti", "hvac": "dolomiti", "electrical": "dolomiti",
        "elevator": "kleber", "structural": "@i.mair", "security": "@i.mair",
        "keys_access": "@i.mair",
    },
}  # fmt: skip
_STAFF = {"wiehre": "@caretaker", "dreisam": "@a.yildirim", "rheinhof": "@caretaker",
          "tanneurs": "@b.schaeffer", "talvera": "@i.mair"}  # fmt: skip
# The main line of work in this building is chosen by hand.
_BY_HAND = {("wiehre", "plumbing")}


def vendor_id(key: str) -> uuid.UUID:
    """The vendor's id."""
    return uid("vendor", key)


def suitable(house_key: str, owner: str, category: str) -> str:
    """Who does this kind of work in the building: a vendor, or ``@`` and one of the staff."""
    if owner == "lombarda":
        for vendor in VENDORS:
            if vendor.owner == owner and category in vendor.categories:
                return vendor.key
        return "@d.ferraris" if category in ("it_network", "pest_control") else "@s.greco"
    return _SUITABLE[house_key].get(category, _STAFF[house_key])


def has_rule(house_key: str, category: str) -> bool:
    """Whether a routing rule sends this work on its way."""
    return (house_key, category) not in _BY_HAND and category != "general"


def build(rows: Rows, start: datetime, houses: dict[str, "House"]) -> None:
    """Vendors with rates, catalogues and subscriptions; afterwards the routing rules."""
    owners = {house.owner: house.owner_id for house in houses.values()}
    for vendor in VENDORS:
        rows.add(
            VendorOrg, start, id=vendor_id(vendor.key), name=vendor.name, email=vendor.email,
            phone=vendor.phone, language=vendor.language, vat_id=vendor.vat_id,
            country=vendor.country, iban=vendor.iban, **postal(vendor.address),
        )  # fmt: skip
        rows.add(
            OwnerVendor, start, id=uid("owner_vendor", vendor.key),
            property_owner_id=owners[vendor.owner], vendor_org_id=vendor_id(vendor.key),
            categories=list(vendor.categories),
        )  # fmt: skip
        rows.add(
            VendorSubscription, start, id=uid("subscription", vendor.key),
            property_owner_id=owners[vendor.owner], vendor_org_id=vendor_id(vendor.key),
            categories=list(vendor.categories), max_concurrent_jobs=12,
        )  # fmt: skip
        _prices(rows, start, vendor)
    for house in houses.values():
        _rules(rows, start, house)


def postal(address: str) -> Row:
    """Street, post code and town of an address on one line."""
    street, _comma, town = address.partition(", ")
    postcode, _blank, city = town.partition(" ")
    return {"address": street, "postcode": postcode, "city": city}


def seller(vendor: Vendor) -> Row:
    """The vendor as its invoices name it."""
    return {
        "name": vendor.name, "vat_id": vendor.vat_id, "tax_number": None, "iban": vendor.iban,
        "country": vendor.country, "email": vendor.email, "phone": vendor.phone,
        **postal(vendor.address),
    }  # fmt: skip


_ITEMS = {
    "de": ("Störungsbehebung", "Wartung"),
    "fr": ("Dépannage", "Entretien"),
    "it": ("Intervento su guasto", "Manutenzione"),
}
_TRADES = {
    "de": {"plumbing": "Sanitär", "hvac": "Heizung", "structural": "Glas und Fenster"},
    "fr": {"elevator": "ascenseur", "keys_access": "serrurerie", "security": "contrôle d’accès"},
    "it": {
        "plumbing": "idraulica", "electrical": "elettrica", "hvac": "climatizzazione",
        "it_network": "rete dati", "appliance": "elettrodomestici", "elevator": "ascensori",
        "security": "controllo accessi", "keys_access": "serrature", "structural": "serramenti",
    },
}  # fmt: skip


def _prices(rows: Rows, start: datetime, vendor: Vendor) -> None:
    org = vendor_id(vendor.key)
    catalog_id = uid("catalog", vendor.key)
    rows.add(ServiceCatalog, start, id=catalog_id, vendor_org_id=org, name=vendor.name)
    for category in vendor.categories:
        for kind, amount in ((RateType.HOURLY, vendor.hourly), (RateType.FIXED, vendor.trip)):
            rows.add(
                BillingRate, start, id=uid("rate", vendor.key, category, kind), vendor_org_id=org,
                category=category, rate_type=kind, amount=amount,
            )  # fmt: skip
        for name, minutes in zip(_ITEMS[vendor.language], (90, 60), strict=True):
            rows.add(
                ServiceItem, start, id=uid("item", vendor.key, category, name), vendor_org_id=org,
                catalog_id=catalog_id, name=f"{name} {_TRADES[vendor.language][category]}", category=category,
                estimated_duration_minutes=minutes, requires_access=True,
            )  # fmt: skip


def _rules(rows: Rows, start: datetime, house: "House") -> None:
    categories = ("plumbing", "electrical", "hvac", "elevator", "structural", "security",
                  "keys_access", *_OWN_STAFF)  # fmt: skip
    for category in categories:
        if not has_rule(house.key, category):
            continue
        target = suitable(house.key, house.owner, category)
        staff = target.startswith("@")
        rows.add(
            RoutingRule, start, id=uid("rule", house.key, category),
            property_owner_id=house.owner_id, building_id=house.id, category=category, priority=10,
            default_assignee_user_id=uid("user", target[1:]) if staff else None,
            default_vendor_org_id=None if staff else vendor_id(target),
        )  # fmt: skip


MODELS: tuple[type[Base], ...] = (
    VendorOrg,
    OwnerVendor,
    VendorSubscription,
    BillingRate,
    ServiceCatalog,
    ServiceItem,
)
LATER: tuple[type[Base], ...] = (RoutingRule,)
