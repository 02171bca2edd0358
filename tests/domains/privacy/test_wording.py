"""A person is found in free text however they are written, and nobody else is."""

import unicodedata

import pytest

from ecopick.domains.privacy.wording import Traces

ANNA = Traces.of(
    email="anna.muster@example.org",
    name="Anna Müster",
    first_name="Anna",
    last_name="Müster",
    phone="+49 (0)761 12 34-56",
)


@pytest.mark.parametrize(
    "written",
    [
        "anna.muster@example.org",
        "ANNA.MUSTER@EXAMPLE.ORG",
        "Anna Müster",
        "Anna  \n Müster",
        "MÜSTER, ANNA",
        unicodedata.normalize("NFD", "Anna Müster"),
        "Müsters",
        "0761 123456",
        "0761/12 34 56",
        "+49 761 123456",
        "+49761123456",
        "0049 761 123456",
    ],
)
def test_every_way_of_writing_is_taken_out(written: str) -> None:
    for around in ("{}", "Bitte {} anrufen.", "({})"):
        cleaned = ANNA.take_out(around.format(written))
        assert "[erased]" in cleaned
        assert not any(trace in cleaned.lower() for trace in ("anna", "muster", "müster", "3456"))


@pytest.mark.parametrize(
    "other",
    ["Annalena", "susanna.muster@example.org", "Hannah", "76112345678", "Mustermann", "12345"],
)
def test_others_are_left_alone(other: str) -> None:
    assert ANNA.take_out(other) == other


def test_json_is_cleaned_at_every_depth() -> None:
    given = {"a": [{"Anna Müster": "x\nAnna Müster"}], "n": 7, "none": None}
    assert ANNA.take_out(given) == {"a": [{"[erased]": "x\n[erased]"}], "n": 7, "none": None}


def test_where_nobody_knows_them_a_name_is_somebody_elses() -> None:
    assert ANNA.without_names().take_out("Anna Müster 0761 123456") == "Anna Müster [erased]"
    assert ANNA.without_parts().take_out("Anna grüßt Anna Müster") == "Anna grüßt [erased]"


def test_without_a_name_or_number_only_the_address_counts() -> None:
    bare = Traces.of(email="x@example.org", name=None, first_name=" ", last_name=None, phone="123")
    assert bare.take_out("123 x@example.org, y") == "123 [erased], y"
