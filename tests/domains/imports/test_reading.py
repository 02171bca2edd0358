"""Tables as text, whatever wrote them; cells as values, whatever stands in them."""

import io
import random
import time
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecopick.core.errors import Invalid
from ecopick.domains.imports import readers
from ecopick.domains.imports.fields import FIELDS, Field, guess
from ecopick.domains.imports.files import MOST_COLUMNS, look_at, read_rows
from ecopick.domains.imports.lifecycle import ImportKind
from ecopick.domains.imports.readers import Unreadable

TEXT = 'Gebäude;Größe\n"Süd; ""Hof""\nzwei Zeilen";1,5\n;\nÉcole;2\n'
ROWS = [(2, ['Süd; "Hof"\nzwei Zeilen', "1,5"]), (4, ["École", "2"])]


def found(raw: bytes) -> Any:
    look = look_at(lambda: io.BytesIO(raw))
    return look, list(read_rows(io.BytesIO(raw), look.charset, look.delimiter))


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_charset_and_separator_are_found_out(charset: str, delimiter: str, ending: str) -> None:
    table = TEXT.replace("; ", "\x01").replace(";", delimiter).replace("\x01", "; ")
    look, rows = found(table.replace("\n", ending).encode(charset))
    assert (look.charset, look.delimiter) == (charset, delimiter)
    assert look.columns == ["Gebäude", "Größe"]
    assert look.rows_total == 2
    assert [(line, [cell.replace("\r\n", "\n") for cell in cells]) for line, cells in rows] == ROWS


def test_one_column_is_a_table_as_well() -> None:
    look, rows = found(b"Name\nSchloss, oben\n\nTurm\n")
    assert (look.columns, look.rows_total) == (["Name"], 2)
    assert rows == [(2, ["Schloss, oben"]), (4, ["Turm"])]


@pytest.mark.parametrize(
    ("table", "delimiter"),
    [
        ("Name, Vorname;Ort\nMuster, Anna;Bern\nOhne;Basel\n", ";"),
        ('"Straße; Nr.","PLZ; Ort"\n"Weg 1; links","4051; Basel"\n', ","),
        ('Betrag,Text\n5,Rohr 2"\n6,Rohr 3"\n', ","),
    ],
)
def test_the_separator_is_the_one_between_the_cells(table: str, delimiter: str) -> None:
    assert found(table.encode())[0].delimiter == delimiter


def test_no_text_keeps_the_reader_busy() -> None:
    """Quotes that open and never end: each was once followed to the end of the text."""
    begun = time.process_time()
    for text in (',"a' * 22_000, ",'a" * 22_000, '"' * 60_000 + ",", "a\n," * 20_000):
        with suppress(Invalid):
            found(("Name,Ort\n" + text).encode())
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n\n", b"only,heads\n", b",,\n1,2,3\n", b"PK\x03\x04" + b"x" * 50, b"a,b\n\x00\x01,2\n",
     b"a" + b",b" * MOST_COLUMNS + b"\n1\n", b'a,b\n"' + b"x" * 200_000],
)  # fmt: skip
def test_what_is_no_table_is_refused_under_its_field(raw: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        look_at(lambda: io.BytesIO(raw))
    assert set(refused.value.fields) == {"file"}


def test_any_bytes_are_a_table_or_refused() -> None:
    chance = random.Random(7)
    for _each in range(300):
        raw = chance.randbytes(chance.randrange(1, 400))
        raw = raw.replace(b"\x00", b";") if chance.random() < 0.7 else raw
        try:
            look, rows = found(raw)
        except Invalid:
            continue
        assert look.rows_total == len(rows) > 0


@given(st.sampled_from(sorted(FIELDS, key=str)), st.text(max_size=60))
def test_any_cell_is_a_value_or_a_sentence(kind: ImportKind, cell: str) -> None:
    refused = [sentence for field in FIELDS[kind] if (sentence := _refusal(field, cell))]
    assert len(cell) < 3 or all(cell not in sentence for sentence in refused)


def _refusal(field: Field, cell: str) -> str:
    try:
        field.read(cell)
    except Unreadable as refused:
        return str(refused.sentence)
    return ""


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2025-02-03", date(2025, 2, 3)),
        ("2025-02-03T10:00:00Z", date(2025, 2, 3)),
        ("3.2.2025", date(2025, 2, 3)),
        ("03/02/2025", date(2025, 2, 3)),
        ("03.02.25", date(2025, 2, 3)),
    ],
)
def test_days_are_read_as_europeans_write_them(cell: str, day: date) -> None:
    assert readers.day(cell) == day


@pytest.mark.parametrize("cell", ["31.02.2025", "gestern", "2025-13-01", "1.1.1066", "45000"])
def test_what_is_no_day_is_refused(cell: str) -> None:
    with pytest.raises(Unreadable):
        readers.day(cell)


def test_moments_have_the_buildings_clock_unless_they_say_otherwise() -> None:
    read = readers.moment("03.11.2024 8.30")
    assert read == datetime(2024, 11, 3, 8, 30)
    assert readers.in_zone(read, "Europe/Berlin").isoformat() == "2024-11-03T08:30:00+01:00"
    told = readers.moment("2024-07-03 08:30:00+05:30")
    assert readers.in_zone(told, "Europe/Berlin") is told
    assert readers.moment("03.11.2024").hour == 12


@pytest.mark.parametrize(
    ("kind", "heads"),
    [
        (ImportKind.PEOPLE, "Mieter-Nr.|Vorname|Nachname|E-Mail|Telefon|Liegenschaft|Wohnung"),
        (ImportKind.PEOPLE, "N°|Prénom|Nom de famille|Courriel|Téléphone|Immeuble|Appartement"),
        (ImportKind.PEOPLE, "Codice|Nome di battesimo|Cognome|Mail|Cellulare|Edificio|Unità"),
        (ImportKind.PEOPLE, "ID|First name|Last name|Email|Phone|Building|Unit"),
    ],
)
def test_heads_of_four_languages_are_understood(kind: ImportKind, heads: str) -> None:
    mapping = guess(kind, heads.split("|"))
    order = ["first_name", "last_name", "email", "phone", "building", "unit"]
    assert [mapping[name] for name in order] == [1, 2, 3, 4, 5, 6]
    assert len(set(mapping.values())) == len(mapping)
