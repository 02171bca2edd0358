"""Codes of authenticator apps, their sealed secrets, recovery codes and mailed codes as such."""

import base64
import uuid
from datetime import UTC, datetime

import pyotp
import pytest

from ecopick.core import crypto
from ecopick.domains.auth import codes, recovery, sealing, totp

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOON = datetime(2026, 3, 11, 12, 0, 0, tzinfo=UTC)
PERSON = uuid.UUID("0190a0a0-0000-7000-8000-000000000001")


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto, "_keys", [crypto.Keys(b"d" * 32, (b"s" * 32,))])


def test_codes_are_those_of_any_app() -> None:
    assert totp.code_at(SECRET, NOON) == pyotp.TOTP(SECRET).at(NOON)
    assert len(base64.b32decode(totp.new_secret())) == 20


@pytest.mark.parametrize(
    ("shift", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_one_step_of_drift(shift: int, is_right: bool) -> None:
    step = totp.matching_step(SECRET, totp.code_at(SECRET, NOON, shift), NOON)
    assert step == (totp.step_of(NOON) + shift if is_right else None)


@pytest.mark.parametrize("odd", ["", "12345", "1234567", "abcdef", "000000"])
def test_anything_else_is_no_code(odd: str) -> None:
    assert totp.matching_step(SECRET, odd, NOON) is None


def test_picture_has_no_inline_style_and_a_margin() -> None:
    address = totp.address(SECRET, "käthe@example.org")
    assert address.startswith("otpauth://totp/Ecopick:")
    picture = totp.picture(address)
    assert picture.startswith("<svg") and "style" not in picture and "script" not in picture
    assert 'fill="#fff"' in picture
    assert totp.in_groups(SECRET) == "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"


def test_sealed_values_name_their_key_and_their_person() -> None:
    sealed = sealing.seal(SECRET, PERSON)
    name, _colon, text = sealed.partition(":")
    assert name == crypto.key_id(b"d" * 32)
    assert SECRET.encode() not in base64.b64decode(text)
    assert sealing.unseal(sealed, PERSON) == SECRET
    assert sealing.unseal(sealed, uuid.uuid4()) is None
    assert sealing.seal(SECRET, PERSON) != sealed


@pytest.mark.parametrize("odd", [None, "", "x", ":", "00000000:AAAA", "zz:zz:zz"])
def test_what_nobody_sealed_opens_for_nobody(odd: str | None) -> None:
    assert sealing.unseal(odd, PERSON) is None
    damaged = sealing.seal(SECRET, PERSON)[:-6] + "!"
    assert sealing.unseal(damaged, PERSON) is None


def test_the_key_before_opens_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = sealing.seal(SECRET, PERSON)
    newer = crypto.Keys(b"n" * 32, (b"s" * 32,), older_data=(b"d" * 32,))
    monkeypatch.setattr(crypto, "_keys", [newer])
    assert sealing.unseal(sealed, PERSON) == SECRET
    assert not sealing.is_current(sealed)
    assert sealing.is_current(sealing.seal(SECRET, PERSON))
    monkeypatch.setattr(crypto, "_keys", [crypto.Keys(b"n" * 32, (b"s" * 32,))])
    assert sealing.unseal(sealed, PERSON) is None


def test_recovery_codes_have_sixty_bits_and_forgive_typing() -> None:
    made = {recovery.new_code() for _ in range(200)}
    assert len(made) == 200
    assert len(recovery.ALPHABET) ** recovery.LENGTH >= 2**50
    code = "01AB-CDEF-GH23"
    salt = "aa" * 16
    stored = recovery.hash_code(salt, code)
    for typed in ("01abcdefgh23", " o1ab cdef gh23 ", "OIAB-CDEF–GH23"):
        assert recovery.hash_code(salt, typed) == stored
    assert recovery.hash_code("bb" * 16, code) != stored
    for odd in ("", "01AB-CDEF", "01AB-CDEF-GH2U", "ß" * 12):
        assert recovery.signs_of(odd) is None


def test_mailed_codes_are_six_digits_of_their_own_purpose() -> None:
    code = codes.code_for(codes.SECOND_STEP, PERSON, 1)
    assert codes.digits_of(code) == code
    others = {codes.code_for(*of) for of in (("x", PERSON, 1), (codes.SECOND_STEP, PERSON, 2))}
    assert code not in others
    salt = codes.new_salt()
    stored = codes.code_hash(salt, code)
    assert code not in stored
    assert codes.code_matches(stored, salt, code)
    assert not codes.code_matches(stored, codes.new_salt(), code)
    assert not codes.code_matches(None, None, "")
    assert codes.digits_of("123 456") == codes.digits_of("123-456") == "123456"
    for odd in ("", "12345", "1234567", "١٢٣٤٥٦", "12345a", "１２３４５６"):
        assert codes.digits_of(odd) is None
