"""The fields of each kind of row, the words by which files call them, and the guess from those."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ecopick.core.text import LazyText
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports import readers, words
from ecopick.domains.imports.lifecycle import ImportKind
from ecopick.domains.imports.readers import Reader, folded


@dataclass(frozen=True)
class Field:
    """One field: how it is called here and in files, how its cells are read.

    ``names`` are folded; the first that a head equals, else that it begins with, wins.
    """

    name: str
    label: LazyText
    read: Reader
    names: tuple[str, ...]
    needed: bool = False
    hint: LazyText | None = None


def _field(
    name: str,
    label: LazyText,
    read: Reader,
    names: str,
    *,
    needed: bool = False,
    hint: LazyText | None = None,
) -> Field:
    known = (name, *names.split(","))
    return Field(name, label, read, tuple(dict.fromkeys(map(folded, known))), needed, hint)


_KEY_NAMES = (
    "key,external id,external key,id,nummer,nr,number,objektnummer,schlüssel,numéro,no,référence,"
    "reference,ref,numero,codice,riferimento"
)
_KEY = _field(
    "key",
    _("Your own number"),
    readers.line,
    _KEY_NAMES,
    hint=_("By it a row is known when the file comes again."),
)
_BUILDING = _field(
    "building",
    _("Building"),
    readers.line,
    "building name,gebäude,liegenschaft,objekt,haus,immeuble,bâtiment,stabile,edificio,immobile",
    needed=True,
    hint=_("Its name, or your number of it from an earlier import."),
)
_UNIT_NAMES = (
    "unit label,apartment,einheit,wohnung,wohnungsnummer,mietobjekt,unité,appartement,lot,unità,"
    "appartamento"
)
_LANGUAGE_NAMES = "sprache,langue,lingua"

FIELDS: dict[ImportKind, tuple[Field, ...]] = {
    ImportKind.BUILDINGS: (
        _KEY,
        _field(
            "name",
            _("Name"),
            readers.line,
            "building,gebäude,bezeichnung,liegenschaft,objekt,nom,immeuble,nome,immobile",
            needed=True,
        ),
        _field(
            "address1",
            _("Street and number"),
            readers.line,
            "address,street,strasse,adresse,anschrift,rue,indirizzo,via",
        ),
        _field(
            "address2",
            _("Address, second line"),
            readers.line,
            "address line 2,adresszusatz,zusatz,complément,complemento",
        ),
        _field(
            "postal_code",
            _("Postal code"),
            readers.line,
            "zip,plz,postleitzahl,npa,code postal,cap",
        ),
        _field("city", _("Town"), readers.line, "town,ort,stadt,ville,localité,città,località"),
        _field("country", _("Country"), readers.country, "land,pays,paese,stato"),
        _field(
            "time_zone", _("Time zone"), readers.time_zone, "zeitzone,fuseau horaire,fuso orario"
        ),
        _field("default_language", _("Language"), readers.language, f"language,{_LANGUAGE_NAMES}"),
        _field(
            "emergency_phone",
            _("Emergency number"),
            readers.line,
            "emergency,notfall,notruf,notfallnummer,urgence,numéro d'urgence,emergenza",
        ),
    ),
    ImportKind.UNITS: (
        _KEY,
        _BUILDING,
        _field(
            "label",
            _("Number or name"),
            readers.line,
            f"unit,name,bezeichnung,désignation,denominazione,{_UNIT_NAMES}",
            needed=True,
        ),
        _field(
            "unit_type",
            _("Type of unit"),
            readers.choice(words.UNIT_TYPES),
            "type,typ,art,nutzung,objektart,genre,tipo",
            hint=_("Apartment, office, parking space … ; without it an apartment."),
        ),
        _field("floor", _("Floor"), readers.line, "storey,etage,stockwerk,geschoss,étage,piano"),
        _field(
            "description",
            _("Description"),
            readers.prose,
            "beschreibung,bemerkung,notiz,remarque,descrizione,osservazioni",
        ),
    ),
    ImportKind.PEOPLE: (
        _KEY,
        _field(
            "email",
            _("Email address"),
            readers.email,
            "e-mail,mail,mailadresse,courriel,adresse e-mail,posta elettronica",
            needed=True,
        ),
        _field("first_name", _("First name"), readers.line, "vorname,prénom,nome di battesimo"),
        _field(
            "last_name", _("Last name"), readers.line, "surname,nachname,nom de famille,cognome"
        ),
        _field(
            "name",
            _("Whole name"),
            readers.line,
            "full name,tenant,mieter,bewohner,nom,nom complet,locataire,nome,nome completo",
        ),
        _field(
            "phone",
            _("Phone"),
            readers.line,
            "telephone,mobile,telefon,telefonnummer,handy,téléphone,natel,telefono,cellulare",
        ),
        _field("language", _("Language"), readers.language, _LANGUAGE_NAMES),
        _BUILDING,
        _field(
            "unit",
            _("Unit"),
            readers.line,
            _UNIT_NAMES,
            needed=True,
            hint=_("Its number in the building, or your number of it from an earlier import."),
        ),
        _field(
            "relationship",
            _("Lives there, owns it or works there"),
            readers.choice(words.RELATIONSHIPS),
            "role,rolle,verhältnis,relation,rôle,rapporto,ruolo",
            hint=_("Without it a resident."),
        ),
        _field(
            "start_date",
            _("From"),
            readers.day,
            "from,since,start,einzug,mietbeginn,beginn,von,début,entrée,depuis,inizio,dal",
        ),
        _field(
            "end_date",
            _("Until"),
            readers.day,
            "until,to,end,auszug,mietende,ende,bis,fin,sortie,fine,al",
        ),
    ),
    ImportKind.TICKETS: (
        _KEY,
        _field(
            "title",
            _("Title"),
            readers.line,
            "subject,betreff,titel,kurztext,titre,objet,sujet,titolo,oggetto",
            needed=True,
        ),
        _field(
            "description",
            _("Description"),
            readers.prose,
            "text,details,beschreibung,meldung,langtext,texte,descrizione,testo",
        ),
        _BUILDING,
        _field("unit", _("Unit"), readers.line, _UNIT_NAMES),
        _field(
            "category",
            _("Category"),
            readers.choice(words.TICKET_CATEGORIES, otherwise="general"),
            "kategorie,gewerk,catégorie,categoria",
            hint=_("What is not known here becomes “General”."),
        ),
        _field(
            "priority",
            _("Priority"),
            readers.choice(words.PRIORITIES),
            "priorität,dringlichkeit,priorité,priorità",
        ),
        _field(
            "status",
            _("Status"),
            readers.choice(words.ENDS),
            "state,zustand,statut,état,stato",
            hint=_("Only what is over is taken: closed or cancelled. Without it closed."),
        ),
        _field(
            "created_at",
            _("Reported on"),
            readers.moment,
            "created,reported,date,datum,erstellt,gemeldet,gemeldet am,erfasst,créé,signalé,"
            "creato,segnalato,data",
            needed=True,
        ),
        _field(
            "closed_at",
            _("Ended on"),
            readers.moment,
            "closed,resolved,done,erledigt,erledigt am,abgeschlossen,fermé,résolu,chiuso,risolto",
        ),
        _field(
            "reporter_email",
            _("Email of whoever reported it"),
            readers.email,
            "reporter,email,e-mail,mail,melder,courriel,signalé par,segnalante",
        ),
    ),
}


def fields_of(kind: ImportKind) -> dict[str, Field]:
    """The fields of a kind by name, in the order of the form."""
    return {field.name: field for field in FIELDS[kind]}


def guess(kind: ImportKind, columns: Sequence[str]) -> dict[str, int]:
    """Which column is which field, each used once: heads that are a field's word, then heads
    that end as numbers do, then heads that begin with a field's word."""
    heads = [folded(name) for name in columns]
    found: dict[str, int] = {}
    for fits in (_is_word, _ends_as_number, _begins_with_word):
        for field in FIELDS[kind]:
            if field.name in found:
                continue
            at = _first(heads, field, fits, set(found.values()))
            if at is not None:
                found[field.name] = at
    return found


_Fits = Callable[[Field, str, str], bool]


def _first(heads: Sequence[str], field: Field, fits: _Fits, taken: set[int]) -> int | None:
    for name in field.names:
        for at, head in enumerate(heads):
            if head and at not in taken and fits(field, head, name):
                return at
    return None


def _is_word(field: Field, head: str, name: str) -> bool:
    return head == name


def _ends_as_number(field: Field, head: str, name: str) -> bool:
    return field.name == "key" and head.endswith(("nr", "id", "nummer", "number"))


def _begins_with_word(field: Field, head: str, name: str) -> bool:
    return len(name) > 2 and head.startswith(name)
