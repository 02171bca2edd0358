"""Numbers that name a business: VAT ids and bank accounts, checked by their own check digits.

Nothing is asked over the network: a number that is well formed may still be nobody's.
"""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from stdnum import iban as ibans
from stdnum.ch import uid as ch_uid
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as gb_vat
from stdnum.no import mva as no_mva

from ecopick.core.text import lazy_gettext as _

# What a VAT id begins with, where it is not the country's code.
_COUNTRY_OF = {"EL": "GR", "XI": "GB"}
# Countries of vendors outside the EU whose ids can be checked.
_BEYOND = {"GB": gb_vat, "NO": no_mva}


def compact_vat_id(text: str) -> str:
    """A VAT id as it is written without blanks, its country first; ValueError with a sentence."""
    plain = "".join(char for char in text.upper() if char.isalnum())
    try:
        country = plain[:3] if plain.startswith("CHE") else plain[:2]
        if country == "CHE":
            return str(ch_uid.validate(plain[:12]))
        if country in _BEYOND:
            _BEYOND[country].validate(plain[2:])
            return plain
        return str(eu_vat.validate(plain))
    except ValidationError as error:
        raise ValueError(_("This is no valid VAT id, such as DE811294009.")) from error


def country_of_vat_id(vat_id: str | None) -> str | None:
    """The country (ISO 3166) that gave a VAT id."""
    found = (vat_id or "")[:2].upper()
    return _COUNTRY_OF.get(found, found) if found.isalpha() and len(found) == 2 else None


def compact_iban(text: str) -> str:
    """An IBAN without blanks; ValueError with a sentence for a wrong one."""
    try:
        return str(ibans.validate(text))
    except ValidationError as error:
        raise ValueError(_("This is no valid IBAN. Please check each digit.")) from error


def spaced_iban(iban: str) -> str:
    """An IBAN as people read it, in groups of four."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


VatId = Annotated[str, StringConstraints(max_length=40), AfterValidator(compact_vat_id)]
Iban = Annotated[str, StringConstraints(max_length=60), AfterValidator(compact_iban)]
