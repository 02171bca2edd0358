"""Which new passwords are taken."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ecopick.core.errors import Invalid
from ecopick.core.uow import Database
from ecopick.domains.auth import passwords
from ecopick.domains.auth.commands.sign_in import WrongCredentials, sign_in
from ecopick.domains.auth.inputs import SignIn
from ecopick.domains.auth.password_rules import check_password, weakness
from ecopick.domains.people.models import User
from tests.factories import PASSWORD, World
from tests.figures import figure

EMAIL = "ada.byron@rheinbogen.example"
NAME = "Ada Byron"


def refusal(password: str, *, is_only_factor: bool = True) -> str | None:
    """The sentence, or None."""
    found = weakness(password, email=EMAIL, name=NAME, is_only_factor=is_only_factor)
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("length", "is_only_factor", "taken"),
    [(14, True, False), (15, True, True), (7, False, False), (8, False, True), (14, False, True)],
)
def test_length(length: int, is_only_factor: bool, taken: bool) -> None:
    """Check 5: 15 characters alone, 8 beside a second factor."""
    password = "k9#mPvw2Zt!rQx4"[:length]
    sentence = refusal(password, is_only_factor=is_only_factor)
    assert (sentence is None) is taken
    if not taken:
        assert f"At least {15 if is_only_factor else 8} characters" in str(sentence)


@pytest.mark.parametrize(
    "password",
    [
        "x7 " + "nine bright lamps " * 3 + "9q",
        "k9#mPvw2Zt!rQx4 " * 4,
        ("k9#mPvw2Zt!rQx4~" * 16)[:256],
        "der Zaun hinter dem Höfle",
        "пароль от моего дома зелёный",
        "茶 月 雨 犬 橋 森 鳥 川 山 空 海 花 風 雪",
        "😀 five 🐌 quiet 🚲 lamps",
        "  blanks at both ends count  ",
    ],
)
def test_long_ones_and_any_script(password: str) -> None:
    """Check 5: 64 characters and more, blanks and any script are taken."""
    assert refusal(password) is None
    assert passwords.matches(passwords.hash_password(password), password)


def test_longest() -> None:
    assert "At most 256" in str(refusal("k9#mPvw2Zt!rQx4~" * 17))


def test_characters_are_counted_composed() -> None:
    decomposed = "u\u0308" * 7 + "k9#mPvw"
    assert "At least 15" in str(refusal(decomposed))


@pytest.mark.parametrize(
    "password",
    [
        "mailcreated5240",
        "MailCreated5240",
        "1qaz2wsx3edc4rfv",
        "passwordpassword",
        "P@ssw0rd!P@ssw0rd!",
        "Password1234567890",
        "drowssapdrowssap",
        "iloveyouiloveyou",
        "letmeinletmein123",
        "aaaaaaaaaaaaaaaa",
        "1234567890123456",
        "qwertyuiopasdfghjkl",
        "abcdefghijklmnopqrstuvwxyz",
        "Summer2026Summer2026",
        " " * 15,
        "\n" * 20,
        "ab\nab\nab\nab\nab\n",
        "\u202e" * 16,
    ],
)
def test_known_ones_and_patterns(password: str) -> None:
    """Check 5: a list of known passwords is refused, their simple variations too."""
    assert "too easy to guess" in str(refusal(password))


@pytest.mark.parametrize(
    "password", ["password", "Qwerty12", "hunter2024", "Monkey2019", "P@ssw0rd1!"]
)
def test_known_ones_beside_a_second_factor(password: str) -> None:
    assert "too easy to guess" in str(refusal(password, is_only_factor=False))


@pytest.mark.parametrize(
    "password",
    [
        "ada.byron@rheinbogen.example",
        "Ada.Byron.1815.ada",
        "RHEINBOGEN-rheinbogen-26",
        "Byron Ada Byron Ada!",
        "Ecopick2026ecopick!",
        "3c0p1ck-ecopick-99",
        "kcipoce kcipoce kcipoce",
        "4d4 byr0n 4d4 byr0n",
    ],
)
def test_made_of_what_others_know(password: str) -> None:
    """Check 5: nothing that is built from one's own address, name or the product's."""
    assert "your name, your email address" in str(refusal(password))


def test_own_words_may_stand_in_a_longer_one() -> None:
    assert refusal("ada rides a purple tram at dawn") is None


def test_refusal_names_the_field() -> None:
    with pytest.raises(Invalid) as refused:
        check_password("short")
    assert set(refused.value.fields) == {"password"}
    check_password("nine bright lamps at dawn")


def test_hostile_input_takes_little_time() -> None:
    """A row of look-alike signs, which estimators are slow on."""
    begun = time.thread_time()
    weakness(("4@8({[<3&9#6!1|07$5+%2" * 12)[:256])
    took = time.thread_time() - begun
    assert took < 2
    figure("password", "slowest known password to judge", f"{took:.2f} s", "< 2 s")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_judged(password: str, email: str, name: str) -> None:
    weakness(password, email=email, name=name, is_only_factor=False)


@pytest.mark.parametrize(
    ("stored", "weak"),
    [
        ("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$YWJjZGVmZ2hpamtsbW5vcA", True),
        ("rubbish", False),
    ],
)
def test_weak_hashes_are_known(stored: str, weak: bool) -> None:
    assert passwords.is_weak_hash(stored) is weak


def test_todays_hash_is_strong() -> None:
    assert not passwords.is_weak_hash(passwords.hash_password("nine bright lamps"))


def test_signing_in_strengthens_a_weak_hash(world: World, database: Database) -> None:
    """Check 5: a hash of lower cost is made anew at the next sign-in."""

    def stored() -> tuple[str | None, object]:
        with Session(world.engine) as session:
            user = session.get_one(User, world.people["manager"])
            return user.password_hash, user.password_updated_at

    data = SignIn(email=world.emails["manager"], password=PASSWORD)
    before, changed_at = stored()
    assert passwords.is_weak_hash(str(before))
    with pytest.raises(WrongCredentials):
        sign_in(database, data.model_copy(update={"password": "not this one"}))
    assert stored() == (before, changed_at)
    sign_in(database, data)
    after, still_changed_at = stored()
    assert str(after).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert still_changed_at == changed_at
    sign_in(database, data)
    assert stored() == (after, changed_at)
